"""The take in progress: the recorder and, where it is wanted, the camera's picture beside it, frame for frame.

Start and stop from any thread; `write` from the solve thread. Every row of the take that has a picture gives it to the
video, with the same time, so that second t of the one is second t of the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import OutputError, UsageError, VtmError
from engine.live.interfaces import Clock, Factories, Recorder, VideoLike
from engine.types import Detection, Frame, Pose, RecordingState

VIDEO_SUFFIX = ".mkv"
_USUAL_FPS = 30.0


@dataclass(frozen=True, slots=True)
class _Take:
    recorder: Recorder
    video: VideoLike | None


class TakeControl:
    """At most one take at a time."""

    def __init__(self, factories: Factories, clock: Clock, say: Callable[[str, str], None]) -> None:
        self._factories = factories
        self._clock = clock
        self._say = say
        self._lock = threading.Lock()  # guards the next, which is replaced as a whole
        self._take: _Take | None = None

    def start(self, path: Path, *, video: bool, camera_fps: float, source: str) -> None:
        """Begin a take. `camera_fps`: the video's rate, 0 when it is not known yet.

        Raises UsageError, OutputError; a video that cannot be written is said and left out.
        """
        with self._lock:
            if self._take is not None:
                raise OutputError(f"already recording to {self._take.recorder.state().path}: stop that take first")
            beside = path.with_suffix(VIDEO_SUFFIX)
            if video and beside.exists() and Path(source).exists() and beside.samefile(source):
                raise UsageError(f"{beside} is what is being played: record under another name")
            recorder = self._factories.make_recorder(path, clock=self._clock, video=beside if video else None)
            self._take = _Take(recorder, self._video(beside, camera_fps) if video else None)

    def _video(self, path: Path, camera_fps: float) -> VideoLike | None:
        try:
            return self._factories.make_video(path, fps=float(round(camera_fps)) if camera_fps >= 1.0 else _USUAL_FPS)
        except VtmError as error:
            self._say("warning", f"{error}; the take is recorded without it")
            return None

    def write(self, pose: Pose | None, detection: Detection, frame: Frame) -> None:
        """One frame; never waits."""
        take = self._take
        if take is None:
            return
        take.recorder.write(pose, detection)
        if take.video is not None:
            take.video.write(frame)

    def state(self) -> RecordingState | None:
        """Clock, size and trouble; None when nothing is recorded."""
        take = self._take
        if take is None:
            return None
        state = take.recorder.state()
        if state.error is None and take.video is not None and take.video.error is not None:
            return replace(state, error=take.video.error)
        return state

    def stop(self) -> Path | None:
        """Finish the take: its file, or None when nothing was recorded. Waits for the disk. Raises OutputError."""
        with self._lock:
            take, self._take = self._take, None
        if take is None:
            return None
        try:
            return take.recorder.close()
        finally:
            self._finish_video(take.video)

    def _finish_video(self, video: VideoLike | None) -> None:
        if video is None:
            return
        try:
            path = video.close()
        except VtmError as error:
            self._say("warning", str(error))
            return
        if video.lost:
            self._say("warning", f"{path}: {video.lost} pictures were lost while the encoder was behind")
