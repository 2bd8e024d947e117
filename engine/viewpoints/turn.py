"""Turn on the spot: a held pose, seen from all sides in turn, should stay the same pose.

The 12 limb joints are converted to the body's own frame, that of hips and shoulders; the measure is their distance, in
each sector of 30 degrees, from their mean over all sectors. It needs no ground truth and does not measure accuracy: see
CANNOT_SEE. The frame is the rotation (no scale) that aligns hip joints and shoulders with those of the mean pose. With
the hip joints alone, 20 cm apart, a few centimetres of depth error would move hands and feet by a hand's breadth: on
four rendered turns the order of the sectors agreed with the true body pose errors by 0.48 on average (rank
correlation), instead of by 0.71.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from engine.types import Detection, Keypoints2D
from engine.viewpoints.facing import (
    F64,
    SECTOR_DEG,
    SECTORS,
    TurnTracker,
    camera_yaw_deg,
    hips_axes,
    laid_on,
    sector_of,
)
from engine.viewpoints.fit import about_hips, in_hips_frame, landmark_joints
from models.skeleton import JOINT, LIMBS, NUM_JOINTS, PARENTS

CANNOT_SEE = (
    "an error that is the same from all sides, such as arms that are always too short",
    "position and facing: joints are compared in the body's own frame",
    "whether the performer held still: motion counts as disagreement, and the second turn shows how much",
)
FEWEST_SECTORS = 6
"""With fewer filled sectors there was no turn."""
FEWEST = 3
"""Frames needed to fill a sector."""
TURN_DEG = 360.0
_BEGUN_DEG, _ENOUGH_DEG = 6.0, 15.0
"""A turn begins when the performer leaves the initial direction, and may lack this much at its end."""
_BONES = tuple(joint for joint in LIMBS if PARENTS[joint] in LIMBS)
TRUNK = [LIMBS.index(JOINT[name]) for name in ("LeftUpperArm", "RightUpperArm", "LeftUpperLeg", "RightUpperLeg")]
"""Indices, among the limb joints, of those that define the body's own frame."""
_FITS = 2
_KEPT = 4096
"""Largest number of frames of a measurement: two slow turns at 60 frames/s."""


@dataclass(frozen=True, slots=True)
class Side:
    """Result per sector of one side, ours or the detector's."""

    sectors_mm: tuple[float | None, ...]  # (12,) distance from the mean pose; None: not seen
    bones_percent: tuple[float | None, ...]  # (12,) mean difference of limb lengths from their mean
    floor_mm: tuple[float | None, ...]  # (12,) the second turn's mean from the first one's

    @property
    def mean_mm(self) -> float | None:
        """Mean over the filled sectors."""
        known = [value for value in self.sectors_mm if value is not None]
        return float(np.mean(known)) if known else None

    @property
    def worst_over_best(self) -> float | None:
        """Worst divided by best filled sector; None with fewer than two."""
        known = [value for value in self.sectors_mm if value is not None]
        return max(known) / max(min(known), 1e-3) if len(known) > 1 else None

    @property
    def floor_mean_mm(self) -> float | None:
        """Mean difference of the same sector between both turns; None before half of the second turn."""
        known = [value for value in self.floor_mm if value is not None]
        return float(np.mean(known)) if len(known) >= FEWEST_SECTORS else None

    def as_json(self) -> dict[str, Any]:
        """Return the keys of `vtm viewpoints --json`; rounded."""
        return {
            "sectors_mm": [_rounded(value) for value in self.sectors_mm],
            "mean_mm": _rounded(self.mean_mm),
            "worst_over_best": _rounded(self.worst_over_best, 3),
            "bones_percent": [_rounded(value, 2) for value in self.bones_percent],
            "floor_mm": [_rounded(value) for value in self.floor_mm],
            "floor_mean_mm": _rounded(self.floor_mean_mm),
        }


NOTHING = (None,) * SECTORS
EMPTY = Side(NOTHING, NOTHING, NOTHING)


@dataclass(frozen=True, slots=True)
class TurnReport:
    """The current measurement; complete after one turn, with its noise floor after two."""

    ours: Side = EMPTY
    detector: Side = EMPTY
    confidence: tuple[float | None, ...] = NOTHING
    frames: tuple[int, ...] = (0,) * SECTORS
    travelled_deg: float = 0.0
    yaw_deg: float | None = None  # current direction of the camera
    seconds: tuple[float, ...] = ()  # duration of each finished turn

    @property
    def turns(self) -> int:
        """Number of finished turns."""
        return len(self.seconds)

    @property
    def filled(self) -> int:
        """Number of sectors with enough frames."""
        return sum(value is not None for value in self.ours.sectors_mm)

    def as_json(self) -> dict[str, Any]:
        """Return the keys of `vtm viewpoints --json`."""
        return {
            "sectors_deg": [round(index * SECTOR_DEG) for index in range(SECTORS)],
            "turns": self.turns,
            "turn_seconds": [_rounded(value) for value in self.seconds],
            "frames": list(self.frames),
            "confidence": [_rounded(value, 2) for value in self.confidence],
            "ours": self.ours.as_json(),
            "detector": self.detector.as_json(),
            "cannot_see": list(CANNOT_SEE),
        }


@dataclass(slots=True)
class TurnMeter:
    """Takes poses in order of time and measures the turn. One thread."""

    _tracker: TurnTracker = field(default_factory=TurnTracker)
    _rows: list[tuple[float, int, float]] = field(default_factory=list)  # time, sector, travelled
    _ours: list[F64] = field(default_factory=list)
    _theirs: list[F64] = field(default_factory=list)
    _bones: list[tuple[F64, F64]] = field(default_factory=list)
    _confidence: list[float] = field(default_factory=list)

    def push(self, at_s: float, joints_cam_m: F64, theirs_m: F64 | None, up_cam: F64, confidence: float) -> None:
        """Add a frame in which the performer is tracked.

        joints_cam_m (22, 3) ours; theirs_m (22, 3) the detector's own in the camera's axes, NaN or None where it has
        none; up_cam (3,) against gravity; confidence 0..1. Frames after the second turn are ignored.
        """
        if not np.isfinite(joints_cam_m).all() or self.done or len(self._rows) >= _KEPT:
            return
        yaw_deg = self._tracker.push(camera_yaw_deg(joints_cam_m, up_cam), at_s)
        if math.isnan(yaw_deg):
            return
        other = np.full((NUM_JOINTS, 3), np.nan) if theirs_m is None else np.asarray(theirs_m, np.float64)
        self._rows.append((at_s, sector_of(yaw_deg), self._tracker.travelled_deg))
        self._ours.append(about_hips(joints_cam_m))
        self._theirs.append(about_hips(other))
        self._bones.append((_lengths(joints_cam_m), _lengths(other)))
        self._confidence.append(confidence)

    @property
    def done(self) -> bool:
        """Whether both turns are done."""
        return abs(self._tracker.travelled_deg) >= 2 * TURN_DEG - _ENOUGH_DEG

    @property
    def travelled_deg(self) -> float:
        """Angle turned so far, negative clockwise."""
        return self._tracker.travelled_deg

    @property
    def first_turn(self) -> tuple[tuple[float, int], ...]:
        """Time and sector of every frame of the first turn."""
        rows = ((at_s, sector, abs(travelled)) for at_s, sector, travelled in self._rows)
        return tuple((at_s, sector) for at_s, sector, travelled in rows if _BEGUN_DEG <= travelled < TURN_DEG)

    def report(self) -> TurnReport:
        """Return the current measurement; takes a few milliseconds."""
        if not self._rows:
            return TurnReport()
        at_s, sector, travelled = (np.array(column) for column in zip(*self._rows, strict=True))
        begun = np.abs(travelled) >= _BEGUN_DEG
        turn = np.where(begun, np.abs(travelled) >= TURN_DEG, -1)
        first = turn == 0
        ours, theirs = np.array(self._ours), np.array(self._theirs)
        bones = np.array(self._bones)
        confidence = np.array(self._confidence)
        pairs = [first & (sector == index) for index in range(SECTORS)]
        again = [(turn == 1) & (sector == index) for index in range(SECTORS)]
        frames = tuple(int(rows.sum()) for rows in pairs)
        return TurnReport(
            _side(ours, bones[:, 0], pairs, again),
            _side(theirs, bones[:, 1], pairs, again),
            tuple(float(confidence[rows].mean()) if rows.sum() >= FEWEST else None for rows in pairs),
            frames,
            float(travelled[-1]),
            self._tracker.yaw_deg,
            _turn_seconds(at_s, np.abs(travelled)),
        )


def own_3d(detection: Detection | None) -> F64 | None:
    """Return the detector's own 3D as joints (22, 3) relative to the hips, camera axes; None: it has none."""
    evidence = detection.evidence_m if isinstance(detection, Keypoints2D) else None
    return None if evidence is None else landmark_joints(np.asarray(evidence, np.float64))


def _turn_seconds(at_s: F64, travelled: F64) -> tuple[float, ...]:
    """Return the duration of each finished turn."""
    marks = (_BEGUN_DEG, TURN_DEG - _ENOUGH_DEG, 2 * TURN_DEG - _ENOUGH_DEG)
    reached = [np.flatnonzero(travelled >= mark) for mark in marks]
    times = [float(at_s[rows[0]]) for rows in reached if len(rows)]
    return tuple(float(after - before) for before, after in pairwise(times))


def _side(joints: F64, lengths: F64, first: Sequence[Any], second: Sequence[Any]) -> Side:
    """Return the results for joints (N, 22, 3) relative to the hips and limb lengths (N, 8), rows by sector and
    turn."""
    good = np.isfinite(joints[:, LIMBS]).all((1, 2))
    rows = [chosen & good for chosen in first]
    known = [index for index in range(SECTORS) if rows[index].sum() >= FEWEST]
    if not known:
        return EMPTY

    def sector_means(values: F64) -> F64:
        return np.array([values[rows[index]].mean(0) for index in known])

    poses = in_hips_frame(joints, hips_axes(joints))[:, LIMBS]
    for _ in range(_FITS):
        poses = laid_on(poses, sector_means(poses).mean(0), TRUNK)
    means = sector_means(poses)
    mean = means.mean(0)  # every sector has equal weight, however long it took
    usual = sector_means(lengths).mean(0)
    sectors: list[float | None] = [None] * SECTORS
    bones, floor = sectors.copy(), sectors.copy()
    for index, own in zip(known, means, strict=True):
        sectors[index] = float(np.linalg.norm(poses[rows[index]] - mean, axis=-1).mean() * 1000)
        bones[index] = float(np.abs(lengths[rows[index]].mean(0) / usual - 1).mean() * 100)
        later = second[index] & good
        if later.sum() >= FEWEST:
            floor[index] = float(np.linalg.norm(poses[later].mean(0) - own, axis=-1).mean() * 1000)
    return Side(tuple(sectors), tuple(bones), tuple(floor))


def _lengths(joints_m: F64) -> F64:
    """Return the lengths (8,) of upper arms, forearms, thighs, shins of joints (22, 3)."""
    joints = np.asarray(joints_m, np.float64)
    above = [PARENTS[joint] for joint in _BONES]
    return np.asarray(np.maximum(np.linalg.norm(joints[list(_BONES)] - joints[above], axis=-1), 1e-6))


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)
