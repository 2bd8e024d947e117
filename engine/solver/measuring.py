"""Measure arms and legs while a person holds a T- or A-pose: lengths in the picture plane, for a given height.

In such a pose the body lies in one upright plane. Keypoints are projected onto the plane through the camera's view that
faces it, so that a tilted camera does no harm; the height from ankles to eyes gives the scale. A detector's points have
a systematic offset from the joints, which is subtracted from each length.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from engine.types import F64, Keypoints2D, Pose
from models.keypoints import KEYPOINT
from models.kinematics import STATURE
from models.kinematics import stature as stature_of
from models.skeleton import JOINT, REST_OFFSETS

HOLD_S = 1.0
LENGTHS = ("upper arm", "forearm", "thigh", "shank")
"""What is measured, each the mean of left and right, as a fraction of the standing height."""
OFFSETS = {True: (-0.003, -0.003, -0.005, -0.028, 0.038), False: (0.0, 0.0, 0.010, -0.012, 0.058)}
"""By whether the detector is BlazePose: by how much each length, and the height from ankles to eyes, is longer between
the keypoints than between the joints, in metres of a person of 1.70 m. False: models.synth.landmarks. True: the lengths
are measured on held poses of 24 rendered people, full and heavy (`python -m app.commands.measured_builds`); with arms
raised BlazePose's shoulder does not turn with the arm as its mean place over all poses does."""
EYES_FORWARD = {True: 0.079, False: 0.091}
"""How far the eyes' points lie before the plane of the joints, in the same unit."""
_PERSON_M = 1.70
_MIN_SCORE = 0.5
_LEAST_FRACTION = 0.7
"""Fraction of the frames that must show the pose."""
_BONES = ("UpperArm", "LowerArm", "UpperLeg", "LowerLeg")
_CHILD = {"UpperArm": "LowerArm", "LowerArm": "Hand", "UpperLeg": "LowerLeg", "LowerLeg": "Foot"}
_LIKELY = (0.75, 1.3)
"""Limits of a length relative to s̄'s: beyond them the measurement is wrong, not the person."""


def _pair(name: str) -> list[int]:
    return [KEYPOINT[f"left_{name}"], KEYPOINT[f"right_{name}"]]


_EYES, _SHOULDERS, _ELBOWS, _WRISTS = (_pair(name) for name in ("eye", "shoulder", "elbow", "wrist"))
_HIPS, _KNEES, _ANKLES = (_pair(name) for name in ("hip", "knee", "ankle"))
_ARMS, _LEGS = [*_SHOULDERS, *_ELBOWS, *_WRISTS], [*_HIPS, *_KNEES, *_ANKLES]


def _mean_lengths(offsets: F64) -> F64:
    """Return the length (4,) of each of LENGTHS for rest offsets (22, 3)."""
    ends = [[JOINT[side + _CHILD[bone]] for side in ("Left", "Right")] for bone in _BONES]
    lengths: F64 = np.array([np.linalg.norm(offsets[end], axis=-1).mean() for end in ends])
    return lengths


def _ankles_to_head(offsets: F64) -> float:
    """Return the height from the ankle joints to the Head joint in the T-pose."""
    up = [JOINT[name] for name in ("Spine", "Chest", "UpperChest", "Neck", "Head")]
    down = [JOINT["Left" + name] for name in ("UpperLeg", "LowerLeg", "Foot")]
    return float(offsets[up, 1].sum() - offsets[down, 1].sum())


REFERENCE = _mean_lengths(REST_OFFSETS) / STATURE
"""(4,) of s̄."""
_SPAN = _ankles_to_head(REST_OFFSETS) / STATURE


def bone_ratio_of(lengths: tuple[float, ...]) -> F64:
    """Return bone lengths relative to s̄'s (22,) for fractions of the height (4,); the trunk absorbs the difference."""
    ratio = np.ones(len(REST_OFFSETS))
    for bone, length in zip(_BONES, np.asarray(lengths) / REFERENCE, strict=True):
        for side in ("Left", "Right"):
            ratio[JOINT[side + _CHILD[bone]]] = length
    trunk = [JOINT[name] for name in ("Spine", "Chest", "UpperChest", "Neck", "Head")]

    def standing(scale: float) -> float:
        scaled = ratio.copy()
        scaled[trunk] = scale
        return float(stature_of(REST_OFFSETS * scaled[:, None]))

    none, whole = standing(0.0), standing(1.0)
    ratio[trunk] = (STATURE - none) / (whole - none)
    return ratio


def lengths_in_cm(lengths: tuple[float, ...], height_m: float) -> str:
    """Return one line: "upper arm 29, forearm 25, thigh 43, shank 42 cm"; "" for none."""
    parts = (f"{name} {100 * height_m * length:.0f}" for name, length in zip(LENGTHS, lengths, strict=False))
    return f"{', '.join(parts)} cm" if lengths else ""


@dataclass(frozen=True, slots=True)
class Held:
    """One frame: lengths (4,) as fractions of the height, or why it shows no such pose."""

    at_s: float
    lengths: F64 | None
    reason: str = ""


def held_pose(keypoints: Keypoints2D, pose: Pose) -> Held:
    """Measure one frame of a person whose pose was solved."""
    at_s = keypoints.captured_at_s
    scores = keypoints.scores
    if scores[_ARMS].min() < _MIN_SCORE or scores[_EYES].min() < _MIN_SCORE:
        return Held(at_s, None, "head and both arms must be in the picture")
    if scores[_LEGS].min() < _MIN_SCORE:
        return Held(at_s, None, "the whole body must be in the picture, down to the feet")
    facing = pose.R_world_cam.T @ _hips_forward(pose)
    to_camera = -pose.joints_cam_m[0] / np.linalg.norm(pose.joints_cam_m[0])
    if facing @ to_camera < math.cos(math.radians(35.0)):
        return Held(at_s, None, "face the camera")
    points = _in_plane(keypoints, pose)
    reason = _why_no_pose(points, pose)
    return (
        Held(at_s, None, reason) if reason else Held(at_s, _lengths(points, blazepose=keypoints.evidence_m is not None))
    )


def _hips_forward(pose: Pose) -> F64:
    """Return the facing (3,) of the hips in the world."""
    x, y, z, w = np.asarray(pose.rotations_xyzw[0], np.float64)
    return np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])


def _in_plane(keypoints: Keypoints2D, pose: Pose) -> F64:
    """Return points (23, 2) right, up in the upright plane that faces the camera, at distance 1."""
    up = np.asarray(pose.R_world_cam[1], np.float64)  # the world's up in the camera frame
    forward = np.asarray(pose.joints_cam_m[0], np.float64)
    forward = forward - (forward @ up) * up
    forward /= np.linalg.norm(forward)
    rays = np.concatenate([pose.intrinsics.to_rays(keypoints.points_px), np.ones((len(keypoints.scores), 1))], axis=-1)
    hits = rays / np.maximum(rays @ forward, 1e-3)[:, None]
    return np.stack([hits @ np.cross(forward, -up), hits @ up], axis=-1)


def _why_no_pose(points: F64, pose: Pose) -> str:
    """Return why points (23, 2) are not a T- or A-pose; "" if they are."""
    upper, lower = points[_ELBOWS] - points[_SHOULDERS], points[_WRISTS] - points[_ELBOWS]
    if _angle_deg(upper, lower).max() > 30.0:
        return "stretch both arms"
    arms = points[_WRISTS] - points[_SHOULDERS]
    raised = _angle_deg(arms, np.array([[0.0, -1.0], [0.0, -1.0]]))
    outwards = np.sign(points[_SHOULDERS][:, 0] - points[_SHOULDERS][::-1, 0]) * arms[:, 0]
    if raised.min() < 20.0 or raised.max() > 115.0 or outwards.min() <= 0:
        return "hold both arms out to the sides, or half lowered"
    if _forward_deg(pose).max() > 35.0:
        return "hold the arms to the sides, not to the front"
    thighs, shanks = points[_KNEES] - points[_HIPS], points[_ANKLES] - points[_KNEES]
    if _angle_deg(thighs, shanks).max() > 25.0 or thighs[:, 1].max() >= 0:
        return "stand upright with straight legs"
    return ""


def _forward_deg(pose: Pose) -> F64:
    """Return how far each arm (2,) points out of the plane across the view, by the network's answer."""
    joints = np.asarray(pose.joints_cam_m, np.float64)
    arms = np.stack([joints[JOINT[side + "Hand"]] - joints[JOINT[side + "UpperArm"]] for side in ("Left", "Right")])
    view = joints[0] / np.linalg.norm(joints[0])
    degrees: F64 = np.degrees(np.arcsin(np.clip(np.abs(arms @ view) / np.linalg.norm(arms, axis=-1), 0.0, 1.0)))
    return degrees


def _angle_deg(a: F64, b: F64) -> F64:
    """Return angles (N,) between (N, 2) vectors."""
    dots = (a * b).sum(-1) / np.maximum(np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1), 1e-9)
    degrees: F64 = np.degrees(np.arccos(np.clip(dots, -1.0, 1.0)))
    return degrees


def _lengths(points: F64, *, blazepose: bool) -> F64:
    """Return lengths (4,) as fractions of the height from points (23, 2) in the plane."""
    beside = np.array(OFFSETS[blazepose]) / _PERSON_M
    ends = ((_SHOULDERS, _ELBOWS), (_ELBOWS, _WRISTS), (_HIPS, _KNEES), (_KNEES, _ANKLES))
    between = np.array([np.linalg.norm(points[b] - points[a], axis=-1).mean() for a, b in ends])
    eyes, ankles = points[_EYES][:, 1].mean(), points[_ANKLES][:, 1].mean()
    unit = _SPAN + beside[-1]  # the span as a fraction of the height
    nearer = EYES_FORWARD[blazepose] / _PERSON_M * max(eyes - ankles, 1e-6) / unit  # relative to the plane's distance
    span = max(eyes * (1 - nearer) - ankles, 1e-6)
    lengths: F64 = between / span * unit - beside[:-1]
    return lengths


class HoldMeasure:
    """Detects a pose held for HOLD_S. Solve thread only."""

    def __init__(self) -> None:
        self._frames: deque[Held] = deque()

    def push(self, keypoints: Keypoints2D, pose: Pose | None) -> None:
        """Add a frame."""
        at_s = keypoints.captured_at_s
        if self._frames and not 0.0 <= at_s - self._frames[-1].at_s < HOLD_S:
            self._frames.clear()
        if pose is not None and pose.tracked:
            self._frames.append(held_pose(keypoints, pose))
        while self._frames and at_s - self._frames[0].at_s > HOLD_S:
            self._frames.popleft()

    @property
    def under_way(self) -> bool:
        """Return whether the pose is held but not yet long enough, so that waiting makes sense."""
        if not self._frames or self._frames[-1].lengths is None:
            return False
        return self._frames[-1].at_s - self._held_since_s() < 0.9 * HOLD_S

    def _held_since_s(self) -> float:
        good = [frame.at_s for frame in self._frames if frame.lengths is not None]
        return good[0] if good else math.inf

    def result(self) -> tuple[float, ...] | str:
        """Return the lengths (4,) as fractions of the height, the median over the hold; else why there are none."""
        good = [frame.lengths for frame in self._frames if frame.lengths is not None]
        enough = self._frames and self._frames[-1].at_s - self._held_since_s() >= 0.8 * HOLD_S
        if not enough or len(good) < _LEAST_FRACTION * len(self._frames):
            reasons = [frame.reason for frame in self._frames if frame.reason]
            return reasons[-1] if reasons else "hold the pose for a second"
        lengths = np.median(good, axis=0)
        ratio = lengths / REFERENCE
        if ratio.min() < _LIKELY[0] or ratio.max() > _LIKELY[1]:
            name = LENGTHS[int(np.abs(np.log(ratio)).argmax())]
            return f"the {name} cannot be right; step back until the camera sees you from head to toe, and try again"
        return tuple(round(float(length), 4) for length in lengths)
