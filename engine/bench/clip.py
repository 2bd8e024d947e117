"""The clip that a measurement runs on, in any size: delivered on demand or at a steady rate.

Frames are decoded while measuring, like a camera's. A clip in another size is written once as motion JPEG, which is
what a webcam sends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from engine.bench.samples import Samples
from engine.errors import CameraError, OutputError, UsageError
from engine.file_kinds import not_a_video
from engine.opencv import cv2
from engine.sources.file_source import open_file
from engine.sources.open_source import DEMO, DEMO_CLIP
from engine.types import Frame

_PATIENCE_S = 0.2  # longest wait in `read`, so that a worker can stop
_BEHIND_S = 0.5  # a paced clip that is later than this restarts its clock
_SCALED_FRAMES = 90


class ClipSource:
    """An endless clip as a Source. The consumer calls `taken` for each frame; the capture thread does the rest."""

    live = False
    frames = 0  # endless
    dropped = 0
    status: str | None = None

    def __init__(
        self, path: Path, rate_hz: float | None, samples: Samples, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """rate_hz: frames per second; None: the next frame once the last was taken. Raises what open_file raises."""
        self._file = open_file(path, paced=False, loop=True)
        self._rate_hz = rate_hz
        self._samples = samples
        self._sleep = sleep
        self._places = threading.Semaphore(1)
        self._ready: Frame | None = None
        self._due_s: float | None = None
        self._closed = False
        self.name, self.image_size = path.name, self._file.image_size
        self.fps = rate_hz or self._file.fps

    @property
    def ended(self) -> bool:
        return self._closed

    def taken(self) -> None:
        """Say that the detector has started on the newest frame. Pose thread."""
        self._places.release()

    def read(self) -> Frame | None:
        """Return the next frame when it is due or requested; None when that takes long."""
        if self._ready is None:
            started_s = self._samples.clock()
            self._ready = self._file.read()
            self._samples.add("capture", self._samples.clock() - started_s)
        if self._ready is None:
            return None
        available_s = self._requested() if self._rate_hz is None else self._paced(1.0 / self._rate_hz)
        if available_s is None:
            return None
        frame, self._ready = Frame(self._ready.bgr, self._ready.frame_id, available_s), None
        return frame

    def _requested(self) -> float | None:
        return self._samples.clock() if self._places.acquire(timeout=_PATIENCE_S) else None

    def _paced(self, period_s: float) -> float:
        """Sleep until the frame is due; return the time at which it was available."""
        now_s = self._samples.clock()
        due_s = now_s if self._due_s is None or now_s - self._due_s > _BEHIND_S else self._due_s
        self._due_s = due_s + period_s
        if due_s > now_s:
            self._sleep(due_s - now_s)
        return due_s

    def close(self) -> None:
        self._closed = True
        self._file.close()


def clip_path(source: str) -> Path:
    """Return the file to measure with. Raises UsageError for a camera: its rate would be measured, not ours."""
    if source in ("", DEMO):
        return DEMO_CLIP
    path = Path(source)
    if not path.is_file():
        raise UsageError(f"there is no file {source}; vtm bench measures with a video file or demo")
    problem = not_a_video(path)
    if problem is not None:
        raise UsageError(problem)
    return path


def scaled_clip(path: Path, height: int, folder: Path) -> Path:
    """Write the first frames of a clip at another height, width in proportion, as motion JPEG.

    Raises CameraError, OutputError.
    """
    source = open_file(path, paced=False)
    width = 2 * round(source.image_size[0] * height / source.image_size[1] / 2)
    target = folder / f"{height}p.avi"
    writer = cv2.VideoWriter(str(target), cv2.VideoWriter.fourcc(*"MJPG"), 60.0, (width, height))
    try:
        if not writer.isOpened():
            raise OutputError(f"OpenCV cannot write {target}; is the disk full?")
        written = 0
        while written < _SCALED_FRAMES and (frame := source.read()) is not None:
            writer.write(cv2.resize(frame.bgr, (width, height), interpolation=cv2.INTER_LINEAR))
            written += 1
    finally:
        source.close()
        writer.release()
    if not written:
        raise CameraError(f"{path} has no picture that can be decoded; check it in a video player")
    return target
