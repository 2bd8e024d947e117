"""Names of takes: by date and time, never one of a finished take, a video or a running take."""

from __future__ import annotations

import itertools
from datetime import datetime
from glob import escape
from pathlib import Path

from engine.errors import OutputError
from engine.file_kinds import RECORDED_VIDEO_SUFFIX
from engine.motion.atomic import is_taken, numbered_names
from engine.motion.file_lock import is_held
from engine.takes.partial_file import SUFFIX


def dated_take(folder: Path, suffix: str, now: datetime) -> Path:
    """Return a name for a new take, by date and time: 2026-11-22_14-03-07.bvh; never an existing one."""
    name = now.strftime("%Y-%m-%d_%H-%M-%S")
    for number in itertools.count(1):
        path = folder / (f"{name}{suffix}" if number == 1 else f"{name}_{number}{suffix}")
        if not is_taken(path) and not is_taken(path.with_name(path.name + SUFFIX)):
            return path
    raise AssertionError("counting never ends")


def being_recorded(final: Path) -> bool:
    """Return whether a take with this final name is still being recorded."""
    pattern = f"{escape(final.name)}*{SUFFIX}"
    return any(is_held(path) for path in final.parent.glob(pattern))


def free_take(wanted: Path, *, video: bool, overwrite: bool = False) -> tuple[Path, Path | None]:
    """Return the first free name of take.npz, take-2.npz, …, and the video's, reserved by an empty file.

    overwrite  existing files may have these names: they are replaced at the end
    Raises OutputError: the folder is not writable.
    """
    for take in numbered_names(wanted):
        if being_recorded(take) or (is_taken(take) and not overwrite):
            continue
        if not video:
            return take, None
        for name in numbered_names(take.with_suffix(RECORDED_VIDEO_SUFFIX)):
            try:
                name.open("xb").close()
                return take, name
            except FileExistsError:
                if not overwrite:
                    break
            except OSError as error:
                raise OutputError(f"cannot record video to {name}: {error.strerror or error}") from error
    raise AssertionError("numbered_names never ends")
