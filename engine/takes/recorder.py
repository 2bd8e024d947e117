"""Record a take: every pose, in order, written to disk by a separate thread; the final file is built at close.

While recording, rows go to NAME.partial (see partial_file), and to the safe place when its folder disappears, becomes
read-only or is full (see take_file). `close` converts them to NAME, or the next free name, in one step and removes the
partial file. If the process is killed, or no disk has space, the partial file keeps the take and `recover` finishes it.
A take without frames for LONGEST_HOLD_S is paused: its clock stops until frames come again.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.errors import OutputError, VtmError, describe
from engine.motion.formats import PLAIN_STYLE, check_motion_path, style_for
from engine.motion.resample import LONGEST_HOLD_S
from engine.motion.take import row_of
from engine.takes.names import free_take
from engine.takes.recovery import NothingRecordedError, OnWritten, build_take
from engine.takes.safe_place import safe_folder
from engine.takes.take_file import TakeFile
from engine.types import Detection, Pose, RecordingState

log = logging.getLogger(__name__)

_QUEUE_POSES = 1024  # some 17 s at 60 poses/s, for a stalling disk
_RETRY_S = 1.0  # retry interval for a full disk
_CHECK_S = 1.0  # how often to check that the folder still exists
_JOIN_S = 30.0

_Item = tuple[Pose | None, Detection, int, float]  # pose, frame, poses lost before it, latency in seconds


class Recorder:
    """One take. `write`, `state` and `close` may be called from any thread; only "recorder" writes to disk."""

    def __init__(
        self,
        path: Path | str,
        *,
        clock: Callable[[], float] = time.monotonic,
        video: bool = False,
        style: str = PLAIN_STYLE,
        overwrite: bool = False,
        say: Callable[[str], None] | None = None,
        on_written: OnWritten | None = None,
    ) -> None:
        """Start a take that becomes `path` at close, or the next free name.

        video      a video is recorded beside it by others, to `self.video`: recovery keeps the two under one name
        style      the program it is written for; formats that have no such form ignore it
        overwrite  replace the take of that name
        say        gets one line when the take has to go on somewhere else
        on_written gets the finished file and what is in it, in the thread that closes the take
        Raises UsageError for an unknown suffix, OutputError for a folder that cannot be written to.
        """
        wanted = Path(path)
        check_motion_path(wanted)
        if wanted.is_dir():
            raise OutputError(f"cannot record to {wanted}: it is a folder; give a file name")
        try:
            wanted.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot record to {wanted}: {error.strerror or error}; choose another folder") from error
        self._path, self.video = free_take(wanted, video=video, overwrite=overwrite)
        self._overwrite, self._on_written = overwrite, on_written
        self._style = style_for(wanted, style)
        try:
            self._partial = TakeFile(self._path, self.video, say or (lambda _text: None))
        except OutputError:
            if self.video is not None:
                self.video.unlink(missing_ok=True)
            raise
        self._clock = clock
        self._queue: queue.Queue[_Item | None] = queue.Queue(_QUEUE_POSES)
        self._lock = threading.Lock()  # guards all below
        self._started_at_s: float | None = None
        self._written_at_s = 0.0
        self._paused_s = 0.0  # in finished pauses
        self._saved: float | None = None  # fraction of the final file written
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
        """Queue one frame; never waits. With a full queue the pose is lost, and the gap is marked in the take."""
        with self._lock:
            if self._ended_at_s is not None:
                return
            now_s = self._clock()
            if self._started_at_s is None:
                self._started_at_s = self._written_at_s = now_s
            self._paused_s += self._pause_s(now_s)
            self._written_at_s = now_s
            try:
                latency_s = float("nan") if pose is None else now_s - detection.captured_at_s
                self._queue.put_nowait((pose, detection, self._unqueued, latency_s))
            except queue.Full:
                self._unqueued += 1
                self._lost += 1
            else:
                self._unqueued = 0

    def state(self) -> RecordingState:
        """Return clock, size and problems of the take."""
        with self._lock:
            seconds = pause_s = 0.0
            if self._started_at_s is not None:
                now_s = self._clock() if self._ended_at_s is None else self._ended_at_s
                pause_s = self._pause_s(now_s)
                seconds = now_s - self._started_at_s - self._paused_s - pause_s
            return RecordingState(
                str(self._path),
                seconds,
                self._poses,
                self._partial.size_bytes,
                self._trouble(),
                paused=pause_s > 0.0,
                saved=self._saved,
            )

    def _pause_s(self, now_s: float) -> float:
        """Return how long the take has been paused since the last frame, under the lock."""
        return max(0.0, now_s - self._written_at_s - LONGEST_HOLD_S)

    def _trouble(self) -> str | None:
        if self._thread_error is not None:
            return f"recording to {self._path} stopped: {describe(self._thread_error)}"
        if self._disk_error is not None:
            return f"cannot write to {self._path.parent}: {self._disk_error}; {self._poses} poses are kept"
        if self._lost:
            return f"{self._lost} poses were lost while the disk was too slow; the gaps are marked in the take"
        return None

    def close(self) -> Path:
        """End the take and build the final file; return its path. Idempotent (same answer).

        Raises OutputError when it cannot be built; the partial file then keeps the take, and the message names it.
        """
        with self._lock:
            first = self._ended_at_s is None
            if first:
                self._ended_at_s, self._saved = self._clock(), 0.0
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
        """Build the final file in its place, else in the safe place."""
        partial = self._partial.path
        if self._thread.is_alive():
            return OutputError(f"the disk does not respond;  the take is kept in {partial}: run vtm recover {partial}")
        self._partial.close()
        try:
            return self._build(partial, self._path)
        except NothingRecordedError as error:
            return OutputError(str(error))
        except VtmError as error:
            log.warning("building the take from %s failed", partial, exc_info=True)
            trouble = str(error)
        safe = safe_folder() / self._path.name
        if safe != self._path:
            try:
                safe.parent.mkdir(parents=True, exist_ok=True)
                return self._build(partial, safe)
            except (VtmError, OSError):  # report the first problem
                log.warning("building it in the safe place failed, too", exc_info=True)
        return OutputError(f"{trouble}; the take is kept in {partial}: run vtm recover {partial}")

    def _build(self, partial: Path, final: Path) -> Path:
        path, _ = build_take(
            partial,
            final,
            style=self._style,
            overwrite=self._overwrite,
            progress=self._note_saved,
            on_written=self._on_written,
        )
        return path

    def _note_saved(self, fraction: float) -> None:
        with self._lock:
            self._saved = fraction

    def _run(self) -> None:
        try:
            self._write_rows()
        except Exception as error:  # a dead worker's exception is kept as data
            log.error("recording failed", exc_info=True)
            with self._lock:
                self._thread_error = error

    def _write_rows(self) -> None:
        unwritten = 0  # poses lost to a full disk since the last row
        retry_at_s = float("-inf")
        for item in self._items():
            pose, detection, lost_before, latency_s = item
            if self._clock() < retry_at_s:
                unwritten += 1 + lost_before
                self._note_lost()
                continue
            try:
                lost = lost_before + unwritten
                self._partial.append(row_of(pose, detection, lost_before=lost, latency_s=latency_s))
            except OSError as error:
                unwritten += 1 + lost_before
                retry_at_s = self._clock() + _RETRY_S
                self._note_lost(error.strerror or str(error))
                continue
            with self._lock:
                self._poses += 1
                self._disk_error = None
            unwritten = 0

    def _items(self) -> Iterator[_Item]:
        """Yield queued items until the take ends; the folder is checked regularly, even without frames."""
        check_at_s = self._clock() + _CHECK_S
        while True:
            try:
                item = self._queue.get(timeout=_CHECK_S)
            except queue.Empty:
                self._partial.check()
                continue
            if item is None:
                return
            if self._clock() >= check_at_s:
                check_at_s = self._clock() + _CHECK_S
                self._partial.check()
            yield item

    def _note_lost(self, disk_error: str | None = None) -> None:
        with self._lock:
            self._lost += 1
            self._disk_error = disk_error or self._disk_error
