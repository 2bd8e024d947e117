"""Keep standing feet still: the root is adjusted first, the legs take up the rest, without jumps.

While a foot is in contact, its ankle is held at one place of the floor. The held place pulls the root (a single
camera's depth jitter is mostly an error of the root, not of the leg); the remaining difference of the two feet is left
to the legs' inverse kinematics. On release the difference fades. Every quantity is continuous in time, and so is the
output.
"""

from __future__ import annotations

import math

import numpy as np

from engine.solver.body import Body, moved, with_ankles_at
from engine.solver.settings import STANDARD, FeetSettings
from engine.types import F32, F64
from models.skeleton import FEET

_IDLE_M = 1e-6


def _limited(vectors: F64, longest: float) -> F64:
    """Limit the length of each vector (..., 3)."""
    length = np.sqrt((vectors * vectors).sum(-1, keepdims=True))
    limited: F64 = vectors * np.minimum(1.0, longest / np.maximum(length, 1e-12))
    return limited


def _gain(dt_s: float, tau_s: float) -> float:
    return 1 - math.exp(-dt_s / tau_s)


class FeetLock:
    """Remembers where each foot stands. Solve thread only."""

    def __init__(self, settings: FeetSettings = STANDARD.feet) -> None:
        self._s = settings
        self.reset()

    def reset(self) -> None:
        """Hold no foot, with no difference left to fade."""
        self._held = np.zeros(2, bool)
        self._place = np.zeros((2, 3))
        self._offset = np.zeros((2, 3))
        self._shift = np.zeros(3)

    def release(self) -> None:
        """Release both feet; their differences fade."""
        self._held = np.zeros(2, bool)

    def __call__(self, body: Body, contacts: F32, soles_m: F64, dt_s: float) -> Body:
        """Return the body with its feet held; contacts (2,) 0..1, soles_m (2,) heights of its soles above the floor."""
        ankles = body.joints[list(FEET)]  # (2, 3)
        held = contacts > np.where(self._held, self._s.release_contact, self._s.hold_contact)
        new = held & ~self._held
        self._place = np.where(new[:, None], ankles + self._shift + self._offset, self._place)
        self._held = held
        if not held.any() and np.abs(self._offset).max() < _IDLE_M and np.abs(self._shift).max() < _IDLE_M:
            return body
        grounded = ankles[:, 1] - soles_m
        self._place[:, 1] += _gain(dt_s, self._s.ground_tau_s) * (grounded - self._place[:, 1])
        self._move_root(ankles, dt_s)
        wanted = self._place - ankles - self._shift
        faded = self._offset * math.exp(-dt_s / self._s.release_tau_s)
        self._offset = _limited(np.where(held[:, None], wanted, faded), self._s.slip_m)
        targets = ankles + self._shift + self._offset
        self._place = np.where(held[:, None], targets, self._place)
        return with_ankles_at(moved(body, self._shift), targets)

    def _move_root(self, ankles: F64, dt_s: float) -> None:
        if self._held.any():
            pull = _limited(self._s.root_fraction * (self._place - ankles)[self._held].mean(0), self._s.shift_limit_m)
            self._shift = self._shift + _gain(dt_s, self._s.hold_tau_s) * (pull - self._shift)
        else:
            self._shift = self._shift * math.exp(-dt_s / self._s.free_tau_s)
