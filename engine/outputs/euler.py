"""Euler angles straight from rotation matrices: Z, X, Y for BVH and Y, X, Z for Unity (both degrees).

Closed forms rather than scipy's as_euler: no warning at the poles, quick enough for every frame of a live stream.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F = NDArray[np.floating]
_POLE = 1.0 - 1e-9


def euler_zxy_deg(R: F) -> NDArray[np.float64]:
    """(..., 3, 3) -> (..., 3) angles z, x, y in degrees with R = Rz @ Rx @ Ry (BVH channels Z, X, Y)."""
    R = np.asarray(R, np.float64)
    sin_x = np.clip(R[..., 2, 1], -1.0, 1.0)
    pole = np.abs(sin_x) > _POLE  # y and z turn about one axis: all of it is given to z
    z = np.where(pole, np.arctan2(R[..., 1, 0], R[..., 0, 0]), np.arctan2(-R[..., 0, 1], R[..., 1, 1]))
    y = np.where(pole, 0.0, np.arctan2(-R[..., 2, 0], R[..., 2, 2]))
    angles: NDArray[np.float64] = np.degrees(np.stack([z, np.arcsin(sin_x), y], axis=-1))
    return angles


def euler_unity_deg(R: F) -> NDArray[np.float64]:
    """(..., 3, 3) in Unity's axes -> (..., 3) angles x, y, z in degrees with R = Ry @ Rx @ Rz (Unity turns z, x, y)."""
    R = np.asarray(R, np.float64)
    sin_x = np.clip(-R[..., 1, 2], -1.0, 1.0)
    pole = np.abs(sin_x) > _POLE
    y = np.where(pole, np.arctan2(-R[..., 2, 0], R[..., 0, 0]), np.arctan2(R[..., 0, 2], R[..., 2, 2]))
    z = np.where(pole, 0.0, np.arctan2(R[..., 1, 0], R[..., 1, 1]))
    angles: NDArray[np.float64] = np.degrees(np.stack([np.arcsin(sin_x), y, z], axis=-1))
    return angles


def continuous_deg(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, ..., 3) Euler angles with the second one in the middle -> the same rotations without jumps along N.

    Each rotation has two triples, (a, b, c) and (a + 180, 180 - b, c + 180), each open to whole turns; every
    frame takes the one nearest to the frame before.
    """
    result = angles.copy()
    for n in range(1, len(result)):
        before = result[n - 1]
        first = result[n]
        second = np.stack([first[..., 0] + 180.0, 180.0 - first[..., 1], first[..., 2] + 180.0], axis=-1)
        first = first - 360.0 * np.round((first - before) / 360.0)
        second = second - 360.0 * np.round((second - before) / 360.0)
        nearer = np.abs(second - before).sum(-1) < np.abs(first - before).sum(-1)
        result[n] = np.where(nearer[..., None], second, first)
    return result
