"""Predict poses between and ahead of the camera's: extrapolated to the present, limited, corrected without jumps.

A pose shows the body when its frame was taken, some 30 to 60 ms ago. Position and rotations continue at their last
speed, which decays, and the difference to each new pose is blended in. Fingers, eyes and expression are interpolated
(engine/osc/detail_easing.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from engine.osc.detail_easing import DetailEasing
from engine.types import F32, F64, Pose
from models.kinematics import posed
from models.skeleton import NUM_JOINTS

FADE_S = 0.2
"""Time constant of the decay of speed: motion does not continue for long."""
LONGEST_S = 0.15
"""Longest extrapolation of a pose."""
MOST_RAD, MOST_M = 0.6, 0.15
"""Upper limits of the extrapolation."""
BLEND_S = 0.025
"""Time constant for blending out the difference to a new pose."""
JUMP_M = 0.5
"""A new pose at least this far away is another person or a restart: adopted at once."""
_SLOWING_RAD_S, _SLOWING_M_S = 0.3, 0.05
"""Speeds above which slowing down counts as a coming stop; below, it is noise."""
_GAP_S = 0.25  # no speed is measured across a longer gap
_STILL_TURN = np.zeros((NUM_JOINTS, 3))
_STILL = np.zeros(3, np.float32)


@dataclass(frozen=True, slots=True)
class _Shift:
    """A difference of two poses, or a velocity: rotations in each joint's own axes, and the translation of the hips."""

    turns: F64  # (22, 3) rotation vectors, radians
    way: F32  # (3,) metres

    def times(self, factor: float) -> _Shift:
        return _Shift(self.turns * factor, self.way * np.float32(factor))

    def limited(self) -> _Shift:
        """Return the shift with every rotation limited to MOST_RAD and the translation to MOST_M."""
        angles = np.linalg.norm(self.turns, axis=1, keepdims=True)
        turns = self.turns * np.minimum(1.0, MOST_RAD / np.maximum(angles, 1e-9))
        return _Shift(turns, self.way * np.float32(min(1.0, MOST_M / max(float(np.linalg.norm(self.way)), 1e-9))))


_NOTHING = _Shift(_STILL_TURN, _STILL)
_Body = tuple[Rotation, F32]  # (22,) rotations, (3,) root


def _body(pose: Pose) -> _Body:
    return Rotation.from_quat(pose.rotations_xyzw), pose.root_m


def _between(start: _Body, end: _Body) -> _Shift:
    return _Shift((start[0].inv() * end[0]).as_rotvec(), end[1] - start[1])


def _moved(body: _Body, shift: _Shift) -> _Body:
    return body[0] * Rotation.from_rotvec(shift.turns), body[1] + shift.way


def _stopping(before: _Shift, now: _Shift) -> _Shift:
    """Return the velocity to extrapolate with: a falling speed is assumed to keep falling.

    Each joint's speed is scaled by min(1, |now| / |before|)^2, and the hips' likewise: a sudden stop is not overshot.
    """
    if now is _NOTHING or before is _NOTHING:
        return now
    turned = np.linalg.norm(now.turns, axis=1, keepdims=True)
    turned_before = np.linalg.norm(before.turns, axis=1, keepdims=True)
    slower = np.minimum(1.0, turned / np.maximum(turned_before, 1e-9)) ** 2
    turns = now.turns * np.where(turned_before > _SLOWING_RAD_S, slower, 1.0)
    went, went_before = float(np.linalg.norm(now.way)), float(np.linalg.norm(before.way))
    factor = min(1.0, went / went_before) ** 2 if went_before > _SLOWING_M_S else 1.0
    return _Shift(turns, now.way * np.float32(factor))


class Predictor:
    """Takes poses as they come, and predicts the pose at any later moment. One thread at a time."""

    def __init__(self) -> None:
        self._pose: Pose | None = None
        self._details = DetailEasing()
        self._body: _Body = (Rotation.identity(NUM_JOINTS), _STILL)  # of the pose
        self._measured = _NOTHING  # speed between the last two poses, per second
        self._speed = _NOTHING  # used for extrapolation; reduced while the person stops
        self._rest = _NOTHING  # output minus newest pose, at the time it came
        self._came_s = 0.0

    def push(self, pose: Pose, now_s: float) -> None:
        """Add a pose; `now_s` is on the clock of `captured_at_s`."""
        self._details.push(pose, now_s)
        last = self._pose
        shown = None if last is None else self._body_at(now_s)
        body = _body(pose)
        self._measured, before = self._speed_to(pose, body), self._measured
        self._speed = _stopping(before, self._measured)
        self._pose, self._body, self._came_s, self._rest = pose, body, now_s, _NOTHING
        if shown is not None:
            rest = _between(self._body_at(now_s), shown)
            self._rest = rest if float(np.linalg.norm(rest.way)) < JUMP_M else _NOTHING

    def at(self, now_s: float) -> Pose | None:
        """Return the body at this moment; None before the first pose."""
        pose = self._pose
        if pose is None:
            return None
        rotations, root = self._body_at(now_s)
        joints, _ = posed(rotations.as_matrix()[None], pose.rest_offsets_m.astype(np.float64), root.astype(np.float64))
        return replace(
            pose,
            captured_at_s=max(now_s, pose.captured_at_s),
            rotations_xyzw=rotations.as_quat().astype(np.float32),
            root_m=root,
            joints_world_m=joints[0].astype(np.float32),
            **self._details.at(now_s),
        )

    def _body_at(self, now_s: float) -> _Body:
        assert self._pose is not None
        ahead_s = min(max(now_s - self._pose.captured_at_s, 0.0), LONGEST_S)
        body = self._body
        if self._speed is not _NOTHING:
            body = _moved(body, self._speed.times(FADE_S * (1.0 - math.exp(-ahead_s / FADE_S))).limited())
        if self._rest is not _NOTHING:
            body = _moved(body, self._rest.times(math.exp(-max(now_s - self._came_s, 0.0) / BLEND_S)))
        return body

    def _speed_to(self, pose: Pose, body: _Body) -> _Shift:
        """Return the velocity from the last pose to this one; zero without a person. Poses are smoothed already."""
        last = self._pose
        if last is None or not (last.tracked and pose.tracked):
            return _NOTHING
        gap_s = pose.captured_at_s - last.captured_at_s
        if not 0.0 < gap_s <= _GAP_S:
            return _NOTHING
        step = _between(self._body, body)
        if float(np.linalg.norm(step.way)) > JUMP_M:
            return _NOTHING
        return step.times(1.0 / gap_s)
