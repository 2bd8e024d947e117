"""When the person is found again: the step from the held pose to the new one is spread over a fraction of a second."""

from __future__ import annotations

import math

import numpy as np

from engine.solver import tangent
from engine.types import F64

_TAU_S = 0.12
_DONE = 1e-5


class Reacquire:
    """Adds the difference to the last answer before the gap and lets it die away."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing to blend with."""
        self._last: tuple[F64, F64] | None = None
        self._starting = False
        self._turn: F64 | None = None  # (n, 3) rotation vectors
        self._step = np.zeros(3)

    def start(self) -> None:
        """The next answer comes after a gap."""
        self._starting = self._last is not None

    def __call__(self, quaternions: F64, ray: F64, dt_s: float) -> tuple[F64, F64]:
        """(n, 4) rotations and (3,) root, smoothed -> the same, joined to what was last given."""
        if self._starting and self._last is not None:
            held_quaternions, held_ray = self._last
            self._turn = tangent.log(tangent.multiply(tangent.conjugate(quaternions), held_quaternions))
            self._step = held_ray - ray
            self._starting = False
        if self._turn is not None:
            keep = math.exp(-dt_s / _TAU_S)
            self._turn, self._step = self._turn * keep, self._step * keep
            quaternions = tangent.multiply(quaternions, tangent.exp(self._turn))
            ray = ray + self._step
            if max(np.abs(self._turn).max(), np.abs(self._step).max()) < _DONE:
                self._turn = None
        self._last = quaternions, ray
        return quaternions, ray
