"""Orientation of a hand and flexion of its fingers from 21 points: for the solver and for ground truth.

Sides: 0 left, 1 right. The rest hand is that of the T-pose: fingers along +X (left) or -X (right), palm down.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.fingers import FINGER_POINTS, INDEX_ROOT, LITTLE_ROOT, WRIST

F64 = NDArray[np.float64]
_SHORTEST = 1e-6
_JOINTS = np.array(FINGER_POINTS[1:])  # (4, 4) index to little finger


def palm_frame(points: F64, side: int) -> F64 | None:
    """Return (3, 3), columns: across towards the thumb, along the fingers, out of the palm. None: degenerate palm.

    The frame is left-handed for the left hand, so that both hands have the same columns.
    """
    roots = points[[5, 9, 9, 13]].mean(0)
    along = roots - points[WRIST]
    across = points[INDEX_ROOT] - points[LITTLE_ROOT]
    length = float(np.linalg.norm(along))
    if not length > _SHORTEST:
        return None
    along = along / length
    across = across - (across @ along) * along
    width = float(np.linalg.norm(across))
    if not width > _SHORTEST:
        return None
    across = across / width
    out = np.cross(across, along)
    return np.stack([across, along, -out if side == 0 else out], axis=-1)


def hand_rotation(points: F64, side: int) -> F64 | None:
    """Return the hand's rotation (3, 3) from the T-pose, in the axes of the points. None: degenerate palm."""
    frame = palm_frame(points, side)
    if frame is None:
        return None
    sign = 1.0 if side == 0 else -1.0
    rest = np.array([[0.0, sign, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])  # columns +Z, +-X, -Y
    rotation: F64 = frame @ rest.T
    return rotation


def bends(points: F64, side: int) -> F64:
    """Return the flexion (4, 3) of index to little finger at their three joints, degrees.

    points  (21, 3) in the hand's own axes: rotated by the inverse of `hand_rotation`
    The first is measured from the palm's plane, beyond 90 for a finger that points back to the wrist.
    """
    bones = np.diff(points[_JOINTS], axis=1)  # (4 fingers, 3 bones, 3)
    return bends_of(bones, side)


def bends_of(bones: F64, side: int) -> F64:
    """Return `bends` from the bones (4, 3, 3) themselves, of any length."""
    sign = 1.0 if side == 0 else -1.0
    units = bones / np.maximum(np.linalg.norm(bones, axis=-1, keepdims=True), _SHORTEST)
    first = units[:, 0]
    ahead = np.where(sign * first[:, 0] >= 0, 1.0, -1.0) * np.hypot(first[:, 0], first[:, 2])
    root = np.arctan2(-first[:, 1], ahead)
    cosines = np.clip((units[:, 1:] * units[:, :-1]).sum(-1), -1.0, 1.0)
    result: F64 = np.degrees(np.concatenate([root[:, None], np.arccos(cosines)], axis=1))
    return result
