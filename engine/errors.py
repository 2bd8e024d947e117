"""Everything that can go wrong, as one small tree; a message says what happened, the value, and what to do next.

VtmError                 exit code 1: a failure at run time
├── CameraError          no camera, busy, unplugged, not a video
├── DetectorError        detector weights missing, tampered, not loadable
├── ModelError           VTM weights missing, of another version, not loadable
├── OutputError          a target or a file that cannot be written
└── UsageError           exit code 2: a setting that can never work (port 70000, unknown preset)
"""

from __future__ import annotations


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
