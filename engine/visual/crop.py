"""The person's crop: the square around the keypoints, scaled to the backbone's input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.opencv import cv2
from engine.types import F32
from models.view import MIN_SCORE

U8 = NDArray[np.uint8]

MARGIN = 1.25
"""Side of the square over the longer side of the keypoints' box, since head and hands reach beyond the keypoints."""
MIN_KEYPOINTS = 4
MIN_SIDE_PX = 8.0
_FINE = 2  # a large person is sampled at twice the size and averaged, to avoid aliasing


def person_square(points_px: F32, scores: F32) -> tuple[float, float, float] | None:
    """Return centre x, y and side in pixels from points (K, 2) and scores (K,); None when too little is seen."""
    seen = (scores > MIN_SCORE) & np.isfinite(points_px).all(-1)
    if int(seen.sum()) < MIN_KEYPOINTS:
        return None
    low, high = points_px[seen].min(0).astype(np.float64), points_px[seen].max(0).astype(np.float64)
    side = MARGIN * float((high - low).max())
    if side < MIN_SIDE_PX:
        return None
    x, y = ((low + high) / 2).tolist()
    return x, y, side


def cut(bgr: U8, square: tuple[float, float, float], side_px: int) -> U8:
    """Cut the square out of (H, W, 3) and scale it to (side_px, side_px, 3). Outside the picture its border repeats."""
    x, y, side = square
    fine = _FINE if side > 1.5 * side_px else 1
    scale = side / (side_px * fine)
    # pixel centres: crop pixel u lies at x - side / 2 + (u + 0.5) * scale - 0.5 of the picture
    shift = 0.5 * scale - 0.5 - side / 2
    to_image = np.array([[scale, 0.0, x + shift], [0.0, scale, y + shift]])
    crop = cv2.warpAffine(
        bgr,
        to_image,
        (side_px * fine, side_px * fine),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if fine > 1:
        crop = cv2.resize(crop, (side_px, side_px), interpolation=cv2.INTER_AREA)
    return np.asarray(crop, np.uint8)
