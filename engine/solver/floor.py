"""Height of the floor: a running low percentile of the feet that converges fast and then drifts slowly.

`Floor` belongs to the world: one height, nearly constant. `Grounding` belongs to the body: the remaining height
difference as the person moves (depth and tilt are never exact) is removed over a second or two; jumps are shorter and
remain.
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
    """Return the heights of ankles (2,) and toes (2,) above the floor in the T-pose, metres, for offsets (22, 3)."""
    ankles = rest_offsets_m[0, 1] + rest_offsets_m[_LEGS, 1].sum(-1)
    return ankles, ankles + rest_offsets_m[list(TOES), 1]


def sole_heights(joints_m: F64, rest_offsets_m: F64) -> F64:
    """Return the heights (..., 2) of left and right sole, the lower of toes and ankle; joints (..., 22, 3), Y up."""
    ankles, toes = heights_over_sole(rest_offsets_m)
    return np.minimum(joints_m[..., list(FEET), 1] - ankles, joints_m[..., list(TOES), 1] - toes)


class Floor:
    """Height of the floor in the level frame of the given sole heights."""

    def __init__(self, settings: FloorSettings = STANDARD.floor) -> None:
        self._s = settings
        self.height_m = 0.0
        self.reset()

    def reset(self) -> None:
        """Find the floor again, from the next feet on."""
        self._samples = np.zeros(self._s.samples)
        self._count = 0
        self._target_m = self.height_m
        self._age_s = 0.0
        self._since_sample_s = math.inf

    def fix(self, soles_m: F64) -> None:
        """Set the floor from a whole take's sole heights (N, 2) (file conversion)."""
        self.height_m = float(np.percentile(soles_m.min(-1), self._s.percentile))

    def push(self, soles_m: F64, dt_s: float) -> float:
        """Add sole heights (2,); return the current height of the floor."""
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
    """Vertical correction of the root that keeps the lowest foot of the last seconds on the floor."""

    def __init__(self, settings: FloorSettings = STANDARD.floor) -> None:
        self._s = settings
        self.reset()

    def reset(self) -> None:
        """Remove the correction and restart."""
        self._recent: deque[tuple[float, float]] = deque(maxlen=_RECENT_CAPACITY)  # (age at which seen, height)
        self._age_s = 0.0
        self.rise_m = 0.0

    def push(self, soles_m: F64, dt_s: float) -> float:
        """Add sole heights (2,) above the floor; return how far to raise the body."""
        self._age_s += dt_s
        self._recent.append((self._age_s, float(soles_m.min())))
        while self._recent[0][0] < self._age_s - self._s.recent_s:
            self._recent.popleft()
        low = sorted(height for _, height in self._recent)[int(len(self._recent) * self._s.percentile / 100)]
        wanted = min(max(-low, -self._s.rise_limit_m), self._s.rise_limit_m)
        self.rise_m += (wanted - self.rise_m) * (1 - math.exp(-dt_s / self._s.rise_tau_s))
        return self.rise_m
