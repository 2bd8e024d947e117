"""Side from which the camera sees the performer, and how far they have turned.

Pure functions and one small tracker; camera frame: x right, y down, z forward.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.skeleton import JOINT, ROOT

F64 = NDArray[np.float64]

SECTORS = 12
SECTOR_DEG = 360 / SECTORS
_LEFT, _RIGHT, _SPINE = JOINT["LeftUpperLeg"], JOINT["RightUpperLeg"], JOINT["Spine"]
_JUMP_DEG = 60.0
"""An answer farther than this from the expected turn is a flip, until it lasts."""
_FLIP_LASTS_S = 2.0
_RATE_TAU_S, _YAW_TAU_S = 0.8, 0.08
_GAP_S = 1.0


def hips_axes(joints_m: F64) -> F64:
    """Return the orientation of the hips from joint positions: (..., 22, 3) -> (..., 3, 3), columns left, up, forward.

    The line between the hip joints is kept, and the direction to the Spine joint made perpendicular to it. Only
    positions are used, so that a detector without rotations is measured in the same way.
    """
    joints = np.asarray(joints_m, np.float64)
    left = joints[..., _LEFT, :] - joints[..., _RIGHT, :]
    left = left / np.maximum(np.linalg.norm(left, axis=-1, keepdims=True), 1e-9)
    up = joints[..., _SPINE, :] - (joints[..., _LEFT, :] + joints[..., _RIGHT, :]) / 2
    up = up - (up * left).sum(-1, keepdims=True) * left
    up = up / np.maximum(np.linalg.norm(up, axis=-1, keepdims=True), 1e-9)
    return np.stack([left, up, np.cross(left, up)], axis=-1)


def laid_on(poses: F64, reference: F64, columns: Sequence[int]) -> F64:
    """Rotate each pose about the origin so that its `columns` best match the reference's; no scale (Kabsch 1976).

    poses (N, J, 3), reference (J, 3). Poses with NaN come back as NaN.
    """
    a, b = poses[:, columns], reference[columns]
    good = np.asarray(np.isfinite(a).all((1, 2)))
    u, _, vt = np.linalg.svd(np.swapaxes(b, 0, 1) @ np.where(good[:, None, None], a, b))
    u[:, :, 2] *= np.sign(np.linalg.det(u @ vt))[:, None]
    turned = poses @ np.swapaxes(u @ vt, -1, -2)
    return np.where(good[:, None, None], turned, np.nan)


def camera_yaw_deg(joints_cam_m: F64, up_cam: F64) -> float:
    """Return the camera's direction around the performer: 0 front, 90 their left, 180 behind, -90 their right.

    joints_cam_m (22, 3); up_cam (3,) against gravity, both in the camera frame. NaN for a body that lies along gravity.
    """
    up = np.asarray(up_cam, np.float64) / np.linalg.norm(up_cam)
    front = hips_axes(joints_cam_m)[:, 2]
    towards = -np.asarray(joints_cam_m[ROOT], np.float64)
    front, towards = front - (front @ up) * up, towards - (towards @ up) * up
    if min(np.linalg.norm(front), np.linalg.norm(towards)) < 1e-6:
        return math.nan
    return math.degrees(math.atan2(float(np.cross(front, towards) @ up), float(front @ towards)))


def wrapped_deg(angle: float) -> float:
    """Return the same angle in -180 .. 180."""
    return (angle + 180.0) % 360.0 - 180.0


def sector_of(yaw_deg: float) -> int:
    """Return the sector: 0 front, 3 the performer's left, 6 behind, 9 their right."""
    return round(yaw_deg / SECTOR_DEG) % SECTORS


class TurnTracker:
    """Follows a steady turn despite wrong answers: a momentary front-back flip does not count.

    `travelled_deg` grows with the turn and falls when the performer turns back.
    """

    def __init__(self) -> None:
        self.yaw_deg = math.nan
        self.travelled_deg = 0.0
        self._rate = 0.0  # degrees per second
        self._at_s = self._agreed_at_s = 0.0

    def push(self, yaw_deg: float, at_s: float) -> float:
        """Add an answer, in order of time. Return the yaw it is counted for, -180 .. 180."""
        step_s = at_s - self._at_s
        if math.isnan(self.yaw_deg):
            self.yaw_deg, self._at_s, self._agreed_at_s = yaw_deg, at_s, at_s
            return self.yaw_deg
        if step_s <= 0 or math.isnan(yaw_deg):
            return self.yaw_deg
        self._at_s = at_s
        ahead = self._rate * step_s if step_s < _GAP_S else 0.0
        off = wrapped_deg(yaw_deg - self.yaw_deg - ahead)
        if abs(off) <= _JUMP_DEG:
            moved = ahead + off * (1 - math.exp(-step_s / _YAW_TAU_S))
            share = 1 - math.exp(-step_s / _RATE_TAU_S)
            self._rate += share * (moved / step_s - self._rate)
            self._agreed_at_s = at_s
        elif at_s - self._agreed_at_s > _FLIP_LASTS_S:  # it was not a flip: restart from here, without travel
            self.yaw_deg, self._agreed_at_s, self._rate = yaw_deg, at_s, 0.0
            return self.yaw_deg
        else:
            moved = ahead
        self.yaw_deg = wrapped_deg(self.yaw_deg + moved)
        self.travelled_deg += moved
        return self.yaw_deg
