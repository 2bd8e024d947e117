"""Carry the camera: apparent motion of a performer who stands still while the camera is moved around them.

The engine assumes a fixed camera, so a moving one is read as a performer who wanders, leans and turns. This measures by
how much; the only ground truth is that the performer did not move.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.types import Pose
from engine.viewpoints.facing import F64, wrapped_deg
from models.skeleton import JOINT, ROOT

_NECK = JOINT["Neck"]
_SETTLE_S = 0.5
"""The start is the mean over this time, not one frame."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Apparent motion since the start of a person who stands still."""

    seconds: float = 0.0
    hips_m: float = 0.0  # horizontal and vertical together
    lean_deg: float = 0.0  # between the trunk now and at the start, ignoring rotation about the vertical
    turned_deg: float = 0.0  # about the vertical: caused by the camera's path
    camera_tilt_deg: float = 0.0  # change of the estimated camera tilt
    worst_hips_m: float = 0.0
    worst_lean_deg: float = 0.0


class CarryMeter:
    """Takes poses in order of time. One thread."""

    def __init__(self) -> None:
        self._start: list[F64] = []  # (3, 3) hips, trunk and the camera's up of each frame
        self._began_s = math.nan
        self._last_yaw_deg = math.nan
        self._turned_deg = 0.0
        self.drift = Drift()

    def push(self, pose: Pose) -> Drift:
        """Add a tracked pose (others are ignored); return the current drift."""
        if not pose.tracked:
            return self.drift
        joints = pose.joints_world_m.astype(np.float64)
        trunk = joints[_NECK] - joints[ROOT]
        heading = _heading_deg(joints)
        up_cam = pose.R_world_cam[1].astype(np.float64)
        if math.isnan(self._began_s):
            self._began_s, self._last_yaw_deg = pose.captured_at_s, heading
        self._turned_deg += wrapped_deg(heading - self._last_yaw_deg)
        self._last_yaw_deg = heading
        if pose.captured_at_s - self._began_s <= _SETTLE_S:
            self._start.append(np.stack([joints[ROOT], _upright(trunk, heading), up_cam]))
        root, lean, up = np.mean(self._start, axis=0)
        hips_m = float(np.linalg.norm(joints[ROOT] - root))
        lean_deg = _angle_deg(_upright(trunk, heading), lean)
        self.drift = Drift(
            pose.captured_at_s - self._began_s,
            hips_m,
            lean_deg,
            self._turned_deg,
            _angle_deg(up_cam, up),
            max(self.drift.worst_hips_m, hips_m),
            max(self.drift.worst_lean_deg, lean_deg),
        )
        return self.drift


def _heading_deg(joints: F64) -> float:
    """Return the facing of the hips about the vertical: 0 along +Z, 90 along +X."""
    left = joints[JOINT["LeftUpperLeg"]] - joints[JOINT["RightUpperLeg"]]
    return math.degrees(math.atan2(-left[2], left[0]))


def _upright(trunk: F64, heading_deg: float) -> F64:
    """Return the trunk's direction (3,) relative to the performer's facing."""
    cos, sin = math.cos(math.radians(heading_deg)), math.sin(math.radians(heading_deg))
    x, y, z = trunk / max(float(np.linalg.norm(trunk)), 1e-9)
    return np.array([cos * x - sin * z, y, sin * x + cos * z])


def _angle_deg(a: F64, b: F64) -> float:
    """Return the angle between two directions."""
    return math.degrees(math.atan2(float(np.linalg.norm(np.cross(a, b))), float(a @ b)))
