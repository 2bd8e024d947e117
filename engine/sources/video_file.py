"""A video file as a source: at its own pace when shown live, every frame as fast as it is read when converting."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import CameraError, UsageError
from engine.opencv import cv2
from engine.sources.orientation import UPRIGHT, Orientation
from engine.types import Frame

DEFAULT_FPS = 30.0
LONGEST_SLEEP_S = 0.5
MAX_LAG_S = 0.5
ENDED_EARLY = 0.95
_TEXT_FOURCC = "ansi"  # FFmpeg would happily show a text file as a film of its letters


@dataclass(frozen=True, slots=True)
class _Decoded:
    bgr: NDArray[np.uint8]
    time_s: float  # in the file, running on when it is looped


class FileSource:
    """A file. One thread reads; `captured_at_s` is the clock when paced, the time in the file when not."""

    live = False
    dropped = 0

    def __init__(
        self,
        path: Path,
        *,
        name: str | None = None,
        orientation: Orientation = UPRIGHT,
        paced: bool = True,
        loop: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Opens the file and decodes its first frame. Raises UsageError (no such file), CameraError (no video)."""
        self.name = name or path.name
        self._path, self._orientation, self._paced, self._loop = path, orientation, paced, loop
        self._clock, self._sleep = clock, sleep
        self._capture = _open(path)
        fps = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.fps = fps if math.isfinite(fps) and 0.0 < fps <= 1000.0 else DEFAULT_FPS
        self._frame_id = 0
        self._loop_start_s = 0.0
        self._last_s = -1.0 / self.fps
        self._started_at_s: float | None = None  # clock at file time 0
        self._closed = False
        self._lock = threading.Lock()  # the capture is not released while it decodes
        self.status: str | None = None
        first = self._decode()
        if first is None:
            self._capture.release()
            raise CameraError(f"{path} holds no picture that can be decoded; check it in a video player")
        self._next: _Decoded | None = first
        height, width = first.bgr.shape[:2]
        self.image_size: tuple[int, int] = (width, height)

    @property
    def ended(self) -> bool:
        """The last frame was read, or the file was closed."""
        return self._closed or self._next is None

    def read(self) -> Frame | None:
        """The next frame when its time has come; None during a long gap and when it has `ended`."""
        if self._closed or self._next is None:
            return None
        if self._paced and not self._wait_until(self._next.time_s):
            return None
        decoded = self._next
        captured_at_s = self._clock() if self._paced else decoded.time_s
        frame = Frame(decoded.bgr, self._frame_id, captured_at_s)
        self._frame_id += 1
        with self._lock:
            self._next = None if self._closed else self._decode() or self._after_the_end()
        return frame

    def close(self) -> None:
        """Release the file; the next `read` gives None. Any thread; may be called again."""
        with self._lock:
            self._closed = True
            self._capture.release()

    def _decode(self) -> _Decoded | None:
        good, bgr = self._capture.read()
        if not good or bgr is None:
            return None
        picture = self._orientation.applied(np.asarray(bgr, np.uint8))
        stamp_s = float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000.0 + self._loop_start_s
        if not math.isfinite(stamp_s) or stamp_s <= self._last_s:
            stamp_s = self._last_s + 1.0 / self.fps
        self._last_s = stamp_s
        return _Decoded(picture, stamp_s)

    def _after_the_end(self) -> _Decoded | None:
        """The first frame again when looping, else the end, and a word if it came too early."""
        expected = float(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        if not self._loop:
            if math.isfinite(expected) and self._frame_id < ENDED_EARLY * expected:
                self.status = f"{self.name} is cut off: {self._frame_id} of {expected:.0f} frames could be read"
            self._capture.release()
            return None
        self._capture.release()
        self._capture = _open(self._path)
        self._loop_start_s = self._last_s + 1.0 / self.fps
        return self._decode()

    def _wait_until(self, time_s: float) -> bool:
        """Sleep until a frame is due. False: it is not due for long, so that the reader can be stopped."""
        now_s = self._clock()
        if self._started_at_s is None or now_s - (self._started_at_s + time_s) > MAX_LAG_S:
            self._started_at_s = now_s - time_s  # a start, or we fell behind: go on from here, do not rush
        wait_s = self._started_at_s + time_s - now_s
        if wait_s > LONGEST_SLEEP_S:
            self._sleep(LONGEST_SLEEP_S)
            return False
        if wait_s > 0.0:
            self._sleep(wait_s)
        return True


def _open(path: Path) -> cv2.VideoCapture:
    """Raises UsageError when there is no such file, CameraError when it is no video."""
    if not path.exists():
        raise UsageError(f"there is no file {path}; check the path")
    if path.is_dir():
        raise UsageError(f"{path} is a folder, expected a video file")
    if path.stat().st_size == 0:
        raise CameraError(f"{path} is empty (0 bytes); record or copy it again")
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    kind = int(capture.get(cv2.CAP_PROP_FOURCC)) if capture.isOpened() else -1
    if kind == -1 or kind.to_bytes(4, "little", signed=True) == _TEXT_FOURCC.encode():
        capture.release()
        raise CameraError(f"{path} is not a video, or its beginning or index is missing; check it in a video player")
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)  # phones write the turn into the header; OpenCV 4.11 leaves it there
    return capture
