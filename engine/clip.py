"""Input of `vtm convert`: keypoints from a file, or a detector's results on a video, turned upright."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from engine.clip_details import ClipDetails
from engine.config import AUTO_ROTATION, Config
from engine.errors import UsageError
from engine.keypoints_file import KeypointsFile
from engine.live.interfaces import Factories
from engine.live.upright import UPSIDE_DOWN_DEG, UprightVote, turned_line
from engine.pose2d.base import Detector
from engine.sources.base import Source
from engine.sources.intrinsics import orientation_of
from engine.sources.open_source import DEMO
from engine.sources.picture_reader import is_picture_place
from engine.types import Detection, Keypoints2D
from models.camera import Intrinsics

_LOOK_FOR_PERSON_S = 20.0  # searched for a person to decide whether the picture is upside down
_Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Clip:
    """The detections to convert, in order, with what is known about the source."""

    detections: Iterator[Detection]
    fps: float
    frames: int  # 0: unknown
    intrinsics: Intrinsics | None  # None: not in the file
    config: Config  # the settings; rotate_deg resolved for an upside-down picture


@contextmanager
def opened_clip(
    source: str,
    keypoints: KeypointsFile | None,
    config: Config,
    factories: Factories,
    say: _Say,
    threads: int,
    details: ClipDetails | None = None,
) -> Iterator[Clip]:
    """Open a source as a Clip: keypoints from a file, or detections of a video; closed on exit.

    details  reads hands and face in every frame of a video
    Raises UsageError, InputError, CameraError, DetectorError.
    """
    if keypoints is not None:
        yield Clip(keypoints.detections(), keypoints.fps, len(keypoints), keypoints.intrinsics, config)
        return
    if source != DEMO and not Path(source).is_file() and not is_picture_place(source):
        raise UsageError(f"there is no file {source}; expected a video, pictures or a keypoints .npz")

    def open_video(config: Config) -> Source:
        return factories.open_source(
            source,
            orientation=orientation_of(config),
            loop=False,
            fps=config.pictures_fps,
            clock=time.monotonic,
            on_message=say,
        )

    with ExitStack() as opened:
        video = opened.enter_context(closing(open_video(config)))
        size = "largest" if config.detector_size == "auto" else config.detector_size
        detector = factories.make_detector(config.detector, size=size, threads=threads, on_message=say)
        opened.enter_context(closing(detector))
        seen: list[Detection] = []
        if config.rotate_deg == AUTO_ROTATION:
            turn_deg = _beginning(_detections(video, detector, say, details), seen, say)
            config = replace(config, rotate_deg=turn_deg)
            if turn_deg:
                seen = []
                video = opened.enter_context(closing(open_video(config)))
                detector.reset()
                if details is not None:
                    details.reset()
        rest = _detections(video, detector, say, details)
        yield Clip(chain(_drained(seen), rest), video.fps, video.frames, None, config)


def _detections(video: Source, detector: Detector, say: _Say, details: ClipDetails | None) -> Iterator[Detection]:
    """Yield the detections of all remaining video frames."""
    while not video.ended:
        frame = video.read()
        if frame is not None:
            detection = detector.detect(frame)
            if details is not None:
                details.look(frame, detection)
            yield detection
            detector.look_round(frame)
    if video.status is not None:
        say(video.status)


def _drained(seen: list[Detection]) -> Iterator[Detection]:
    """Yield the detections in order, releasing each one before the next."""
    seen.reverse()
    while seen:
        yield seen.pop()


def _beginning(detections: Iterator[Detection], seen: list[Detection], say: _Say) -> int:
    """Append detections to `seen` until the picture's orientation is clear; return the rotation to apply, 0 or 180."""
    vote = UprightVote()
    for detection in detections:
        seen.append(detection)
        if isinstance(detection, Keypoints2D) and vote.add(detection) is not None:
            break
        if detection.captured_at_s - seen[0].captured_at_s > _LOOK_FOR_PERSON_S:
            break
    if vote.decided:
        say(turned_line(vote.decided))
    return UPSIDE_DOWN_DEG if vote.decided == UPSIDE_DOWN_DEG else 0
