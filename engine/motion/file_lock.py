"""Whether a file is still being written: a lock that the system releases when the process ends, however it ends."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO, Any

_FAR = 1 << 40  # Windows locks bytes, for everybody else's reading too: this one is never there

if sys.platform == "win32":
    import msvcrt

    def hold(file: IO[Any]) -> bool:
        """Lock until the file is closed; False when somebody else holds it."""
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
        """Lock until the file is closed; False when somebody else holds it. A disk that knows no locks: True."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True


def is_held(path: Path) -> bool:
    """Somebody holds this file now. A file that cannot be opened for writing is not ours to judge: False."""
    try:
        with path.open("rb+", buffering=0) as file:
            return not hold(file)
    except OSError:
        return False
