"""Where the floor is: at the lowest feet, a running low percentile that is found fast and then drifts slowly.

`Floor` is the world's: one height, nearly constant. `Grounding` is the body's: what is left between it and the floor as
the person moves (depth and tilt are never quite right) is taken out over a second or two; jumps are shorter and stay.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from engine.solver.settings import STANDARD, FloorSettings
from engine.types import F64
from models.skeleton import FEET, JOINT, TOES

_RECENT_CAPACITY = 256
_LEGS = [[JOINT[side + name] for name in ("UpperLeg", "LowerLeg", "Foot")] for side in ("Left", "Right")]


def heights_over_sole(rest_offsets_m: F64) -> tuple[F64, F64]:
    """(22, 3) -> heights of the ankles (2,) and of the toes (2,) over the floor in the T-pose, metres."""
    ankles = rest_offsets_m[0, 1] + rest_offsets_m[_LEGS, 1].sum(-1)
    return ankles, ankles + rest_offsets_m[list(TOES), 1]


def sole_heights(joints_m: F64, rest_offsets_m: F64) -> F64:
    """(..., 22, 3) joints, Y up -> (..., 2) height of the left and right sole: the lower of toes and ankle."""
    ankles, toes = heights_over_sole(rest_offsets_m)
    return np.minimum(joints_m[..., list(FEET), 1] - ankles, joints_m[..., list(TOES), 1] - toes)


class Floor:
    """The floor's height in whatever level frame the sole heights are given in."""

    def __init__(self, settings: FloorSettings = STANDARD.floor) -> None:
        self._s = settings
        self.height_m = 0.0
        self.reset()

    def reset(self) -> None:
        """Find the floor anew; the next feet decide."""
        self._samples = np.zeros(self._s.samples)
        self._count = 0
        self._target_m = self.height_m
        self._age_s = 0.0
        self._since_sample_s = math.inf

    def fix(self, soles_m: F64) -> None:
        """Take the floor of a whole take, (N, 2) heights of the soles, at once (file conversion)."""
        self.height_m = float(np.percentile(soles_m.min(-1), self._s.percentile))

    def push(self, soles_m: F64, dt_s: float) -> float:
        """(2,) heights of the soles -> height of the floor now."""
        lowest = float(soles_m.min())
        first = self._count == 0
        self._since_sample_s += dt_s
        self._age_s += dt_s
        if self._since_sample_s >= self._s.sample_s:
            self._since_sample_s = 0.0
            self._samples[self._count % self._s.samples] = lowest
            self._count += 1
            self._target_m = self._estimate()
        if first:
            self.height_m = lowest
        settling = self._age_s < self._s.settle_s
        step = (self._target_m - self.height_m) * (
            1 - math.exp(-dt_s / (self._s.fast_tau_s if settling else self._s.slow_tau_s))
        )
        room = math.inf if settling else self._s.drift_m_per_s * dt_s
        self.height_m += min(max(step, -room), room)
        return self.height_m

    def _estimate(self) -> float:
        return float(np.percentile(self._samples[: min(self._count, self._s.samples)], self._s.percentile))


class Grounding:
    """A vertical correction of the root that keeps the lowest foot of the last seconds on the floor."""

    def __init__(self, settings: FloorSettings = STANDARD.floor) -> None:
        self._s = settings
        self.reset()

    def reset(self) -> None:
        """No correction; the next feet are looked at anew."""
        self._recent: deque[tuple[float, float]] = deque(maxlen=_RECENT_CAPACITY)  # (age at which seen, height)
        self._age_s = 0.0
        self.rise_m = 0.0

    def push(self, soles_m: F64, dt_s: float) -> float:
        """(2,) heights of the soles over the floor -> how much the body has to rise."""
        self._age_s += dt_s
        self._recent.append((self._age_s, float(soles_m.min())))
        while self._recent[0][0] < self._age_s - self._s.recent_s:
            self._recent.popleft()
        low = sorted(height for _, height in self._recent)[int(len(self._recent) * self._s.percentile / 100)]
        wanted = min(max(-low, -self._s.rise_limit_m), self._s.rise_limit_m)
        self.rise_m += (wanted - self.rise_m) * (1 - math.exp(-dt_s / self._s.rise_tau_s))
        return self.rise_m
