"""Pair frames of two cameras: the second one's answers are interpolated at the times of the first one's frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.viewpoints.fit import F64
from engine.viewpoints.track import Track


@dataclass(frozen=True, slots=True)
class Pairs:
    """P moments at which both cameras see the performer. Rows of A unchanged, rows of B interpolated between two
    frames."""

    times_s: F64  # (P,) on A's clock
    a_m: F64  # (P, 22, 3) about the hips, A's axes
    b_m: F64  # (P, 22, 3) about the hips, B's axes
    a_detector_m: F64  # (P, 22, 3) NaN where the detector has none
    b_detector_m: F64
    a_confidence: F64  # (P, 6)
    b_confidence: F64
    a_root_m: F64  # (P, 3) Hips from the camera, A's axes
    b_root_m: F64  # (P, 3) B's axes
    a_rows: NDArray[np.int64]  # (P,) the frame of A
    b_rows: NDArray[np.int64]  # (P,) the frame of B before the moment ...
    b_part: F64  # (P,) ... and its fraction of the way to the next, 0..1

    def __len__(self) -> int:
        """Moments."""
        return len(self.times_s)

    @property
    def b_nearest(self) -> NDArray[np.int64]:
        """(P,) B's frame nearest to the moment."""
        return np.asarray(self.b_rows + (self.b_part > 0.5))


def pair(a: Track, b: Track, skew_s: float) -> Pairs:
    """Return what both see at the times of A's frames; `skew_s`: how far B's clock is ahead of A's.

    B's joints are interpolated between its two nearest frames, so different frame rates do no harm.
    """
    wanted = a.times_s + skew_s
    after = np.clip(np.searchsorted(b.times_s, wanted, "right"), 1, max(len(b) - 1, 1))
    before = after - 1
    if len(b) < 2 or not len(a):
        none = np.zeros(0, np.int64)
        return _pairs(a, b, none, none, np.zeros(0))
    gap = b.times_s[after] - b.times_s[before]
    part = (wanted - b.times_s[before]) / np.maximum(gap, 1e-9)
    good = a.seen & b.seen[before] & b.seen[after] & (gap > 0) & (gap <= b.longest_gap_s) & (part >= 0) & (part <= 1)
    rows = np.flatnonzero(good)
    return _pairs(a, b, rows, before[rows], part[rows])


def _pairs(a: Track, b: Track, a_rows: NDArray[np.int64], b_rows: NDArray[np.int64], part: F64) -> Pairs:
    def between(values: F64) -> F64:
        weight = part.reshape(-1, *(1,) * (values.ndim - 1))
        following = values[np.minimum(b_rows + 1, len(b) - 1)]
        return np.asarray(values[b_rows] * (1 - weight) + following * weight)

    return Pairs(
        a.times_s[a_rows],
        a.joints_m[a_rows],
        between(b.joints_m),
        a.detector_m[a_rows],
        between(b.detector_m),
        a.part_confidence[a_rows],
        between(b.part_confidence),
        a.root_m[a_rows],
        between(b.root_m),
        a_rows,
        b_rows,
        part,
    )
