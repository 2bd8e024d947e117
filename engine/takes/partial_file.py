"""The file of a take during recording: fixed-size rows, each with a checksum, appended one by one.

Layout: magic, uint32 length of a JSON header, the header, then rows of ROW followed by their CRC-32. Every row is
passed to the system at once, so a killed process loses no written row; a torn row is detected and skipped. The file is
locked while it grows, so that a running take is not mistaken for one left by a crash.
"""

from __future__ import annotations

import errno
import json
import os
import zlib
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple, TypedDict, TypeGuard

import numpy as np

from engine.errors import InputError, OutputError
from engine.motion.file_lock import hold
from engine.motion.plausible import usable_rows
from engine.motion.take import BODY_ROW, DETAILED_ROW, ROW, Rows
from engine.takes.safe_place import trouble_with
from models.json_text import parse_json

SUFFIX = ".partial"
_MAGIC = b"VTMTAKE1"
_CHECKSUM = ("crc32", "<u4")
_RECORD = np.dtype([("row", ROW), _CHECKSUM])
_COPY_BYTES = 1 << 20
_BLOCK_ROWS = 4096
_LONGEST_HEADER = 1 << 16
_LAYOUT = zlib.crc32(repr(ROW).encode())
_READABLE = {zlib.crc32(repr(row).encode()): row for row in (ROW, DETAILED_ROW, BODY_ROW)}
"""Rows that can be read, by the layout that a file names; takes of today are written with the first."""


def free_partial_path(final: Path) -> Path:
    """Return take.bvh.partial, or take.bvh.2.partial if a killed run left one: that take is not ours."""
    candidate, number = final.with_name(final.name + SUFFIX), 2
    while candidate.exists():
        candidate = final.with_name(f"{final.name}.{number}{SUFFIX}")
        number += 1
    return candidate


class PartialFile:
    """Appends rows. One thread."""

    def __init__(self, final: Path, *, video: Path | None = None) -> None:
        """Create the file beside `final`; `video` is recorded with it. Raises OutputError: folder not writable."""
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            self.path = free_partial_path(final)
            self._file = self.path.open("x+b", buffering=0)
            try:
                hold(self._file)
                about = {"final": final.name, "layout": _LAYOUT} | ({} if video is None else {"video": video.name})
                header = json.dumps(about).encode()
                self._write(_MAGIC + len(header).to_bytes(4, "little") + header)
            except OSError:
                self._file.close()
                self.path.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise OutputError(f"cannot record to {final}: {error.strerror or error}; choose another folder") from error
        self._rows_at = self._end = self._file.tell()

    @property
    def size_bytes(self) -> int:
        """Bytes of header and complete rows."""
        return self._end

    def append(self, row: Rows) -> None:
        """Append a ROW (1,). Raises OSError (disk full) after truncating the file to complete rows."""
        record = np.zeros(1, _RECORD)
        record["row"] = row
        record["crc32"] = zlib.crc32(row.tobytes())
        self._append(record.tobytes())

    def _append(self, data: bytes) -> None:
        try:
            self._write(data)
        except OSError:
            self._file.seek(self._end)
            self._file.truncate()
            raise
        self._end += len(data)

    def _write(self, data: bytes) -> None:
        if self._file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def trouble(self) -> str | None:
        """Return why the file is in danger at its place, or None."""
        return trouble_with(self.path, self._file)

    def take_over(self, other: PartialFile) -> None:
        """Append all rows of a file whose folder may be gone. Raises OSError; then nothing was appended."""
        before, at = self._end, other._rows_at
        try:
            while at < other._end:
                other._file.seek(at)
                rows = other._file.read(min(_COPY_BYTES, other._end - at))
                if not rows:
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
                self._append(rows)
                at += len(rows)
        except OSError:
            self._file.seek(before)
            self._file.truncate()
            self._end = before
            raise
        finally:
            with suppress(OSError):
                other._file.seek(other._end)

    def remove(self) -> None:
        """Close the file and remove it, if it is ours and still there."""
        try:
            ours = self.trouble() is None
            self.close()
            if ours:
                self.path.unlink(missing_ok=True)
        except OSError:  # it stays and is found by the recovery
            return

    def close(self) -> None:
        """Close the file; it stays on disk."""
        self._file.close()


class Unfinished(NamedTuple):
    """Contents of a partial file."""

    final: str  # name of the final file
    rows: Rows  # (N,) of ROW, the complete rows
    video: str | None  # name of the video beside it


def read_partial(path: Path) -> Unfinished:
    """Map the rows from the file, which must exist while they are used. Raises InputError, one line."""
    header, start = _header_of(path)
    try:
        rows = _whole_rows(path, start, _READABLE[header["layout"]])
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    return Unfinished(header["final"], rows, header["video"])


def names_in(path: Path) -> tuple[str, str | None]:
    """Return the final name, and that of the video. Raises InputError, one line."""
    header, _ = _header_of(path)
    return header["final"], header["video"]


class _Header(TypedDict):
    final: str
    layout: int
    video: str | None


def _header_of(path: Path) -> tuple[_Header, int]:
    """Return the header and the start of the rows. Raises InputError."""
    try:
        with path.open("rb") as file:
            header, start = _read_header(file)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise InputError(f"{path} is not an unfinished take ({error})") from error
    if header["layout"] not in _READABLE:
        raise InputError(f"{path} was recorded by another version of vtm: recover it with that version")
    return header, start


def _read_header(file: IO[bytes]) -> tuple[_Header, int]:
    """Return the header and the start of the rows. Raises ValueError."""
    start = len(_MAGIC) + 4
    head = file.read(start)
    length = int.from_bytes(head[len(_MAGIC) :], "little")
    if not head.startswith(_MAGIC) or len(head) < start or length > _LONGEST_HEADER:
        raise ValueError("it has another signature")
    values = parse_json(file.read(length))
    if not isinstance(values, dict):
        raise ValueError("its header is not a table")
    final, video = values.get("final"), values.get("video")
    if not _is_file_name(final) or not (video is None or _is_file_name(video)):
        raise ValueError("its header has no file name")
    layout = values.get("layout")
    return _Header(final=final, layout=layout if isinstance(layout, int) else -1, video=video), start + length


def _is_file_name(name: object) -> TypeGuard[str]:
    """Return whether it is a name in the same folder, with a suffix."""
    return isinstance(name, str) and name.isprintable() and Path(name).name == name and bool(Path(name).suffix)


def _whole_rows(path: Path, start: int, layout: np.dtype[Any]) -> Rows:
    """Map the rows (N,) from the file, so that an hour of motion is read as it is used. Torn rows are skipped."""
    record = np.dtype([("row", layout), _CHECKSUM])
    size = record.itemsize
    count = (path.stat().st_size - start) // size
    if count <= 0:
        return np.zeros(0, layout)
    records = np.memmap(path, record, "r", offset=start, shape=(count,)).view(np.ndarray)
    data = records.view(np.uint8).data
    sums = (zlib.crc32(data[at : at + layout.itemsize]) for at in range(0, count * size, size))
    whole = np.fromiter(sums, np.uint32, count) == records["crc32"]
    good = int(whole.argmin()) if not whole.all() else count
    rows = records["row"][:good] if not whole[good:].any() else records["row"][whole]
    blocks = (rows[at : at + _BLOCK_ROWS] for at in range(0, len(rows), _BLOCK_ROWS))
    usable = np.concatenate([np.zeros(0, np.bool_), *(usable_rows(block) for block in blocks)])
    return rows if usable.all() else rows[usable]
