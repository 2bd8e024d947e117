"""Convert sparse views to values at each pose's time: held, smoothed, relaxed when lost."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.types import F32, F64

HOLD_S = 0.3
"""How long the last view is held."""
RELAX_S = 0.5
"""Time of the return to rest after that."""
BLEND_S = 0.15
"""Blend time between the body's own wrist or head and the tracked one."""
SURE_PRESENCE, SURE_SIZE_PX = 0.7, 40.0
"""Only a view above both limits replaces the body's wrist or head."""
_STEADY_S = 0.06  # time constant of the smoothing for a large view
_MANY_PX = 80.0
_EDGE = 0.05  # fraction of the picture: a hand at its edge is partly visible


def is_sure(presence: float, size_px: float) -> bool:
    """Return whether a view may replace the body's own wrist or head."""
    return presence > SURE_PRESENCE and size_px >= SURE_SIZE_PX


def steadiness(size_px: float, points_px: F32, image_size: tuple[int, int]) -> float:
    """Return the factor on the smoothing's time constant: 1 for a large central view, up to 4 for a poor one."""
    width, height = image_size
    low, high = points_px[:, :2].min(0), points_px[:, :2].max(0)
    margin = _EDGE * max(width, height)
    room = min(low[0], low[1], width - high[0], height - high[1])
    at_edge = float(np.clip(1.0 - room / margin, 0.0, 1.0))
    return float(np.clip(_MANY_PX / max(size_px, 1.0), 1.0, 3.0)) + at_edge


def seen_now(presence: float, age_s: float) -> float:
    """Return the visibility: the presence of the last view, fading to 0 when it has returned to rest."""
    return presence * float(np.clip(1.0 - (age_s - HOLD_S) / RELAX_S, 0.0, 1.0))


@dataclass(slots=True)
class Blend:
    """A weight that moves to 0 or 1 within BLEND_S."""

    weight: float = 0.0

    def __call__(self, there: bool, dt_s: float) -> float:
        """Return the weight after `dt_s`."""
        step = dt_s / BLEND_S
        self.weight = min(self.weight + step, 1.0) if there else max(self.weight - step, 0.0)
        return self.weight


class HeldRotations:
    """n rotations at the poses' times, from views. Times never decrease; a jump ahead is a lost view."""

    def __init__(self, rest_xyzw: F32) -> None:
        """rest_xyzw: (n, 4) values to return to when nothing is seen."""
        self._rest: F64 = rest_xyzw / np.linalg.norm(rest_xyzw, axis=-1, keepdims=True).astype(np.float64)
        self._target, self._now = self._rest, self._rest
        self._seen_s: float | None = None
        self._at_s: float | None = None
        self._steady = 1.0

    def see(self, rotations_xyzw: F32, captured_at_s: float, steady: float = 1.0) -> None:
        """Add a view. steady: factor on the smoothing, see `steadiness`."""
        self._target, self._seen_s, self._steady = rotations_xyzw.astype(np.float64), captured_at_s, steady

    def at(self, time_s: float) -> F32:
        """Return the rotations (n, 4) for a pose at this time."""
        dt_s = 0.0 if self._at_s is None else max(time_s - self._at_s, 0.0)
        self._at_s = time_s
        lost = self._seen_s is None or time_s - self._seen_s > HOLD_S
        target = self._rest if lost else self._target
        constant_s = RELAX_S / 3 if lost else _STEADY_S * self._steady
        step = 1.0 - math.exp(-dt_s / constant_s)
        nearer = np.where((self._now * target).sum(-1, keepdims=True) < 0, -target, target)
        mixed = (1.0 - step) * self._now + step * nearer  # linear interpolation is accurate enough for such small steps
        self._now = mixed / np.linalg.norm(mixed, axis=-1, keepdims=True)
        result: F32 = self._now.astype(np.float32)
        return result


class HeldValues:
    """The same for values (n,) with rest 0: expression scores, gaze."""

    def __init__(self, size: int) -> None:
        self._target, self._now = np.zeros(size), np.zeros(size)
        self._seen_s: float | None = None
        self._at_s: float | None = None

    def see(self, values: F32 | F64, captured_at_s: float) -> None:
        """Add a view."""
        self._target, self._seen_s = values.astype(np.float64), captured_at_s

    def at(self, time_s: float) -> F32:
        """Return the values (n,) for a pose at this time."""
        dt_s = 0.0 if self._at_s is None else max(time_s - self._at_s, 0.0)
        self._at_s = time_s
        lost = self._seen_s is None or time_s - self._seen_s > HOLD_S
        constant_s = RELAX_S / 3 if lost else _STEADY_S / 2
        target = np.zeros_like(self._now) if lost else self._target
        self._now = self._now + (1.0 - np.exp(-dt_s / constant_s)) * (target - self._now)
        result: F32 = self._now.astype(np.float32)
        return result
