"""Check whether keypoints can be a person: a detector always answers, even for a curtain or the picture's edge."""

from __future__ import annotations

import numpy as np

from engine.types import Keypoints2D

MIN_SCORE = 0.3
MIN_SEEN = 4
MIN_SPREAD = 0.02
"""Smallest extent of the seen points relative to the picture's longer side; below it no pose is visible."""
EDGE, MOST_AT_EDGE = 0.01, 0.8
"""A point this near to the edge (relative to the longer side) lies on it; and the largest fraction of such points."""


def is_person(keypoints: Keypoints2D) -> bool:
    """Return False for points that are all guessed, all in one place, or all at the picture's edge."""
    size = np.asarray(keypoints.image_size, np.float64)
    points = keypoints.points_px.astype(np.float64)
    finite = np.isfinite(points).all(-1) & np.isfinite(keypoints.scores)
    with np.errstate(invalid="ignore"):
        inside = finite & (points >= 0).all(-1) & (points < size).all(-1)
        seen = inside & (keypoints.scores > MIN_SCORE)
    if int(seen.sum()) < MIN_SEEN:
        return False
    found, longer = points[seen], float(size.max())
    if np.ptp(found, axis=0).max() < MIN_SPREAD * longer:
        return False
    room = np.minimum(found, size - found).min(-1)
    return bool((room < EDGE * longer).mean() < MOST_AT_EDGE)
