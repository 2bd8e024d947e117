"""Rephrase engine messages for the window's banner: no names of components, no milliseconds. No Qt here.

The log, the terminal and the tooltip of the header's state keep the original messages.
"""

from __future__ import annotations

import re
from pathlib import Path

_SILENT = (r"2D detector: ", r"(VTM )?back end", r"VTM runs on ", r"\w+ is ready")
_BUSY = "This computer is busy, so some detail is off for now"
_ROOM = "This computer has caught up, so all detail is back on"
_REWORDED = (
    (r"(poses come|\w+ takes) .* off until there is time", _BUSY),
    (r"there is time again: ", _ROOM),
)


def plain_words(level: str, text: str) -> str:
    """Return the line for the banner; "" for one that belongs only in the log. Warnings and errors are unchanged."""
    if level != "info":
        return text
    if any(re.match(pattern, text, re.IGNORECASE) for pattern in _SILENT):
        return ""
    return next((words for pattern, words in _REWORDED if re.match(pattern, text)), text)


def source_name(source: str) -> str:
    """Return a readable name of a source."""
    if source in ("", "demo"):
        return "Demo clip" if source else ""
    return source if "://" in source else Path(source).name
