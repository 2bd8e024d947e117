"""Finish a take: build the final file from the rows on disk, at the end of a recording or after a crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import OutputError, VtmError
from engine.motion.atomic import is_taken, move_to_free_name
from engine.motion.file_lock import is_held
from engine.motion.formats import PLAIN_STYLE, write_motion
from engine.motion.take import MotionTake, Progress, no_progress, take_from_rows
from engine.takes.names import being_recorded
from engine.takes.partial_file import SUFFIX, names_in, read_partial
from engine.takes.video_repair import repair

OnWritten = Callable[[Path, MotionTake], None]
"""Gets a finished file, and the take that is in it while its rows are there."""


class NothingRecordedError(VtmError):
    """There is nothing worth keeping: no frame, or no person in any frame of a format for motion only."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """A finished take that a crash had left incomplete."""

    path: Path
    seconds: float
    video: Path | None = None
    video_seconds: float = 0.0  # playable length of the video

    def __str__(self) -> str:
        """Return the message for the user."""
        if self.video is None:
            return f"{self.path}"
        return f"{self.path} ({self.seconds:.1f} s) and {self.video.name} ({self.video_seconds:.1f} s play)"


def build_take(
    partial: Path,
    final: Path,
    *,
    style: str = PLAIN_STYLE,
    overwrite: bool = False,
    progress: Progress = no_progress,
    on_written: OnWritten | None = None,
) -> tuple[Path, float]:
    """Write the final file, or the next free name, and remove the partial one; return name and seconds.

    Raises VtmError; the partial file is kept if it is useful.
    """
    path, seconds = _write(partial, final, style, overwrite, progress, on_written)
    partial.unlink(missing_ok=True)  # the rows are mapped from it no more
    return path, seconds


def _write(
    partial: Path, final: Path, style: str, overwrite: bool, progress: Progress, on_written: OnWritten | None
) -> tuple[Path, float]:
    rows = read_partial(partial).rows
    if len(rows) == 0 or (final.suffix.lower() != ".npz" and not rows["tracked"].any()):
        why = "there was no person in any frame" if len(rows) else "no frame arrived"
        del rows
        partial.unlink(missing_ok=True)
        raise NothingRecordedError(f"{final} was not written: {why}")
    seconds = float(rows["timestamp_s"][-1] - rows["timestamp_s"][0])
    take = take_from_rows(rows)
    path = write_motion(final, take, style=style, overwrite=overwrite, progress=progress)
    if on_written is not None:
        on_written(path, take)
    return path, seconds


def recover(partial: Path, *, avoid: Path | None = None) -> Recovered:
    """Finish the take of a killed run in its folder; nothing is overwritten.

    If it needs another name, the video recorded with the take is renamed as well.

    avoid  a name reserved for a new take
    Raises VtmError, one line, when the file is not an unfinished take, is still growing, or cannot be written.
    """
    name, video_name = names_in(partial)
    if is_held(partial):
        raise VtmError(f"{partial} is being recorded right now: end that take first")
    video = None if video_name is None else partial.with_name(video_name)
    video = video if video is not None and video.exists() else None
    final = partial.with_name(name)
    taken = None if avoid is None else avoid.resolve()
    number = 2
    while is_taken(final) or final.resolve() == taken or being_recorded(final) or _other_video(final, video):
        final = partial.with_name(f"{Path(name).stem}-recovered-{number}{Path(name).suffix}")
        number += 1
    path, seconds = build_take(partial, final)
    if video is None:
        return Recovered(path, seconds)
    video = file_video(video, path)
    return Recovered(path, seconds, video, repair(video))


def _other_video(final: Path, video: Path | None) -> bool:
    """Return whether the take's video would get the name of another one."""
    beside = None if video is None else final.with_suffix(video.suffix)
    return beside is not None and beside != video and is_taken(beside)


def file_video(video: Path, take: Path, *, overwrite: bool = False) -> Path:
    """Rename a finished video after its take; return the name. Raises OutputError, one line."""
    beside = video.with_name(take.with_suffix(video.suffix).name)
    if beside == video:
        return video
    try:
        return video.replace(beside) if overwrite else move_to_free_name(video, beside)
    except OSError as error:
        raise OutputError(
            f"{take} was written, but {video} cannot be renamed to {beside.name} ({error.strerror or error}): "
            "do that by hand before another take gets its name"
        ) from error


def unfinished_takes(folder: Path) -> tuple[Path, ...]:
    """Return takes that a crash left in a folder, oldest first; those still being recorded are excluded."""
    found: list[tuple[float, Path]] = []
    for path in folder.glob(f"*{SUFFIX}"):
        try:
            found.append((path.stat().st_mtime, path))
        except FileNotFoundError:  # finished meanwhile
            continue
    return tuple(path for _, path in sorted(found) if not is_held(path))
