"""Detect whether a file is still being written: a lock that the system releases when the process ends in any way."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO, Any

_FAR = 1 << 40  # Windows locks bytes even for reading: this one is beyond the end of the file

if sys.platform == "win32":
    import msvcrt

    def hold(file: IO[Any]) -> bool:
        """Lock until the file is closed; False if another process holds it."""
        at = file.tell()
        file.seek(_FAR)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            file.seek(at)
        return True

else:
    import fcntl

    def hold(file: IO[Any]) -> bool:
        """Lock until the file is closed; False if another process holds it. True on disks without locks."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True


def is_held(path: Path) -> bool:
    """Return whether another process holds the file. False if it cannot be opened for writing."""
    try:
        with path.open("rb+", buffering=0) as file:
            return not hold(file)
    except OSError:
        return False
