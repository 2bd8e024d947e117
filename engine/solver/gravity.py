"""Direction of gravity: a robust running average of VTM's up vector, for a fixed camera."""

from __future__ import annotations

import math

import numpy as np

from engine.solver.settings import STANDARD, GravitySettings
from engine.types import F32, F64

_LEVEL = np.array([0.0, -1.0, 0.0])
_LEVEL.setflags(write=False)


def upright(up_cam: F64) -> F64:
    """Return R_world_cam (3, 3) for unit up (3,) in the camera frame, with the camera looking along -Z of the world.

    A performer who faces the camera then faces +Z. For a camera pointing straight up or down, the picture's top
    decides.
    """
    forward = np.array([0.0, 0.0, 1.0])
    level = forward - (forward @ up_cam) * up_cam
    if level @ level < 1e-6:
        top = np.array([0.0, -1.0, 0.0]) * -np.sign(up_cam[2])
        level = top - (top @ up_cam) * up_cam
    z_world = -level / np.linalg.norm(level)
    return np.stack((np.cross(up_cam, z_world), up_cam, z_world))


def angle_between(a: F64, b: F64) -> float:
    """Return the angle between unit vectors (3,) in radians; accurate near 0."""
    return 2 * math.atan2(float(np.linalg.norm(a - b)), float(np.linalg.norm(a + b)))


class Gravity:
    """Averages up over time; adapts within a few seconds when the camera is really rotated."""

    def __init__(self, settings: GravitySettings = STANDARD.gravity) -> None:
        self._s = settings
        self.reset()

    def reset(self) -> None:
        """Reset: the next up vector is adopted at once."""
        self._mean: F64 | None = None
        self._recent = np.zeros(3)
        self._mass_s = 0.0
        self._moved_s = 0.0
        self._with_legs_s = 0.0  # evidence from frames that show legs

    @property
    def up_cam(self) -> F64:
        """Unit up (3,); straight up in the picture before the first sample."""
        return _LEVEL if self._mean is None else self._mean

    def fix(self, up_cam: F64) -> None:
        """Set up (3,), not zero (file conversion)."""
        self.reset()
        self._mean = self._recent = up_cam / np.linalg.norm(up_cam)

    def soften(self) -> None:
        """Keep the estimate but let the next second decide (calibration)."""
        self._mass_s = min(self._mass_s, self._s.after_move_s)

    def push_without_legs(self, up_cam: F32 | F64, confidence: float, dt_s: float) -> F64:
        """Add the answer of a frame without visible legs; (3,) -> (3,) as `push`.

        A trunk alone says little about up, because it leans. An estimate made with visible legs is kept; without it the
        camera is assumed to be nearly level, like a webcam.
        """
        if self._with_legs_s >= self._s.settled_s:
            return self.up_cam
        up = np.asarray(up_cam, np.float64) / np.linalg.norm(up_cam)
        mixed = self._s.unseen_trust * up + (1 - self._s.unseen_trust) * _LEVEL
        return self._average(mixed / max(float(np.linalg.norm(mixed)), 1e-9), confidence, dt_s)

    def push(self, up_cam: F32 | F64, confidence: float, dt_s: float) -> F64:
        """Add up (3,), finite, not zero, with confidence 0..1; return the average (3,), unit."""
        if self._with_legs_s <= 0.0:  # replaces what was assumed without legs
            self.soften()
        self._with_legs_s += confidence * dt_s
        return self._average(np.asarray(up_cam, np.float64) / np.linalg.norm(up_cam), confidence, dt_s)

    def _average(self, up: F64, confidence: float, dt_s: float) -> F64:
        if self._mean is None:
            self._mean, self._recent = up, up
        doubt = angle_between(up, self._mean)
        weight_s = max(confidence, 0.05) * dt_s * min(1.0, self._s.doubt_rad / max(doubt, 1e-9))
        self._mass_s = self._mass_s * math.exp(-dt_s / self._s.memory_s) + weight_s
        mean = self._mean + (weight_s / self._mass_s) * (up - self._mean)
        self._mean = mean / np.linalg.norm(mean)
        self._watch_for_a_turned_camera(up, dt_s)
        return self._mean

    def _watch_for_a_turned_camera(self, up: F64, dt_s: float) -> None:
        recent = self._recent + (1 - math.exp(-dt_s / self._s.recent_s)) * (up - self._recent)
        self._recent = recent / np.linalg.norm(recent)
        off = angle_between(self._recent, self.up_cam) > self._s.moved_rad
        self._moved_s = self._moved_s + dt_s if off else 0.0
        if self._moved_s > self._s.moved_s:
            self.soften()
            self._moved_s = 0.0
