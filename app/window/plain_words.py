"""The engine's messages as the window's banner says them: no names of parts, no milliseconds. No Qt here.

The log, the terminal and the tip of the header's state keep the engine's own words.
"""

from __future__ import annotations

import re

_SILENT = (r"2D detector: ", r"(VTM )?back end", r"VTM runs on ", r"\w+ is ready")
_BUSY = "This computer is busy: fine detail is left out until there is time"
_ROOM = "There is time again: full detail is back"
_REWORDED = (
    (r"(poses come|\w+ takes) .* is left out until there is time", _BUSY),
    (r"there is time again: ", _ROOM),
)


def plain_words(level: str, text: str) -> str:
    """Return the line for the banner; "" for one that only the log needs. Warnings and errors stay as they are."""
    if level != "info":
        return text
    if any(re.match(pattern, text, re.IGNORECASE) for pattern in _SILENT):
        return ""
    return next((words for pattern, words in _REWORDED if re.match(pattern, text)), text)
