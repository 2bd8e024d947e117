"""A detector whose keypoints come with image features of the person's crop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from engine.types import F32, Detection, Frame, Keypoints2D, PersonChoice
from engine.visual.backbone import Backbone
from engine.visual.crop import cut, person_square
from models.vtm.evidence import CROP_PX

HALF_THE_FEATURES = "half of the image features"


class Finds(Protocol):
    """The part of a detector's interface used here (engine.pose2d.base.Detector)."""

    @property
    def name(self) -> str: ...
    def detect(self, frame: Frame) -> Detection: ...
    @property
    def size(self) -> str: ...
    @property
    def size_steps(self) -> int: ...
    def size_costs_s(self, frame: Frame) -> tuple[float, ...]: ...
    @property
    def details(self) -> tuple[str, ...]: ...
    def leave_out(self, number: int) -> None: ...
    def look_round(self, frame: Frame) -> None: ...
    def choose(self, choice: PersonChoice) -> None: ...
    def reset(self) -> None: ...
    def close(self) -> None: ...


class VisualDetector:
    """A 2D detector followed by a backbone: the same keypoints, with `features`. Pose thread only."""

    def __init__(self, detector: Finds, backbone: Backbone) -> None:
        self._detector = detector
        self._backbone = backbone
        self._every = 1  # compute features every n frames
        self._unseen = 0  # frames since the last features
        self._features: F32 | None = None

    @property
    def name(self) -> str:
        """The 2D detector's name."""
        return self._detector.name

    def detect(self, frame: Frame) -> Detection:
        """Return keypoints with the features of their crop; no features where too little of the person is seen."""
        found = self._detector.detect(frame)
        if not isinstance(found, Keypoints2D):
            return found
        square = person_square(found.points_px, found.scores)
        if square is None:
            return found
        return replace(found, features=self._seen(frame, square))

    def _seen(self, frame: Frame, square: tuple[float, float, float]) -> F32:
        self._unseen += 1
        if self._features is None or self._unseen >= self._every:
            self._features, self._unseen = self._backbone.features(cut(frame.bgr, square, CROP_PX)), 0
        return self._features

    @property
    def size(self) -> str:
        """The 2D detector's size."""
        return self._detector.size

    @property
    def size_steps(self) -> int:
        """The 2D detector's smaller networks."""
        return self._detector.size_steps

    def size_costs_s(self, frame: Frame) -> tuple[float, ...]:
        """Return the 2D detector's times."""
        return self._detector.size_costs_s(frame)

    @property
    def details(self) -> tuple[str, ...]:
        """Smaller networks of the 2D detector; then features of every other frame only, since consecutive frames are
        similar."""
        own = self._detector.details
        return (*own[: self.size_steps], HALF_THE_FEATURES, *own[self.size_steps :])

    def leave_out(self, number: int) -> None:
        """Drop the first `number` of `details`."""
        self._every = 2 if number > self.size_steps else 1
        self._detector.leave_out(number - (number > self.size_steps))

    def look_round(self, frame: Frame) -> None:
        """Call the 2D detector's."""
        self._detector.look_round(frame)

    def choose(self, choice: PersonChoice) -> None:
        """Follow another person; no features are kept."""
        self._features = None
        self._detector.choose(choice)

    def reset(self) -> None:
        """Start on another source: the 2D detector forgets its person, no features are kept."""
        self._features = None
        self._detector.reset()

    def close(self) -> None:
        """Release the networks."""
        self._detector.close()


def with_backbone(detector: Finds, path: Path, threads: int) -> VisualDetector:
    """Add the backbone at `path` to a detector. On ModelError the detector is closed."""
    try:
        return VisualDetector(detector, Backbone(path, threads))
    except BaseException:
        detector.close()
        raise
