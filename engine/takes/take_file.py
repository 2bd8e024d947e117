"""The file of a growing take: beside its final name, or in the safe place when that is not writable. One thread.

Existing rows are copied as long as they can be read, even from a deleted folder: the file is open.
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
        """Create the file. Raises OutputError: the folder is not writable."""
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
        """Append a ROW (1,). Raises OSError when neither place works."""
        try:
            self._partial.append(row)
        except OSError as error:
            full = error.errno in _DISK_FULL and same_disk(self._final.parent, safe_folder())
            if full or not self._move(f"{self._final.parent}: {error.strerror or error}"):
                raise
            self._partial.append(row)

    def check(self) -> None:
        """Check that the folder exists and is writable; else continue in the safe place."""
        trouble = self._partial.trouble()
        if trouble is not None and not self._safe:
            self._move(trouble)

    def _move(self, why: str) -> bool:
        """Continue in the safe place, with all rows so far. False: that failed, too."""
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
            self._say(f"{why}: the take continues in {new.path}; the part before is in {old.path}, if that returns")
            old.close()
        else:
            self._say(f"{why}: the take continues in {new.path}")
            old.remove()
        self._partial, self._safe = new, True
        return True

    def close(self) -> None:
        """Close the file; it stays on disk."""
        self._partial.close()
