"""The take in progress: the recorder and, on request, the camera's video beside it, frame for frame.

Start and stop from any thread; `write` from the solve thread. Each row of the take that has a picture adds it to the
video with the same timestamp, so that second t of one is second t of the other.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from engine.errors import OutputError, UsageError, VtmError
from engine.file_kinds import RECORDED_VIDEO_SUFFIX
from engine.live.interfaces import Clock, Factories, Recorder, VideoLike
from engine.types import Detection, Frame, Pose, RecordingState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Take:
    wanted: Path
    overwrite: bool
    recorder: Recorder
    video: VideoLike | None


class TakeControl:
    """At most one take at a time."""

    def __init__(self, factories: Factories, clock: Clock, say: Callable[[str, str], None]) -> None:
        self._factories = factories
        self._clock = clock
        self._say = say
        self._lock = threading.Lock()  # held while starting and stopping; guards the next line
        self._take: _Take | None = None
        self._finishing: _Take | None = None  # take whose file is being written
        self._paused = False

    def start(self, path: Path, *, video: bool, source: str, style: str = "default", overwrite: bool = False) -> None:
        """Start a take, as `path` or the next free name.

        style  program it is written for; formats with a single variant ignore it
        Raises UsageError, OutputError; a video that cannot be written is reported and omitted.
        """
        with self._lock:
            if self._take is not None:
                raise OutputError(f"already recording to {self._take.recorder.state().path}: stop that take first")
            beside = path.with_suffix(RECORDED_VIDEO_SUFFIX)
            if video and overwrite and beside.exists() and Path(source).exists() and beside.samefile(source):
                raise UsageError(f"{beside} is being played: record under another name")
            recorder = self._factories.make_recorder(
                path,
                clock=self._clock,
                video=video,
                style=style,
                overwrite=overwrite,
                say=partial(self._say, "warning"),
            )
            self._take = _Take(path, overwrite, recorder, self._video(recorder))
            self._paused = False
        name = Path(recorder.state().path)
        if name != path:
            self._say("warning", f"{path} exists and is kept: recording to {name.name}")

    def _video(self, recorder: Recorder) -> VideoLike | None:
        if recorder.video is None:
            return None
        try:
            return self._factories.make_video(
                recorder.video,
                reserve=lambda: recorder.state().size_bytes,
                say=partial(self._say, "warning"),
                clock=self._clock,
            )
        except VtmError as error:
            recorder.video.unlink(missing_ok=True)  # only the name was reserved
            log.warning("no video beside the take", exc_info=True)
            self._say("warning", f"{error}; the take is recorded without it")
            return None

    def write(self, pose: Pose | None, detection: Detection, frame: Frame) -> None:
        """Write one frame; never waits."""
        take = self._take
        if take is None:
            return
        take.recorder.write(pose, detection)
        if take.video is not None:
            take.video.write(frame)

    def state(self) -> RecordingState | None:
        """Return clock, size and problems; None when nothing is recorded or written. Reports changes."""
        take = self._take or self._finishing
        if take is None:
            return None
        state = take.recorder.state()
        self._tell_pause(state)
        if state.error is None and take.video is not None and take.video.error is not None:
            return replace(state, error=take.video.error)
        return state

    def _tell_pause(self, state: RecordingState) -> None:
        if state.paused == self._paused or state.saved is not None:
            return
        self._paused = state.paused
        if state.paused:
            self._say("warning", f"no pictures: the take {Path(state.path).name} is paused until they come again")
        else:
            self._say("info", f"pictures come again: the take {Path(state.path).name} continues")

    def stop(self) -> Path | None:
        """Finish the take; return its file, or None if nothing was recorded. Waits for the disk. Raises OutputError."""
        with self._lock:
            take, self._take = self._take, None
            if take is None:
                return None
            self._finishing = take
            try:
                return self._finish(take)
            finally:
                self._finishing = None

    def _finish(self, take: _Take) -> Path:
        path: Path | None = None
        try:
            recording = Path(take.recorder.state().path)
            path = take.recorder.close()
            if path.parent != recording.parent:
                self._say("warning", f"the take could not be written to {recording.parent}: it is in {path}")
            elif path != recording:
                self._say("warning", f"{recording.name} exists and was kept: the take is {path.name}")
            return path
        finally:
            self._finish_video(take, path)

    def _finish_video(self, take: _Take, path: Path | None) -> None:
        video = take.video
        if video is None:
            return
        try:
            name = video.close(path, overwrite=take.overwrite)
            if path is not None and name != path.with_suffix(name.suffix):
                self._say("warning", f"the video of {path} is {name}")
        except VtmError as error:
            log.warning("the video beside the take is incomplete", exc_info=True)
            self._say("warning", str(error))
        if video.lost:
            self._say("warning", f"the video lacks {video.lost} pictures that came while the encoder was behind")
