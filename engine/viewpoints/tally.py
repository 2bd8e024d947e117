"""Running figures of a difference, without storing frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.viewpoints.fit import F64
from models.parts import PART_NAMES, PART_OF_JOINT
from models.skeleton import NUM_JOINTS

_BIN_MM, _BINS = 1.0, 2000


@dataclass(frozen=True, slots=True)
class Figures:
    """Mean and 95th percentile over frames, mean of each part, millimetres."""

    frames: int
    mean_mm: float
    p95_mm: float
    parts_mm: dict[str, float]


def part_means(joints_mm: F64) -> dict[str, float]:
    """Return the mean of each body part for distances (..., 22)."""
    of = np.array(PART_OF_JOINT)
    return {name: float(joints_mm[..., of == part].mean()) for part, name in enumerate(PART_NAMES)}


class Tally:
    """Takes distances (22,) frame by frame. The percentile is exact to a millimetre."""

    def __init__(self) -> None:
        self._frames = 0
        self._sums = np.zeros(NUM_JOINTS)
        self._histogram = np.zeros(_BINS, np.int64)

    def add(self, joints_mm: F64) -> None:
        """Take one frame."""
        self._frames += 1
        self._sums += joints_mm
        self._histogram[min(int(joints_mm.mean() / _BIN_MM), _BINS - 1)] += 1

    def figures(self) -> Figures | None:
        """Return the figures so far; None before the first frame."""
        if not self._frames:
            return None
        means = self._sums / self._frames
        at = int(np.searchsorted(np.cumsum(self._histogram), 0.95 * self._frames))
        return Figures(self._frames, float(means.mean()), (at + 0.5) * _BIN_MM, part_means(means))
