"""The file of a growing video: writes are checked, space is left for the motion, and a lost folder is detected."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from io import FileIO
from pathlib import Path

from engine.errors import OutputError
from engine.motion.atomic import numbered_names
from engine.takes.safe_place import safe_folder, trouble_with

_RESERVE_BYTES = 256 << 20
"""Left free for the motion, an hour or more of it; half of a smaller disk."""


class VideoFile:
    """File object for the muxer, in its own thread. An open file: its location may change."""

    def __init__(self, path: Path, *, reserve: Callable[[], int], say: Callable[[str], None]) -> None:
        """Open a new file, or the empty one that reserves the name.

        reserve  bytes used by the motion of the take: its final file will need as much again
        say      receives one line when the video continues elsewhere
        Raises OutputError.
        """
        self.path = path
        self._reserve, self._say = reserve, say
        self._broken: OSError | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            reserved = path.exists() and path.stat().st_size == 0
            self._file = path.open("r+b" if reserved else "x+b", buffering=0)
        except OSError as error:
            raise OutputError(f"cannot record video to {path}: {error.strerror or error}") from error

    def write(self, data: bytes) -> int:
        """Write. Raises OSError after truncating the file to complete data; from then on nothing is written."""
        if self._broken is not None:
            return len(data)
        at = self._file.tell()
        try:
            if self._file.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            self._broken = error
            self._file.seek(at)
            self._file.truncate()
            raise
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As every file's."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As every file's."""
        return self._file.tell()

    @property
    def broken(self) -> OSError | None:
        """Error that ended the writing, or None."""
        return self._broken

    @property
    def size_bytes(self) -> int:
        """Bytes on disk."""
        return os.fstat(self._file.fileno()).st_size

    def lacks_room(self) -> bool:
        """Whether the disk is so full that the rest is reserved for the motion."""
        try:
            usage = shutil.disk_usage(self.path.parent)
        except OSError:  # reported by `check`
            return False
        return usage.free < min(_RESERVE_BYTES, usage.total // 2) + self._reserve()

    def check(self) -> None:
        """Continue in the safe place if the folder is gone or not writable. Raises OSError."""
        trouble = trouble_with(self.path, self._file)
        if trouble is None or self.path.parent == safe_folder():
            return
        old, at = self._file, self._file.tell()
        self.path, self._file = self._safe_file()
        old.seek(0)
        shutil.copyfileobj(old, self._file)
        self._file.seek(at)
        old.close()
        self._say(f"{trouble}: the video continues in {self.path}")

    def _safe_file(self) -> tuple[Path, FileIO]:
        folder = safe_folder()
        folder.mkdir(parents=True, exist_ok=True)
        for path in numbered_names(folder / self.path.name):
            try:
                return path, path.open("x+b", buffering=0)
            except FileExistsError:
                continue
        raise AssertionError("numbered_names never ends")

    def close(self) -> None:
        """Idempotent."""
        self._file.close()
