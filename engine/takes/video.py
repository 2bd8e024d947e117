"""The camera's video beside a take, in sync with it: NAME.mkv, each picture at its own time.

Second t of the video is second t of the take, even if frames come unevenly or pause. Less than a second is lost when
the process is killed; an encoder that falls behind skips pictures. On a nearly full disk the video stops first, and the
remaining space is for the motion. It has its own thread, of lower priority if possible, and a bounded queue: encoding
blocks nothing else.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from engine.errors import OutputError, UsageError, VtmError, describe
from engine.file_kinds import RECORDED_VIDEO_SUFFIX
from engine.takes.recovery import file_video
from engine.takes.video_encoder import EncodeError, VideoEncoder
from engine.takes.video_file import VideoFile
from engine.types import Frame

log = logging.getLogger(__name__)

_QUEUE_FRAMES = 16  # pictures are large: 1080p is 6 MB each
_LATEST_S = 0.25  # a picture that waits longer is skipped
_CHECK_S = 1.0  # seconds of video between checks of its folder and growth
_NICE = 5  # steps of priority below the other threads
_JOIN_S = 30.0


class _StoppedError(Exception):
    """The video ends here; the message says why."""


class VideoRecorder:
    """One video. `write`, `error`, `lost` and `close` from any thread; only "video" encodes."""

    def __init__(
        self,
        path: Path | str,
        *,
        reserve: Callable[[], int] = lambda: 0,
        say: Callable[[str], None] = lambda _text: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start a video; the size is that of the first frame.

        path     a new file, or an empty one that reserves the name
        reserve  bytes used by the motion of the take
        say      receives one line when the video continues elsewhere
        Raises UsageError for a suffix other than .mkv, OutputError for an existing file or one that cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() != RECORDED_VIDEO_SUFFIX:
            raise UsageError(f"cannot record video to {path.name}: give NAME{RECORDED_VIDEO_SUFFIX}")
        self._file = VideoFile(path, reserve=reserve, say=say)
        self._clock = clock
        self._queue: queue.Queue[tuple[Frame, float] | None] = queue.Queue(_QUEUE_FRAMES)
        self._started_at_s: float | None = None  # time of the first frame: start of the take
        self._written_s = 0.0
        self._lock = threading.Lock()  # guards the next
        self._lost = 0
        self._error: str | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="video", daemon=True)
        self._thread.start()

    @property
    def error(self) -> str | None:
        """Why the video ended early, or None."""
        return self._error

    @property
    def lost(self) -> int:
        """Frames skipped because the encoder was behind; the previous one is shown instead."""
        return self._lost

    def write(self, frame: Frame) -> None:
        """Queue one frame; never waits. The picture must not be changed afterwards."""
        if self._closed.is_set() or self._error is not None:
            return
        if self._started_at_s is None:
            self._started_at_s = frame.captured_at_s
        try:
            self._queue.put_nowait((frame, self._clock()))
        except queue.Full:
            self._note_lost()

    def _note_lost(self) -> None:
        with self._lock:
            self._lost += 1

    def close(self, take: Path | None = None, *, overwrite: bool = False) -> Path:
        """Encode waiting frames, finish the file and name it after the finished take. Idempotent without `take`.

        Raises OutputError, one line, when it is incomplete or could not be renamed; what was written is kept.
        """
        if not self._closed.is_set():
            self._closed.set()
            try:
                self._queue.put(None, timeout=_JOIN_S)
            except queue.Full:
                self._error = f"the encoder does not respond; the end of {self._file.path} may be missing"
        self._thread.join(_JOIN_S)
        if take is not None and not self._thread.is_alive() and self._file.path.exists():
            self._file.path = file_video(self._file.path, take, overwrite=overwrite)
        if self._error is not None:
            raise OutputError(self._error)
        return self._file.path

    def _run(self) -> None:
        _lower_priority()
        try:
            self._record()
        except _StoppedError as stopped:
            self._error = str(stopped)
        except (OSError, EncodeError, VtmError) as error:
            log.warning("the video stopped", exc_info=True)
            why = (self._file.broken or error).strerror or error if isinstance(error, OSError) else error
            self._error = f"the video stopped at {self._written_s:.1f} s ({why}); the take continues"
        except Exception as error:  # a dead worker's exception is kept as data
            log.error("the video stopped", exc_info=True)
            self._error = f"the video stopped:  {describe(error)}"
        finally:
            self._file.close()

    def _record(self) -> None:
        item = self._queue.get()
        if item is None:
            self._file.path.unlink(missing_ok=True)
            raise _StoppedError(f"{self._file.path} was not written: no picture arrived")
        encoder = VideoEncoder(self._file, item[0].image_size)
        try:
            for frame in self._frames(item[0]):
                time_s = frame.captured_at_s - (self._started_at_s or 0.0)
                if encoder.encode(frame.bgr, time_s):
                    self._written_s = time_s
                if self._file.broken is not None:
                    raise self._file.broken
        except BaseException:
            with suppress(OSError, EncodeError):  # report the first problem
                encoder.close()
            raise
        encoder.close()

    def _frames(self, first: Frame) -> Iterator[Frame]:
        """Yield queued frames while the disk has space and the file grows."""
        frame: Frame | None = first
        checked_at_s, size = first.captured_at_s, -1
        while frame is not None:
            if self._file.lacks_room():
                raise _StoppedError(
                    f"the disk is nearly full, so the video {self._file.path.name} stopped at "
                    f"{self._written_s:.1f} s; the take continues"
                )
            if frame.captured_at_s - checked_at_s >= _CHECK_S:
                self._file.check()
                if self._file.size_bytes <= size:
                    raise _StoppedError(f"{self._file.path} no longer grows: the video stopped")
                checked_at_s, size = frame.captured_at_s, self._file.size_bytes
            yield frame
            frame = self._next()

    def _next(self) -> Frame | None:
        """Return the next frame that is not late; None at the end."""
        while (item := self._queue.get()) is not None:
            frame, offered_at_s = item
            if self._clock() - offered_at_s <= _LATEST_S or self._closed.is_set():
                return frame
            self._note_lost()
        return None


def _lower_priority() -> None:
    """Lower the priority of this thread (Linux only): under load, pictures are lost before poses."""
    if sys.platform == "linux":
        with suppress(OSError):
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICE)
