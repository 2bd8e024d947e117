"""Recording a take: every pose, in order, to disk by a thread of its own; the final file is built at close.

While recording, rows go to NAME.partial (see partial_file). `close` turns them into NAME in one rename and removes the
partial file. If the process is killed, or the disk is full, the partial file keeps the take and `recover` finishes it.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from datetime import datetime
from glob import escape
from pathlib import Path

from engine.errors import OutputError, VtmError
from engine.motion.file_lock import is_held
from engine.motion.formats import check_motion_path, write_motion
from engine.motion.take import row_of, take_from_rows
from engine.takes.partial_file import SUFFIX, PartialFile, read_partial
from engine.types import Detection, Pose, RecordingState

_QUEUE_POSES = 1024  # some 17 s at 60 poses/s for a disk that stalls
_RETRY_S = 1.0  # a full disk is tried again this often
_JOIN_S = 30.0

_Item = tuple[Pose | None, Detection, int]


class Recorder:
    """One take. `write`, `state` and `close` may be called from any thread; "recorder" alone writes to disk."""

    def __init__(
        self, path: Path | str, *, clock: Callable[[], float] = time.monotonic, video: Path | None = None
    ) -> None:
        """Start a take that becomes `path` at close, or the next free name.

        video  what is recorded beside it by others: recovery after a crash keeps the two under one name
        Raises UsageError for an unknown suffix, OutputError for a folder that cannot be written to.
        """
        self._path = Path(path)
        check_motion_path(self._path)
        if self._path.is_dir():
            raise OutputError(f"cannot record to {self._path}: it is a folder; give a file name")
        self._clock = clock
        self._partial = PartialFile(self._path, video=video)
        self._queue: queue.Queue[_Item | None] = queue.Queue(_QUEUE_POSES)
        self._lock = threading.Lock()  # guards all below
        self._started_at_s: float | None = None
        self._ended_at_s: float | None = None
        self._unqueued = 0  # poses lost since the last one queued
        self._lost = 0
        self._poses = 0
        self._disk_error: str | None = None
        self._thread_error: Exception | None = None
        self._result: Path | OutputError | None = None
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def write(self, pose: Pose | None, detection: Detection) -> None:
        """Queue one frame; never waits. A full queue counts the pose as lost and marks the gap in the take."""
        with self._lock:
            if self._ended_at_s is not None:
                return
            if self._started_at_s is None:
                self._started_at_s = self._clock()
            try:
                self._queue.put_nowait((pose, detection, self._unqueued))
            except queue.Full:
                self._unqueued += 1
                self._lost += 1
            else:
                self._unqueued = 0

    def state(self) -> RecordingState:
        """Clock, size and trouble of the take."""
        with self._lock:
            seconds = 0.0
            if self._started_at_s is not None:
                seconds = (self._clock() if self._ended_at_s is None else self._ended_at_s) - self._started_at_s
            return RecordingState(str(self._path), seconds, self._poses, self._partial.size_bytes, self._trouble())

    def _trouble(self) -> str | None:
        if self._thread_error is not None:
            return f"recording to {self._path} has stopped: {self._thread_error}"
        if self._disk_error is not None:
            return f"cannot write to {self._path.parent}: {self._disk_error}; {self._poses} poses are kept"
        if self._lost:
            return f"{self._lost} poses were lost while the disk was too slow; the gaps are marked in the take"
        return None

    def close(self) -> Path:
        """End the take and build the final file; the path of it. May be called again (same answer).

        Raises OutputError when it cannot be built; the partial file then keeps the take and the message names it.
        """
        with self._lock:
            first = self._ended_at_s is None
            if first:
                self._ended_at_s = self._clock()
        if first:
            self._stop_thread()
            self._result = self._finish()
        if isinstance(self._result, Path):
            return self._result
        raise self._result or OutputError(f"recording to {self._path} is being closed already")

    def _stop_thread(self) -> None:
        deadline = time.monotonic() + _JOIN_S
        while self._thread.is_alive() and time.monotonic() < deadline:
            try:
                self._queue.put(None, timeout=0.1)
                break
            except queue.Full:
                continue
        self._thread.join(max(0.0, deadline - time.monotonic()))

    def _finish(self) -> Path | OutputError:
        partial = self._partial.path
        if self._thread.is_alive():
            return OutputError(f"the disk does not answer; the take is kept in {partial}: run vtm recover {partial}")
        self._partial.close()
        try:
            return _build(partial, self._path)
        except _NothingRecordedError as error:
            return OutputError(str(error))
        except VtmError as error:
            return OutputError(f"{error}; the take is kept in {partial}: run vtm recover {partial}")

    def _run(self) -> None:
        try:
            self._write_rows()
        except Exception as error:  # noqa: BLE001 — a dead worker's exception is kept as data
            with self._lock:
                self._thread_error = error

    def _write_rows(self) -> None:
        unwritten = 0  # poses lost to a full disk since the last row
        retry_at_s = float("-inf")
        while (item := self._queue.get()) is not None:
            pose, detection, lost_before = item
            if self._clock() < retry_at_s:
                unwritten += 1 + lost_before
                self._note_lost()
                continue
            try:
                self._partial.append(row_of(pose, detection, lost_before=lost_before + unwritten))
            except OSError as error:
                unwritten += 1 + lost_before
                retry_at_s = self._clock() + _RETRY_S
                self._note_lost(error.strerror or str(error))
                continue
            with self._lock:
                self._poses += 1
                self._disk_error = None
            unwritten = 0

    def _note_lost(self, disk_error: str | None = None) -> None:
        with self._lock:
            self._lost += 1
            self._disk_error = disk_error or self._disk_error


class _NothingRecordedError(VtmError):
    """There is nothing worth keeping: no frame at all, or no person in any frame of a file that holds motion only."""


def _build(partial: Path, final: Path) -> Path:
    """Write the final file and remove the partial one. Raises VtmError; the partial file then stays if it is of use."""
    rows = read_partial(partial).rows
    if len(rows) == 0 or (final.suffix.lower() != ".npz" and not rows["tracked"].any()):
        partial.unlink(missing_ok=True)
        why = "there was no person in any frame" if len(rows) else "no frame arrived"
        raise _NothingRecordedError(f"{final} was not written: {why}")
    path = write_motion(final, take_from_rows(rows))
    partial.unlink(missing_ok=True)
    return path


def dated_take(folder: Path, suffix: str, now: datetime) -> Path:
    """A name for a new take, by date and time: 2026-11-22_14-03-07.bvh; never one that is there already."""
    name = now.strftime("%Y-%m-%d_%H-%M-%S")
    path, number = folder / f"{name}{suffix}", 2
    while path.exists() or path.with_name(path.name + SUFFIX).exists():
        path = folder / f"{name}_{number}{suffix}"
        number += 1
    return path


def recover(partial: Path, *, avoid: Path | None = None) -> Path:
    """Finish the take of a killed run, beside it; nothing is overwritten. The path of the finished file.

    Where that has to be another name, the video recorded with the take is renamed as well.

    avoid  a name that is not to be taken, because a new take will get it
    Raises VtmError, one line, when the file is no unfinished take, still grows, or the result cannot be written.
    """
    name, _, video_name = read_partial(partial)
    if is_held(partial):
        raise VtmError(f"{partial} is being recorded right now: end that take first")
    video = None if video_name is None else partial.with_name(video_name)
    video = video if video is not None and video.exists() else None
    final = partial.with_name(name)
    taken = None if avoid is None else avoid.resolve()
    number = 2
    while final.exists() or final.resolve() == taken or _being_recorded(final) or _other_video(final, video):
        final = partial.with_name(f"{Path(name).stem}-recovered-{number}{Path(name).suffix}")
        number += 1
    _build(partial, final)
    if video is not None:
        _rename_video(video, final)
    return final


def _other_video(final: Path, video: Path | None) -> bool:
    """The take's video would get the name of another one."""
    beside = None if video is None else final.with_suffix(video.suffix)
    return beside is not None and beside != video and beside.exists()


def _rename_video(video: Path, final: Path) -> None:
    """Raises VtmError, one line."""
    beside = final.with_suffix(video.suffix)
    try:
        video.rename(beside)
    except OSError as error:
        raise VtmError(
            f"recovered {final}, but its video {video} cannot be renamed to {beside.name} ({error.strerror or error}): "
            "do that by hand before another take gets its name"
        ) from error


def _being_recorded(final: Path) -> bool:
    """A take that will get this name is still growing."""
    return any(is_held(path) for path in final.parent.iterdir() if path.match(f"{escape(final.name)}*{SUFFIX}"))


def unfinished_takes(folder: Path) -> tuple[Path, ...]:
    """Takes that a crash left behind in a folder, oldest first; those still being recorded are not among them."""
    found: list[tuple[float, Path]] = []
    for path in folder.glob(f"*{SUFFIX}"):
        try:
            found.append((path.stat().st_mtime, path))
        except FileNotFoundError:  # finished meanwhile
            continue
    return tuple(path for _, path in sorted(found) if not is_held(path))
