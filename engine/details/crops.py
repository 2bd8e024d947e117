"""Crop regions of hands and face: placed by the body's points first, then by their own points while tracked.

Constants were fitted on real and rendered pictures; regions while tracking follow MediaPipe's holistic_landmark.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.networks.region import Region
from engine.types import F32, F64, Keypoints2D
from models.face import OUTER_CORNERS
from models.fingers import INDEX_ROOT, MIDDLE_ROOT, SIDES, WRIST
from models.keypoints import KEYPOINT

MIN_POINT_SCORE = 0.3
HAND_SCALE = 1.8
"""Side of the first region divided by twice the wrist-to-knuckle distance; 1.6 to 2.0 find most hands."""
HAND_SHIFT = 0.1
"""Shift of the region from the wrist towards the fingers, as a fraction of its side."""
FOLLOW_SCALE = 2.0
FACE_SCALE = 1.5
MIN_CROP_PX = 16.0
_HAND_PER_FOREARM = 0.42  # wrist to knuckles over elbow to wrist, for detectors without knuckles
_MOUTH_PER_NOSE = 1.75  # eyes to mouth over eyes to nose, for detectors without a mouth
_PALM = [WRIST, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18]
"""Points that move little when making a fist: wrist and roots of the fingers."""
_RING_ROOT = 13


def hand_from_body(body: Keypoints2D, side: int) -> Region | None:
    """Return the square around a hand (0 left, 1 right) from the body's points; None if its wrist is not seen."""
    name = SIDES[side].lower()
    wrist_row, elbow_row = KEYPOINT[f"{name}_wrist"], KEYPOINT[f"{name}_elbow"]
    if body.scores[wrist_row] < MIN_POINT_SCORE:
        return None
    wrist = body.points_px[wrist_row].astype(np.float64)
    if body.crop_points is not None:
        index, little = body.crop_points.knuckles_px[side].astype(np.float64)
        centre = (2 * index + little) / 3
    elif body.scores[elbow_row] >= MIN_POINT_SCORE:
        centre = wrist + _HAND_PER_FOREARM * (wrist - body.points_px[elbow_row])
    else:
        return None
    along = centre - wrist
    length = float(np.linalg.norm(along))
    if not np.isfinite(length) or length < 1e-3:
        return None
    size = 2 * HAND_SCALE * length
    return _usable(Region.upright(centre + HAND_SHIFT * size / length * along, size, along))


def hand_from_points(points_px: F32) -> Region | None:
    """Return the next region from the hand's own points (21, 2) or (21, 3)."""
    points = points_px[:, :2].astype(np.float64)
    roots = (points[INDEX_ROOT] + points[_RING_ROOT]) / 2
    along = (roots + points[MIDDLE_ROOT]) / 2 - points[WRIST]
    length = float(np.linalg.norm(along))
    if not np.isfinite(points).all() or length < 1e-3:
        return None
    up = along / length
    centre, side = _box(points[_PALM], up)
    size = FOLLOW_SCALE * side
    return _usable(Region.upright(centre + HAND_SHIFT * size * up, size, up))


def face_from_body(body: Keypoints2D) -> Region | None:
    """Return the square around the face from the body's points; None if eyes or ears are not seen."""
    rows = [KEYPOINT[name] for name in ("left_eye", "right_eye", "left_ear", "right_ear", "nose")]
    if body.scores[rows[:2]].min() < MIN_POINT_SCORE:
        return None
    left_eye, right_eye, left_ear, right_ear, nose = body.points_px[rows].astype(np.float64)
    eyes = (left_eye + right_eye) / 2
    if body.crop_points is not None:
        mouth = body.crop_points.mouth_px.astype(np.float64).mean(0)
    else:
        mouth = eyes + _MOUTH_PER_NOSE * (nose - eyes)
    down = mouth - eyes
    length = float(np.linalg.norm(down))
    if not np.isfinite(length) or length < 1e-3:
        return None
    size = FACE_SCALE * max(2.9 * length, 1.05 * float(np.linalg.norm(left_ear - right_ear)))
    return _usable(Region.upright(0.45 * eyes + 0.55 * mouth, size, -down))


def face_from_points(points_px: F32) -> Region | None:
    """Return the next region from the mesh's own points (478, 2) or (478, 3)."""
    points = points_px[:, :2].astype(np.float64)
    left, right = points[list(OUTER_CORNERS)]
    across = left - right  # towards the picture's right
    if not np.isfinite(points).all() or float(np.linalg.norm(across)) < 1e-3:
        return None
    up = np.array([across[1], -across[0]]) / np.linalg.norm(across)
    centre, side = _box(points, up)
    return _usable(Region.upright(centre, FACE_SCALE * side, up))


def anchor(body: Keypoints2D, keypoint: str) -> F64 | None:
    """Return the picture position (2,) of a body keypoint in pixels. None: not seen."""
    row = KEYPOINT[keypoint]
    return body.points_px[row].astype(np.float64) if body.scores[row] >= MIN_POINT_SCORE else None


def carried(region: Region, before: F64 | None, now: F64 | None) -> Region:
    """Return a region from an older frame, shifted by the motion of its anchor on the body.

    A hand is processed only every few frames and would otherwise move out of its region.
    """
    if before is None or now is None:
        return region
    x, y = (now - before).tolist()
    return replace(region, x_px=region.x_px + x, y_px=region.y_px + y)


def _box(points: F64, up: F64) -> tuple[F64, float]:
    """Return centre and longer side of the box around points (n, 2), with `up` as its upward direction."""
    axes = np.stack([np.array([-up[1], up[0]]), up])  # rows: right, up
    turned = points @ axes.T
    low, high = turned.min(0), turned.max(0)
    centre: F64 = (low + high) / 2 @ axes
    return centre, float((high - low).max())


def _usable(region: Region) -> Region | None:
    """Return the region, or None if it is too small or not finite."""
    return region if np.isfinite(region.size_px) and region.size_px >= MIN_CROP_PX else None
