"""Atomic file writing: a name only ever shows a complete file, and no finished file is lost.

The file is written beside its name under a temporary one, locked, and renamed in one step. An existing name is never
reused: the next free one is (take.npz, take-2.npz, …), also when two processes race for it.
"""

from __future__ import annotations

import itertools
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from engine.errors import OutputError
from engine.motion.file_lock import hold, is_held

_TEMPORARY = re.compile(r"\..+\.(\d+)-\d+\.tmp")  # .NAME.PROCESS-NUMBER.tmp
_number = itertools.count(1)


@dataclass(slots=True)
class NewFile:
    """A file being written; afterwards `path` is its actual name."""

    file: IO[bytes]
    path: Path


def numbered_names(wanted: Path) -> Iterator[Path]:
    """Yield take.npz, take-2.npz, take-3.npz, … endlessly."""
    yield wanted
    for number in itertools.count(2):
        yield wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")


def is_taken(path: Path) -> bool:
    """Return whether the name exists, even as a dangling link."""
    return os.path.lexists(path)


@contextmanager
def new_file(wanted: Path, *, overwrite: bool = False) -> Iterator[NewFile]:
    """Context: a new binary file that is named `wanted`, or the next free name, if the block succeeds; else removed.

    overwrite  replace the file of that name
    Raises OutputError, one line, when the folder cannot be written to or the disk is full.
    """
    beside = wanted.with_name(f".{wanted.name}.{os.getpid()}-{next(_number)}.tmp")
    try:
        try:
            with beside.open("xb") as file:
                hold(file)
                new = NewFile(file, wanted)
                yield new
                file.flush()
                os.fsync(file.fileno())
            if overwrite:
                beside.replace(wanted)
            else:
                new.path = move_to_free_name(beside, wanted)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {wanted}: {error.strerror or error}") from error


def move_to_free_name(source: Path, wanted: Path) -> Path:
    """Rename a file of this folder to `wanted` or the next free name; return that name. Raises OSError."""
    for name in numbered_names(wanted):
        try:
            _move_without_replacing(source, name)
        except FileExistsError:
            continue
        return name
    raise AssertionError("numbered_names never ends")


def _move_without_replacing(source: Path, target: Path) -> None:
    """Rename. Raises FileExistsError when the name is taken at this moment; OSError for other errors."""
    if sys.platform == "win32":
        source.rename(target)  # refuses a name that is taken
        return
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links (exFAT, some network drives): reserve the name, then replace it
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        source.replace(target)
        return
    source.unlink()


def remove_dead_temporaries(folder: Path) -> tuple[Path, ...]:
    """Remove incomplete files left in a folder by killed processes; files still being written stay."""
    removed = []
    for path in sorted(folder.glob(".*.tmp")):
        parts = _TEMPORARY.fullmatch(path.name)
        if parts is None or is_held(path) or _lives(int(parts[1])):
            continue
        try:
            path.unlink()
        except OSError:  # not ours, or in use: leave it
            continue
        removed.append(path)
    return tuple(removed)


def _lives(process: int) -> bool:
    """Return whether the process runs. Not used on Windows, where the query may end it; open files cannot be removed
    there."""
    if sys.platform == "win32":
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
