"""Parts of a target's URL for the dialog: protocol, host, port, receiver, avatar file, other options."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode, urlsplit

_OWN_FIELDS = ("preset", "avatar")
_PATH_SIGNS = "/:\\~"


def join_url(protocol: str, host: str, port: str, preset: str, options: str, avatar: str = "") -> str:
    """Return the target as one URL; an IPv6 address gets brackets."""
    bracketed = f"[{host}]" if ":" in host and not host.startswith("[") else host
    first = [f"preset={preset}"] if protocol == "vmc" and preset != "generic" else []
    first += [f"avatar={quote(avatar, safe=_PATH_SIGNS)}"] if protocol == "vmc" and avatar else []
    query = "&".join([*first, *([options] if options else [])])
    return f"{protocol}://{bracketed}:{port}" + (f"?{query}" if query else "")


def split_query(url: str) -> tuple[str, str, str]:
    """Return preset, avatar file and other options of a target."""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    own = {"preset": "generic", "avatar": ""} | {name: value for name, value in pairs if name in _OWN_FIELDS}
    return own["preset"], own["avatar"], urlencode([pair for pair in pairs if pair[0] not in _OWN_FIELDS], safe="/,")


def with_avatar(url: str, avatar: str) -> str:
    """Return a VMC target with this avatar; other protocols have none and are unchanged."""
    address, _, _ = url.partition("?")
    if not address.startswith("vmc://"):
        return url
    preset, _, options = split_query(url)
    first = [f"preset={preset}"] if preset != "generic" else []
    query = "&".join([*first, f"avatar={quote(avatar, safe=_PATH_SIGNS)}", *([options] if options else [])])
    return f"{address}?{query}"
