"""Everything that can go wrong, as one small tree; a message says what happened, the value, and what to do next.

VtmError                 exit code 1: a failure at run time
├── CameraError          no camera, busy, unplugged, not a video
├── DetectorError        detector weights missing, tampered, not loadable
├── ModelError           VTM weights missing, of another version, not loadable
├── OutputError          a target or a file that cannot be written
└── UsageError           exit code 2: a setting that can never work (port 70000, unknown preset)
"""

from __future__ import annotations

import traceback
from pathlib import Path

SEND_REPORT = "run vtm doctor --report and send the file"
"""The end of a line about a defect; the window has a button for it."""
_ROOT = Path(__file__).resolve().parents[1]


class VtmError(Exception):
    """A failure whose message is one line a user can act on."""

    exit_code = 1


class CameraError(VtmError):
    """The source cannot be opened or has stopped giving frames."""


class DetectorError(VtmError):
    """The 2D detector or its weights cannot be used."""


class ModelError(VtmError):
    """The VTM weights cannot be used."""


class OutputError(VtmError):
    """A target or file cannot be written to."""


class UsageError(VtmError):
    """A setting that can never work."""

    exit_code = 2


def describe(error: BaseException) -> str:
    """One line for the user: the message of a VtmError; anything else is a defect of ours and is named as one."""
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
