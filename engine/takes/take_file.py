"""A take while it grows: beside its final name, or in the safe place once it cannot be written there. One thread.

What was written moves along where it can still be read, even out of a folder that is gone: the file is open.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

from engine.errors import VtmError
from engine.motion.take import Rows
from engine.takes.partial_file import PartialFile
from engine.takes.safe_place import safe_folder, same_disk

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class TakeFile:
    """The partial file of a take, wherever it is."""

    def __init__(self, final: Path, video: Path | None, say: Callable[[str], None]) -> None:
        """Raises OutputError: the folder cannot be written to."""
        self._final, self._video, self._say = final, video, say
        self._partial = PartialFile(final, video=video)
        self._safe = False

    @property
    def path(self) -> Path:
        """The partial file."""
        return self._partial.path

    @property
    def size_bytes(self) -> int:
        """Bytes on disk."""
        return self._partial.size_bytes

    def append(self, row: Rows) -> None:
        """Append (1,) of ROW. Raises OSError when neither place takes it."""
        try:
            self._partial.append(row)
        except OSError as error:
            full = error.errno in _DISK_FULL and same_disk(self._final.parent, safe_folder())
            if full or not self._move(f"{self._final.parent}: {error.strerror or error}"):
                raise
            self._partial.append(row)

    def check(self) -> None:
        """Look whether the folder is still there and can be written to; else go on in the safe place."""
        trouble = self._partial.trouble()
        if trouble is not None and not self._safe:
            self._move(trouble)

    def _move(self, why: str) -> bool:
        """Go on in the safe place, with all rows so far. False: it takes nothing either."""
        if self._safe:
            return False
        old = self._partial
        try:
            new = PartialFile(safe_folder() / self._final.name, video=self._video)
        except VtmError:
            return False
        try:
            new.take_over(old)
        except OSError as error:
            if error.errno in _DISK_FULL:
                new.remove()
                return False
            self._say(f"{why}: the take goes on in {new.path}; what came before is in {old.path}, if that comes back")
            old.close()
        else:
            self._say(f"{why}: the take goes on in {new.path}")
            old.remove()
        self._partial, self._safe = new, True
        return True

    def close(self) -> None:
        """Let the file go; it stays on disk."""
        self._partial.close()
