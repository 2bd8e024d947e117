"""Keep passwords in addresses from being shown: every line, name, log and report that may contain a URL goes through
here.

Settings keep the real address; only text to be shown or read is masked.
"""

from __future__ import annotations

import re

MASK = "***"
_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_LOGIN = re.compile(
    r"(?P<kept>^[a-z][a-z0-9+.-]*://[^\s/?#@:]*:)"
    r"(?:[^/?#]*@"  # RFC 3986: up to the last @ of the authority
    r"|(?!\d{1,5}[/?#]).*@)",  # an unescaped / ? or # in the password; not a port followed by an @ in the path
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"(?P<kept>[?&;/_,](?:[a-z0-9.-]|_(?!\w+=))*?(?:pas|pwd|pswd|token|secret|auth|sig|key|cred)[a-z_-]*=)"
    r"[^&#]*?"
    r"(?=[&#]|_[a-z]+=|[;:,.)'\"\]]*$)",
    re.IGNORECASE,
)
"""`?password=…`, `&token=…`; also `/user=admin_password=…_channel=1`, as some cameras have it in the path."""


def mask_secrets(text: str) -> str:
    """Return `text` with *** for passwords in all its URLs: `user:PASSWORD@`, `?password=PASSWORD` and the like."""
    return _URL.sub(lambda url: _mask_url(url.group()), text) if "://" in text else text


def _mask_url(url: str) -> str:
    return _VALUE.sub(rf"\g<kept>{MASK}", _LOGIN.sub(rf"\g<kept>{MASK}@", url))
