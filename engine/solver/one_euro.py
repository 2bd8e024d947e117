"""The One-Euro filter, vectorised, with the true time step: for vectors, and for rotations in their tangent space.

Source: Casiez, Roussel, Vogel, "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive
Systems", CHI 2012. A low-pass whose cutoff increases with the (filtered) speed: steady at rest, prompt in motion.
`caution` lowers the cutoff further, but only while the filter's error is noise (`Settling`).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.spatial.transform import Rotation

from engine.types import F64

_NOISE_FLOOR = 1e-6


class Settling:
    """Tells a lasting error from noise: in the mean of a filter's differences noise cancels, such an error does not.

    A filter that is slow at rest would creep for seconds to where somebody stopped, and would hold back slow motion.
    """

    def __init__(self, tau_s: float = 0.2, ratios: tuple[float, float] = (0.8, 1.6)) -> None:
        """Answer 0 while the mean is below the first ratio of the spread, 1 above the second; `tau_s` of both."""
        self._tau_s = tau_s
        self._noise, self._error = ratios
        self.reset()

    def reset(self) -> None:
        """Nothing was seen."""
        self._mean: F64 | None = None
        self._spread: F64 | float = 0.0

    def __call__(self, ahead: F64, dt_s: float) -> F64:
        """(n, k) newest values minus filtered ones -> (n, 1) in 0..1: 1 is a lasting error."""
        weight = 1 - math.exp(-dt_s / self._tau_s)
        if self._mean is None:
            self._mean, self._spread = np.zeros_like(ahead), np.zeros((len(ahead), 1))
        self._mean = self._mean + weight * (ahead - self._mean)
        off = ahead - self._mean
        self._spread = self._spread + weight * ((off * off).sum(-1, keepdims=True) - self._spread)
        ratio = np.sqrt((self._mean * self._mean).sum(-1, keepdims=True) / (self._spread + _NOISE_FLOOR**2))
        along = np.clip((ratio - self._noise) / (self._error - self._noise), 0.0, 1.0)
        return np.asarray(along * along * (3 - 2 * along))


def smoothing(cutoff_hz: F64 | float, dt_s: float) -> F64 | float:
    """Return the weight of the new sample in a first-order low-pass: 1 / (1 + tau / dt), tau = 1 / (2 pi cutoff)."""
    rate = 2 * math.pi * cutoff_hz * dt_s
    return rate / (1 + rate)


class OneEuro:
    """Filter of a vector (n,): each component has its own cutoff and speed."""

    def __init__(
        self, min_cutoff_hz: F64, beta: F64, speed_cutoff_hz: float = 1.0, settling: Settling | None = None
    ) -> None:
        self._min_cutoff_hz = min_cutoff_hz  # (n,)
        self._beta = beta  # (n,) Hz per (unit/s)
        self._speed_cutoff_hz = speed_cutoff_hz
        self._raw: F64 | None = None
        self._settling = Settling() if settling is None else settling
        self._speed = np.zeros_like(min_cutoff_hz)
        self._smooth = np.zeros_like(min_cutoff_hz)

    def reset(self) -> None:
        """Reset: the next value passes unchanged."""
        self._raw = None
        self._settling.reset()

    def __call__(self, value: F64, dt_s: float, caution: float = 1.0) -> F64:
        """Filter (n,). `caution` below 1 lowers the cutoff, for guessed values."""
        if self._raw is None:
            self._speed, self._smooth = np.zeros_like(value), value
        else:
            speed = (value - self._raw) / dt_s
            self._speed = self._speed + smoothing(self._speed_cutoff_hz, dt_s) * (speed - self._speed)
            ahead = value - self._smooth
            quick = caution + (1 - caution) * self._settling(ahead[:, None], dt_s)[:, 0]
            cutoff_hz = quick * (self._min_cutoff_hz + self._beta * np.abs(self._speed))
            self._smooth = self._smooth + smoothing(cutoff_hz, dt_s) * ahead
        self._raw = value
        return self._smooth


class OneEuroRotations:
    """Filter of n rotations at once; speed is the angular velocity, filtered as a vector."""

    def __init__(
        self, min_cutoff_hz: float, beta: float, speed_cutoff_hz: float = 1.0, settling: Settling | None = None
    ) -> None:
        self._min_cutoff_hz = min_cutoff_hz
        self._beta = beta  # Hz per (rad/s)
        self._speed_cutoff_hz = speed_cutoff_hz
        self._raw: Rotation | None = None
        self._settling = Settling() if settling is None else settling
        self._velocity = np.zeros((0, 3))
        self._smooth = Rotation.identity()

    def reset(self) -> None:
        """Reset: the next rotations pass unchanged."""
        self._raw = None
        self._settling.reset()

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
            quick = caution + (1 - caution) * self._settling(ahead, dt_s)
            step = smoothing(quick * (self._min_cutoff_hz + self._beta * speed), dt_s) * ahead
            self._smooth = self._smooth * Rotation.from_rotvec(step)
        self._raw = rotations
        return self._smooth
