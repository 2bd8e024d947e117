"""A video or a picture sequence as a source: at its own pace live, or as fast as possible for conversion."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from engine.errors import CameraError
from engine.sources.animated import WebpReader, is_animated
from engine.sources.orientation import UPRIGHT, Orientation
from engine.sources.picture_reader import PictureReader, is_picture_place
from engine.sources.reader import DEFAULT_FPS, Picture, Reader
from engine.sources.video_reader import VideoReader
from engine.types import Frame

LONGEST_SLEEP_S = 0.5
MAX_LAG_S = 0.5


class FileSource:
    """A file. One thread reads; `captured_at_s` is the clock when paced, else the timestamp in the file."""

    live = False
    dropped = 0

    def __init__(
        self,
        open_reader: Callable[[], Reader],
        name: str,
        *,
        orientation: Orientation = UPRIGHT,
        paced: bool = True,
        loop: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Open the file and decode its first picture. Raises the errors of `open_reader`, CameraError (no picture)."""
        self.name = name
        self._open_reader, self._orientation, self._paced, self._loop = open_reader, orientation, paced, loop
        self._clock, self._sleep = clock, sleep
        self._reader = open_reader()
        self.fps, self.frames = self._reader.fps, self._reader.frames
        self._frame_id = 0
        self._loop_start_s = 0.0
        self._last_s = 0.0
        self._started_at_s: float | None = None  # clock at file time 0
        self._closed = False
        self._lock = threading.Lock()  # the reader is not closed while it decodes
        self.status: str | None = None
        first = self._decode()
        if first is None:
            self._reader.close()
            raise CameraError(f"{name} has no picture that can be decoded; check it in a video player")
        self._next: Picture | None = first
        height, width = first.bgr.shape[:2]
        self.image_size: tuple[int, int] = (width, height)

    @property
    def ended(self) -> bool:
        """Whether the last frame was read, or the file was closed."""
        return self._closed or self._next is None

    def read(self) -> Frame | None:
        """Return the next frame at its time; None during a long gap and when it has `ended`."""
        if self._closed or self._next is None:
            return None
        if self._paced and not self._wait_until(self._next.time_s):
            return None
        picture = self._next
        captured_at_s = self._clock() if self._paced else picture.time_s
        frame = Frame(picture.bgr, self._frame_id, captured_at_s)
        self._frame_id += 1
        self.image_size = frame.image_size
        with self._lock:
            self._next = None if self._closed else self._decode() or self._after_the_end()
        return frame

    def close(self) -> None:
        """Release the file; the next `read` returns None. Any thread; idempotent."""
        with self._lock:
            self._closed = True
            self._reader.close()

    def _decode(self) -> Picture | None:
        picture = self._reader.read()
        if picture is None:
            return None
        self._last_s = picture.time_s + self._loop_start_s
        return Picture(self._orientation.applied(picture.bgr), self._last_s)

    def _after_the_end(self) -> Picture | None:
        """Return the first frame again when looping, else None, with a message if the file had a problem."""
        problem = self._reader.problem
        if not self._loop:
            self._reader.close()
            self.status = problem
            return None
        if not self._reader.rewind():
            self._reader.close()
            self._reader = self._open_reader()
        self._loop_start_s = self._last_s + 1.0 / self.fps
        return self._decode()

    def _wait_until(self, time_s: float) -> bool:
        """Sleep until a frame is due. False: it is not due for long, so that the reader can be stopped."""
        now_s = self._clock()
        if self._started_at_s is None or now_s - (self._started_at_s + time_s) > MAX_LAG_S:
            self._started_at_s = now_s - time_s  # at the start, or after falling behind: do not catch up
        wait_s = self._started_at_s + time_s - now_s
        if wait_s > LONGEST_SLEEP_S:
            self._sleep(LONGEST_SLEEP_S)
            return False
        if wait_s > 0.0:
            self._sleep(wait_s)
        return True


def open_file(
    place: Path,
    *,
    name: str | None = None,
    fps: float = DEFAULT_FPS,
    orientation: Orientation = UPRIGHT,
    paced: bool = True,
    loop: bool = False,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> FileSource:
    """Open a video or a picture sequence; fps: for pictures, which have no timestamps.

    Raises UsageError (nothing there), CameraError (no video, no picture that can be decoded).
    """

    def reader() -> Reader:
        if is_picture_place(str(place)):
            return PictureReader(str(place), fps)
        webp = place.suffix.lower() == ".webp" and is_animated(place)
        return WebpReader(place) if webp else VideoReader(place)

    return FileSource(
        reader, name or place.name, orientation=orientation, paced=paced, loop=loop, clock=clock, sleep=sleep
    )
