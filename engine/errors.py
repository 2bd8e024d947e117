"""Everything that can go wrong, as one small tree; a message says what happened, the value, and what to do next.

VtmError                 exit code 1: a failure at run time
├── CameraError          no camera, busy, unplugged, not a video
├── DetectorError        detector weights missing, tampered, not loadable
├── ModelError           VTM weights missing, of another version, not loadable
├── InputError           a file that cannot be read, or holds something else than it should
├── OutputError          a target or a file that cannot be written
└── UsageError           exit code 2: a setting that can never work (port 70000, unknown preset)
"""

from __future__ import annotations

import re
import traceback
from pathlib import Path

SEND_REPORT = "run vtm doctor --report and send the file"
"""The end of a line about a defect; the window has a button for it."""
_ROOT = Path(__file__).resolve().parents[1]
_LONGEST, _LONGEST_END = 1000, 300
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> bool:
    """No control characters, no half surrogate pairs, nothing that turns the line round."""
    return _UNPRINTABLE.search(text) is None


def one_line(text: str) -> str:
    """The text as one line that any terminal can show: what a file or a file name holds may be anything."""
    line = _UNPRINTABLE.sub("?", " ".join(text.split()))
    if len(line) <= _LONGEST:
        return line
    return f"{line[: _LONGEST - _LONGEST_END]} … {line[-_LONGEST_END:]}"


class VtmError(Exception):
    """A failure whose message is one line a user can act on."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


class CameraError(VtmError):
    """The source cannot be opened or has stopped giving frames."""


class DetectorError(VtmError):
    """The 2D detector or its weights cannot be used."""


class ModelError(VtmError):
    """The VTM weights cannot be used."""


class InputError(VtmError):
    """A file cannot be read, is damaged, or holds something else than it should."""


class OutputError(VtmError):
    """A target or file cannot be written to."""


class UsageError(VtmError):
    """A setting that can never work."""

    exit_code = 2


def describe(error: BaseException) -> str:
    """Describe an error in one line: the message of a VtmError; anything else is named as a defect of ours."""
    text = " ".join(str(error).split())
    if isinstance(error, VtmError) and text:
        return text
    what = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return f"unexpected {what}{_place(error)}; this is a defect of VTM Live: {SEND_REPORT}"


def _place(error: BaseException) -> str:
    """The innermost line of our code, as " (engine/window.py, line 12)"; "" when there is none."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_ROOT) and path.relative_to(_ROOT).parts[0] in ("app", "engine", "models"):
            return f" ({path.relative_to(_ROOT).as_posix()}, line {frame.lineno})"
    return ""
