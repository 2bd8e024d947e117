"""The world: from the camera's frame to an upright one, with its origin on the floor under the calibrated person."""

from __future__ import annotations

import math

import numpy as np

from engine.solver.gravity import upright
from engine.types import F64


class Placement:
    """x_world = R x_cam + t. The anchor, a point of the camera frame, is at x = z = 0."""

    def __init__(self) -> None:
        self._yaw_rad = 0.0
        self._anchor_cam_m: F64 | None = None
        self.R = upright(np.array([0.0, -1.0, 0.0]))

    @property
    def anchored(self) -> bool:
        """Whether the origin is fixed."""
        return self._anchor_cam_m is not None

    def set_up(self, up_cam: F64) -> None:
        """Set unit up (3,): the world rotates about horizontal camera axes only, keeping the yaw."""
        c, s = math.cos(self._yaw_rad), math.sin(self._yaw_rad)
        self.R = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]]) @ upright(up_cam)

    def anchor(self, root_cam_m: F64) -> None:
        """Move the person at (3,) to the origin."""
        self._anchor_cam_m = root_cam_m

    def face(self, hips_cam: F64, up_cam: F64) -> None:
        """Make Hips (3, 3) in the camera frame face +Z; a person lying down keeps the yaw."""
        facing = self.R @ hips_cam[:, 2]
        if math.hypot(facing[0], facing[2]) > 0.3:
            self._yaw_rad -= math.atan2(facing[0], facing[2])
            self.set_up(up_cam)

    def rescale(self, factor: float) -> None:
        """Scale all distances by this factor, after a change of the performer's height."""
        if self._anchor_cam_m is not None:
            self._anchor_cam_m = self._anchor_cam_m * factor

    def reset(self) -> None:
        """Forget origin and yaw."""
        self._yaw_rad, self._anchor_cam_m = 0.0, None

    def translation(self, floor_m: float) -> F64:
        """Return t (3,); `floor_m` is the floor's height relative to the anchor (negative)."""
        anchor = np.zeros(3) if self._anchor_cam_m is None else self._anchor_cam_m
        t = -self.R @ anchor
        t[1] -= floor_m
        return t
