"""Writing a file so that its name only ever shows a whole file, and so that no finished file is lost.

The file grows beside its name under a temporary one, locked, and gets its name in one step of the file system. A name
that is taken is never given again: the next free one is (take.npz, take-2.npz, …), also when two processes race for it.
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
    """A file while it is written; afterwards `path` is the name that it got."""

    file: IO[bytes]
    path: Path


def numbered_names(wanted: Path) -> Iterator[Path]:
    """take.npz, take-2.npz, take-3.npz, … without end."""
    yield wanted
    for number in itertools.count(2):
        yield wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")


def is_taken(path: Path) -> bool:
    """Something has this name, be it a link that leads nowhere."""
    return os.path.lexists(path)


@contextmanager
def new_file(wanted: Path, *, overwrite: bool = False) -> Iterator[NewFile]:
    """A new binary file that gets the name `wanted`, or the next free one, when the block ends well; else none.

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
    """Rename a file of this folder to `wanted`, or to the next free name; the name it got. Raises OSError."""
    for name in numbered_names(wanted):
        try:
            _move_without_replacing(source, name)
        except FileExistsError:
            continue
        return name
    raise AssertionError("numbered_names never ends")


def _move_without_replacing(source: Path, target: Path) -> None:
    """Raises FileExistsError when the name is taken, at this very moment; OSError for what else is wrong."""
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
    """Remove what processes that were killed left half written in a folder; those still written to stay."""
    removed = []
    for path in sorted(folder.glob(".*.tmp")):
        parts = _TEMPORARY.fullmatch(path.name)
        if parts is None or is_held(path) or _lives(int(parts[1])):
            continue
        try:
            path.unlink()
        except OSError:  # not ours, or in use: it is left where it is
            continue
        removed.append(path)
    return tuple(removed)


def _lives(process: int) -> bool:
    """Whether the process runs. Not asked on Windows, where asking may end it and open files cannot be removed."""
    if sys.platform == "win32":
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
