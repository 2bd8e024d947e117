"""All errors, as one small tree. A message says what happened, the value found and what to do next.

VtmError                 exit code 1: a failure at run time
├── CameraError          no camera, busy, unplugged, not a video
├── DetectorError        detector weights missing, modified or unreadable
├── ModelError           VTM weights missing, of another version or unreadable
├── InputError           a file that cannot be read or has the wrong content
├── OutputError          a target or file that cannot be written
└── UsageError           exit code 2: an invalid setting (port 70000, unknown preset)
"""

from __future__ import annotations

import re
import traceback
from pathlib import Path

SEND_REPORT = "run vtm doctor --report and send the file"
"""Last part of the message about a defect; the window offers a button for it."""
_ROOT = Path(__file__).resolve().parents[1]
_LONGEST, _LONGEST_END = 1000, 300
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> bool:
    """Return whether text has no control characters, unpaired surrogates or direction overrides."""
    return _UNPRINTABLE.search(text) is None


def one_line(text: str) -> str:
    """Return the text as one line that is safe on any terminal: file names and contents may hold anything."""
    line = _UNPRINTABLE.sub("?", " ".join(text.split()))
    if len(line) <= _LONGEST:
        return line
    return f"{line[: _LONGEST - _LONGEST_END]} … {line[-_LONGEST_END:]}"


class VtmError(Exception):
    """A failure whose message is one line that the user can act on."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


class CameraError(VtmError):
    """The source cannot be opened or has stopped delivering frames."""


class DetectorError(VtmError):
    """The 2D detector or its weights cannot be used."""


class ModelError(VtmError):
    """The VTM weights cannot be used."""


class InputError(VtmError):
    """A file cannot be read, is damaged or has the wrong content."""


class OutputError(VtmError):
    """A target or file cannot be written to."""


class UsageError(VtmError):
    """An invalid setting."""

    exit_code = 2


def describe(error: BaseException) -> str:
    """Describe an error in one line: the message of a VtmError; any other error is reported as a defect of VTM Live."""
    text = " ".join(str(error).split())
    if isinstance(error, VtmError) and text:
        return text
    what = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return f"unexpected {what}{_place(error)}; this is a defect of VTM Live: {SEND_REPORT}"


def _place(error: BaseException) -> str:
    """Return the innermost line of our own code as " (engine/window.py, line 12)", or ""."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_ROOT) and path.relative_to(_ROOT).parts[0] in ("app", "engine", "models"):
            return f" ({path.relative_to(_ROOT).as_posix()}, line {frame.lineno})"
    return ""
