"""Hands and face for `vtm convert`: read in every frame, kept until the second pass.

The 478 points of a face mesh are stored as 16-bit fractions of their bounding box (a hundredth of a pixel): 3 kB per
frame, 300 MB per hour. If a network fails on the way, the body continues without hands and face.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.config import Config
from engine.errors import DetectorError
from engine.live.interfaces import DetailsLike, DetailSolverLike, Factories
from engine.types import F32, Details, Detection, Frame, Keypoints2D, Pose

log = logging.getLogger(__name__)

_STEPS = 65_535
_NOTHING = np.zeros((0, 3), np.float32)


class _Packed(NamedTuple):
    """Details of one frame, with the points of the face quantised."""

    details: Details
    steps: NDArray[np.uint16] | None  # (478, 3)
    low: F32  # (3,) lower corner of the points' bounding box
    size: F32  # (3,)


class ClipDetails:
    """Reads hands and face in every frame of a clip and adds them to the poses of the second pass."""

    def __init__(self, config: Config, factories: Factories, say: Callable[[str], None]) -> None:
        """Load the networks that are requested and available; one message each for what is missing and for the cost."""
        hands, face = config.hands != "off", config.face != "off"
        self._factories, self._say = factories, say
        self._calibration = (config.face_at_rest, config.finger_ranges)
        self._reader: DetailsLike | None = None
        if hands or face:
            self._reader = factories.make_details(hands=hands, face=face, hand_size="full", on_message=say)
        self._looks_at = (False, False)
        if self._reader is not None:
            self._looks_at = (self._reader.has_hands, self._reader.has_face)
            what = " and ".join(name for name, has in zip(("hands", "face"), self._looks_at, strict=True) if has)
            say(f"reading {what} in every frame; --hands off --face off takes about half the time")
        self._packed: dict[int, _Packed] = {}
        self._seen_at_s: float | None = None

    def look(self, frame: Frame, detection: Detection) -> None:
        """Read one frame. Frames must come in order."""
        if self._reader is None:
            return
        if not isinstance(detection, Keypoints2D):
            self._reader.reset()
            return
        try:
            self._packed[frame.frame_id] = _packed(self._reader.read_all(frame, detection))
        except DetectorError as error:
            log.error("reading hands and face failed", exc_info=error)
            self._say(f"hands and face stopped at {frame.captured_at_s:.1f} s, the body continues: {error}")
            self._reader = None

    def reset(self) -> None:
        """Forget all frames; the clip starts again."""
        self._packed.clear()
        if self._reader is not None:
            self._reader.reset()

    def solver(self) -> Callable[[Pose | None], Pose | None]:
        """Return a function that adds hands and face to each pose, in order; frames without details pass unchanged."""
        make, (hands, face) = self._factories.make_detail_solver, self._looks_at
        if make is None or not (hands or face):
            return lambda pose: pose
        solver: DetailSolverLike = make(hands=hands, face=face, before=None)
        solver.calibration = self._calibration

        def add(pose: Pose | None) -> Pose | None:
            if pose is None:
                return None
            packed = self._packed.pop(pose.frame_id, None)
            return solver.solve(
                pose, Details(pose.frame_id, pose.captured_at_s) if packed is None else _unpacked(packed)
            )

        return add


def _packed(details: Details) -> _Packed:
    if details.face is None or not np.isfinite(details.face.points_px).all():
        return _Packed(replace(details, face=None), None, np.zeros(3, np.float32), np.ones(3, np.float32))
    points = details.face.points_px
    low = points.min(0)
    size = np.maximum(points.max(0) - low, np.float32(1e-6))
    steps = np.round((points - low) / size * _STEPS).astype(np.uint16)
    return _Packed(replace(details, face=replace(details.face, points_px=_NOTHING)), steps, low, size)


def _unpacked(packed: _Packed) -> Details:
    details, face = packed.details, packed.details.face
    if face is None or packed.steps is None:
        return details
    points = packed.low + packed.steps.astype(np.float32) / np.float32(_STEPS) * packed.size
    return replace(details, face=replace(face, points_px=points.astype(np.float32)))
