"""A camera or a video stream as a source: a dedicated thread opens, reads and reopens the device.

Only that thread touches the device, so that a hanging driver blocks no other thread, and nothing is released while
being read.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import av
import numpy as np
from numpy.typing import NDArray

from engine.errors import CameraError
from engine.masking import mask_secrets
from engine.opencv import cv2
from engine.queues import Latest
from engine.sources.orientation import UPRIGHT, Orientation
from engine.sources.stream import StreamCapture
from engine.types import Frame

log = logging.getLogger(__name__)

DEFAULT_FPS = 30.0
READ_WAIT_S = 0.5
SILENCE_S = 2.0
PATIENCE_S = 3.0  # a start that takes longer is reported
BACK_OFF_S = (0.5, 1.0, 2.0, 4.0, 5.0)
JOIN_S = 3.0


class Capture(Protocol):
    """The part of cv2.VideoCapture that is used; tests provide their own."""

    def read(self) -> tuple[bool, NDArray[Any]]:
        """Return success and the next picture, (H, W, 3) BGR."""

    def get(self, propId: int, /) -> float:
        """Return a property of the device."""

    def release(self) -> None:
        """Release the device."""


Opener = Callable[[], Capture | None]
"""Opens the device; None if that fails at the moment."""


class LiveSource:
    """A device that may disappear and return. `read` from one thread; `captured_at_s` is the clock at arrival."""

    live = True
    frames = 0

    def __init__(
        self,
        name: str,
        opener: Opener,
        *,
        first_frame_s: float,
        failure: Callable[[], str],
        orientation: Orientation = UPRIGHT,
        clock: Callable[[], float] = time.monotonic,
        on_message: Callable[[str], None] | None = None,
        back_off_s: tuple[float, ...] = BACK_OFF_S,
    ) -> None:
        """Start the thread and wait for the first frame.

        first_frame_s  how long to wait for it
        failure        error message if it does not come
        Raises CameraError.
        """
        self.name = name
        self.fps = DEFAULT_FPS
        self.image_size: tuple[int, int] = (0, 0)
        self._opener, self._orientation, self._clock, self._back_off_s = opener, orientation, clock, back_off_s
        self._latest: Latest[Frame] = Latest()
        self._stop = threading.Event()
        self._first = threading.Event()  # a frame has come, or the first attempt has failed
        self._frames = 0
        self._fault: str | None = None
        self._heard_at_s = time.monotonic()
        self._thread = threading.Thread(target=self._work, name="vtm-camera", daemon=True)
        self._thread.start()
        if not self._first.wait(min(PATIENCE_S, first_frame_s)) and on_message is not None:
            on_message(f"{name}: waiting for its first whole picture, up to {first_frame_s:.0f} s")
        self._first.wait(max(0.0, first_frame_s - PATIENCE_S))
        if self._frames == 0:
            self.close()
            raise CameraError(failure())

    @property
    def dropped(self) -> int:
        """Number of frames replaced by a newer one before they were read."""
        return self._latest.dropped

    @property
    def status(self) -> str | None:
        """Current problem as one line, or None."""
        if self._fault is not None:
            return self._fault
        silent_s = time.monotonic() - self._heard_at_s
        return f"{self.name} has given no picture for {silent_s:.0f} s" if silent_s > SILENCE_S else None

    @property
    def ended(self) -> bool:
        """Whether it is closed; a live source has no other end."""
        return self._stop.is_set()

    def read(self) -> Frame | None:
        """Return the newest frame; None after half a second without one, and once closed."""
        return self._latest.get(READ_WAIT_S)

    def close(self) -> None:
        """Stop the thread, which releases the device. Waits at most a few seconds; a hung driver is abandoned."""
        self._stop.set()
        self._latest.close()
        if threading.current_thread() is not self._thread:
            self._thread.join(JOIN_S)

    def _work(self) -> None:
        """Main function of the device's thread."""
        tries = 0
        while not self._stop.is_set():
            before = self._frames
            try:
                self._run_once()
            except Exception as error:
                fault = f"{self.name} failed ({type(error).__name__}: {error}), trying again"
                if fault != self._fault:
                    log.warning("%s", fault, exc_info=True)
                self._fault = fault
            else:
                self._fault = f"{self.name} stopped, trying again"
            tries = 0 if self._frames > before else tries + 1
            self._first.set()
            self._stop.wait(self._back_off_s[min(tries, len(self._back_off_s) - 1)])

    def _run_once(self) -> None:
        """Open the device and read it until it stops delivering."""
        capture = self._opener()
        if capture is None:
            return
        try:
            fps = float(capture.get(cv2.CAP_PROP_FPS))
            self.fps = fps if math.isfinite(fps) and 1.0 <= fps <= 240.0 else DEFAULT_FPS
            while not self._stop.is_set():
                good, bgr = capture.read()
                captured_at_s = self._clock()
                if not good or bgr is None:
                    return
                self._publish(self._orientation.applied(np.asarray(bgr, np.uint8)), captured_at_s)
        finally:
            capture.release()

    def _publish(self, bgr: NDArray[np.uint8], captured_at_s: float) -> None:
        self.image_size = (bgr.shape[1], bgr.shape[0])
        self._latest.put(Frame(bgr, self._frames, captured_at_s))
        self._frames += 1
        self._heard_at_s = time.monotonic()
        self._fault = None
        self._first.set()


def open_webcam(index: int, api: int) -> Capture | None:
    """Open a webcam, requesting compressed 640 x 480 at 60 fps and a short queue; drivers use the nearest they support.

    More pixels do not help (the pose network uses 256 x 256) and cost decoding time.
    """
    capture = cv2.VideoCapture(index, api)
    if not capture.isOpened():
        capture.release()
        return None
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, 640)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, 480)
    capture.set(cv2.CAP_PROP_FPS, 60)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def open_stream(url: str) -> Capture | None:
    """Open a video stream (http, rtsp, …) with short timeouts; None: no answer, or no video."""
    try:
        return StreamCapture(url)
    except (av.FFmpegError, OSError, ValueError) as error:
        log.info("%s: %s", mask_secrets(url), mask_secrets(str(error)))
        return None
