"""The One-Euro filter, vectorised, with the true time step: for vectors, and for rotations in their tangent space.

Source: Casiez, Roussel, Vogel, "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive
Systems", CHI 2012. A low-pass whose cutoff increases with the (filtered) speed: steady at rest, prompt in motion.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.spatial.transform import Rotation

from engine.types import F64


def smoothing(cutoff_hz: F64 | float, dt_s: float) -> F64 | float:
    """Return the weight of the new sample in a first-order low-pass: 1 / (1 + tau / dt), tau = 1 / (2 pi cutoff)."""
    rate = 2 * math.pi * cutoff_hz * dt_s
    return rate / (1 + rate)


class OneEuro:
    """Filter of a vector (n,): each component has its own cutoff and speed."""

    def __init__(self, min_cutoff_hz: F64, beta: F64, speed_cutoff_hz: float = 1.0) -> None:
        self._min_cutoff_hz = min_cutoff_hz  # (n,)
        self._beta = beta  # (n,) Hz per (unit/s)
        self._speed_cutoff_hz = speed_cutoff_hz
        self._raw: F64 | None = None
        self._speed = np.zeros_like(min_cutoff_hz)
        self._smooth = np.zeros_like(min_cutoff_hz)

    def reset(self) -> None:
        """Reset: the next value passes unchanged."""
        self._raw = None

    def __call__(self, value: F64, dt_s: float, caution: float = 1.0) -> F64:
        """Filter (n,). `caution` below 1 lowers the cutoff, for guessed values."""
        if self._raw is None:
            self._speed, self._smooth = np.zeros_like(value), value
        else:
            speed = (value - self._raw) / dt_s
            self._speed = self._speed + smoothing(self._speed_cutoff_hz, dt_s) * (speed - self._speed)
            cutoff_hz = caution * (self._min_cutoff_hz + self._beta * np.abs(self._speed))
            self._smooth = self._smooth + smoothing(cutoff_hz, dt_s) * (value - self._smooth)
        self._raw = value
        return self._smooth


class OneEuroRotations:
    """Filter of n rotations at once; speed is the angular velocity, filtered as a vector."""

    def __init__(self, min_cutoff_hz: float, beta: float, speed_cutoff_hz: float = 1.0) -> None:
        self._min_cutoff_hz = min_cutoff_hz
        self._beta = beta  # Hz per (rad/s)
        self._speed_cutoff_hz = speed_cutoff_hz
        self._raw: Rotation | None = None
        self._velocity = np.zeros((0, 3))
        self._smooth = Rotation.identity()

    def reset(self) -> None:
        """Reset: the next rotations pass unchanged."""
        self._raw = None

    def __call__(self, rotations: Rotation, dt_s: float, caution: F64 | float = 1.0) -> Rotation:
        """Filter (n,) rotations, `dt_s` after the previous ones. `caution` as in OneEuro, or (n, 1)."""
        if self._raw is None:
            self._velocity, self._smooth = np.zeros((len(rotations), 3)), rotations
        else:
            turned = (self._raw.inv() * rotations).as_rotvec()  # (n, 3)
            ahead = (self._smooth.inv() * rotations).as_rotvec()  # (n, 3)
            weight = smoothing(self._speed_cutoff_hz, dt_s)
            self._velocity = self._velocity + weight * (turned / dt_s - self._velocity)
            speed = np.sqrt((self._velocity * self._velocity).sum(-1, keepdims=True))  # (n, 1)
            step = smoothing(caution * (self._min_cutoff_hz + self._beta * speed), dt_s) * ahead
            self._smooth = self._smooth * Rotation.from_rotvec(step)
        self._raw = rotations
        return self._smooth
