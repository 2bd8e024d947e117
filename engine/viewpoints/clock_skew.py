"""Clock skew of two cameras, found from the speeds of the performer's limbs.

Speed does not depend on the viewpoint. The speeds of ten joints relative to the hips are resampled to one rate, and the
lag is the maximum of their normalised cross-correlation, refined between samples by a parabola.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from engine.viewpoints.fit import F64
from engine.viewpoints.track import Track
from models.skeleton import JOINT

RATE_HZ = 60.0
"""Common rate of the speeds."""
NEAR_S = 2.0
"""Clocks and starts are expected to differ by at most this ..."""
LIKELY = 0.5
"""... and a larger lag is only searched if nothing within it correlates this well."""
LEAST_OVERLAP_S = 2.0
STILL_M_S = 0.1
"""Mean limb speed that a moving person exceeds at least a tenth of the time."""
_SMOOTH_S = 0.05
_MOVING = tuple(
    JOINT[side + name] for side in ("Left", "Right") for name in ("UpperArm", "LowerArm", "Hand", "LowerLeg", "Foot")
)


@dataclass(frozen=True, slots=True)
class ClockSkew:
    """B's clock minus A's, seconds; `correlation` of the speeds at that lag, -1..1: 0 says nothing, 1 is the same
    motion."""

    seconds: float
    correlation: float


def estimate_skew(a: Track, b: Track, *, farthest_s: float | None = None) -> ClockSkew | None:
    """Return the skew of the clocks. None: too little of the performer is seen, or nothing moves in either.

    farthest_s   largest lag to search; None: as long as the two overlap, if no near lag fits
    """
    speeds_a, speeds_b = _speeds(a), _speeds(b)
    if speeds_a is None or speeds_b is None or (speeds_a.still and speeds_b.still):
        return None
    if speeds_a.still or speeds_b.still:
        return ClockSkew(0.0, 0.0)
    score = _correlation(speeds_a, speeds_b)
    lags_s = (np.arange(len(score)) - (len(speeds_a.moves) - 1)) / RATE_HZ + speeds_b.start_s - speeds_a.start_s
    near = np.abs(lags_s) <= min(NEAR_S, farthest_s or NEAR_S)
    best = _best(score, near)
    if farthest_s is None and (best is None or score[best] < LIKELY):
        best = _best(score, np.ones_like(near))
    if best is None:
        return None
    return ClockSkew(float(lags_s[best] + _beside(score, best) / RATE_HZ), float(score[best]))


@dataclass(frozen=True, slots=True)
class _Speeds:
    start_s: float
    moves: F64  # (T, C) speeds minus their mean, at RATE_HZ; 0 where unknown
    known: NDArray[np.bool_]  # (T,)
    still: bool  # no motion: only the detector's noise


def _speeds(track: Track) -> _Speeds | None:
    seen = track.seen
    times_s = track.times_s[seen]
    if len(times_s) < 3 or times_s[-1] - times_s[0] < LEAST_OVERLAP_S:
        return None
    grid = np.arange(times_s[0], times_s[-1], 1 / RATE_HZ)
    places = track.joints_m[seen][:, list(_MOVING)].reshape(len(times_s), -1)
    even = np.stack([np.interp(grid, times_s, column) for column in places.T], axis=1)
    even = gaussian_filter1d(even, _SMOOTH_S * RATE_HZ, axis=0).reshape(len(grid), -1, 3)
    pace_m_s = np.linalg.norm(np.gradient(even, axis=0), axis=-1) * RATE_HZ
    speed = np.sqrt(pace_m_s)  # square root, so that no joint dominates
    after = np.clip(np.searchsorted(times_s, grid, "right"), 1, len(times_s) - 1)
    known = times_s[after] - times_s[after - 1] <= track.longest_gap_s
    if not known.any():
        return None
    still = float(np.percentile(pace_m_s[known].mean(1), 90)) < STILL_M_S
    return _Speeds(float(grid[0]), np.where(known[:, None], speed - speed[known].mean(0), 0.0), known, still)


def _correlation(a: _Speeds, b: _Speeds) -> F64:
    """Return the normalised correlation (L,) for every lag of b behind a, from -(Ta - 1)."""
    known_a, known_b = a.known.astype(float)[:, None], b.known.astype(float)[:, None]
    dot = _correlate(a.moves, b.moves)
    of_a = _correlate((a.moves**2).sum(1, keepdims=True), known_b)
    of_b = _correlate(known_a, (b.moves**2).sum(1, keepdims=True))
    overlap = _correlate(known_a, known_b)
    score = dot / np.sqrt(np.maximum(of_a, 1e-6) * np.maximum(of_b, 1e-6))
    shortest = max(LEAST_OVERLAP_S * RATE_HZ, min(a.known.sum(), b.known.sum()) / 3)
    return np.asarray(np.where(overlap >= shortest - 0.5, score, -1.0))[::-1]


def _correlate(x: F64, y: F64) -> F64:
    """Return the cross-correlation (Tx + Ty - 1,) of (Tx, C) and (Ty, C) over all channels, from lag -(Ty - 1) of x."""
    size = len(x) + len(y) - 1
    product = np.fft.rfft(x, size, axis=0) * np.fft.rfft(y[::-1], size, axis=0)
    return np.asarray(np.fft.irfft(product.sum(1), size))


def _best(score: F64, allowed: NDArray[np.bool_]) -> int | None:
    masked = np.where(allowed, score, -1.0)
    best = int(masked.argmax())
    return best if masked[best] > -1.0 else None


def _beside(score: F64, best: int) -> float:
    """Return the offset of a parabola's maximum through three samples from the middle one, -0.5..0.5."""
    if not 0 < best < len(score) - 1:
        return 0.0
    low, top, high = score[best - 1 : best + 2]
    bend = low - 2 * top + high
    return float(np.clip((low - high) / (2 * bend), -0.5, 0.5)) if bend < -1e-12 else 0.0
