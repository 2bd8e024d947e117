"""When the person is found again: the step from the held pose to the new one is spread over a fraction of a second."""

from __future__ import annotations

import math

import numpy as np
from scipy.spatial.transform import Rotation

from engine.solver.settings import STANDARD
from engine.types import F64

_DONE = 1e-5


class Reacquire:
    """Adds the difference to the last answer before the gap and lets it decay."""

    def __init__(self, tau_s: float = STANDARD.smoothing.reacquire_tau_s) -> None:
        self._tau_s = tau_s
        self.reset()

    def reset(self) -> None:
        """Reset: nothing to blend with."""
        self._last: tuple[Rotation, F64] | None = None
        self._starting = False
        self._turn: F64 | None = None  # (n, 3) rotation vectors
        self._step = np.zeros(3)

    def start(self) -> None:
        """Mark that the next answer comes after a gap."""
        self._starting = self._last is not None

    def __call__(self, rotations: Rotation, ray: F64, dt_s: float) -> tuple[Rotation, F64]:
        """Return smoothed rotations (n,) and root (3,), blended with the last output."""
        if self._starting and self._last is not None:
            held, held_ray = self._last
            self._turn = (rotations.inv() * held).as_rotvec()
            self._step = held_ray - ray
            self._starting = False
        if self._turn is not None:
            keep = math.exp(-dt_s / self._tau_s)
            self._turn, self._step = self._turn * keep, self._step * keep
            rotations = rotations * Rotation.from_rotvec(self._turn)
            ray = ray + self._step
            if max(np.abs(self._turn).max(), np.abs(self._step).max()) < _DONE:
                self._turn = None
        self._last = rotations, ray
        return rotations, ray
