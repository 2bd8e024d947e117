"""Colours of a person's clothes: a small histogram of the trunk, to distinguish people who cross."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.networks.region import Region

F32 = NDArray[np.float32]
_ROWS, _COLUMNS = 10, 6
_TOP, _BOTTOM, _HALF_WIDTH = -0.24, -0.02, 0.07
"""The trunk within a region, in region sides relative to the hips (its centre): the body's up is -y."""
_BINS = 4  # per channel
_LEAST_INSIDE = 0.3


_SAMPLES = np.stack(
    np.meshgrid(np.linspace(-_HALF_WIDTH, _HALF_WIDTH, _COLUMNS), np.linspace(_TOP, _BOTTOM, _ROWS)), axis=-1
).reshape(-1, 2)
_CORNERS = np.array(list(np.ndindex(2, 2, 2)))  # (8, 3) of a cell of the histogram
_STRIDES = np.array([_BINS * _BINS, _BINS, 1])


def trunk_colours(bgr: NDArray[np.uint8], region: Region) -> F32 | None:
    """Return the square roots (64,) of the trunk's normalised colour histogram; None outside the picture.

    bgr (H, W, 3). Each sample is distributed to neighbouring bins, so that small changes of light have little effect.
    """
    points = _SAMPLES @ (region.size_px * region.rotation.T) + (region.x_px + 0.5, region.y_px + 0.5)
    columns, rows = np.floor(points).astype(np.int64).T
    height, width = bgr.shape[:2]
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    if inside.mean() < _LEAST_INSIDE:
        return None
    samples = bgr[rows[inside], columns[inside]] * ((_BINS - 1) / 255)  # (N, 3)
    low = np.minimum(samples.astype(np.int64), _BINS - 2)
    upper = samples - low  # weight of the bin above
    weights = np.where(_CORNERS[:, None], upper, 1 - upper).prod(-1)  # (8, N)
    bins = (low @ _STRIDES) + (_CORNERS @ _STRIDES)[:, None]  # (8, N)
    histogram = np.bincount(bins.ravel(), weights.ravel(), minlength=_BINS**3)
    roots: F32 = np.sqrt(histogram / histogram.sum()).astype(np.float32)
    return roots


def difference(a: F32 | None, b: F32 | None) -> float:
    """Return the Hellinger distance of two histograms, 0 (equal) to 1; 0 where one is unknown."""
    if a is None or b is None:
        return 0.0
    return float(np.sqrt(max(0.0, 1.0 - float(a @ b))))


def mixed(old: F32 | None, new: F32 | None, amount: float) -> F32 | None:
    """Interpolate from the old to the new histogram by `amount` (0 to 1)."""
    if old is None or new is None:
        return new if old is None else old
    roots: F32 = np.sqrt((1 - amount) * old**2 + amount * new**2)
    return roots
