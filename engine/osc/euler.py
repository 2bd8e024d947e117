"""Euler angles in degrees: Z, X, Y from matrices for BVH, Y, X, Z from quaternions for Unity.

Closed forms rather than scipy's as_euler: no warning at the poles, quick enough for every frame of a live stream.
"""

from __future__ import annotations

import math

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


def euler_unity_deg(x: float, y: float, z: float, w: float) -> tuple[float, float, float]:
    """A unit quaternion in Unity's axes -> angles x, y, z in degrees with R = Ry @ Rx @ Rz (Unity turns z, x, y).

    One at a time in plain Python: for a handful of trackers that is quicker than arrays.
    """
    sin_x = 2 * (w * x - y * z)
    if abs(sin_x) > _POLE:  # y and z turn about one axis: all of it is given to y
        return math.copysign(90.0, sin_x), math.degrees(2 * math.atan2(y, w)), 0.0
    yaw = math.atan2(2 * (x * z + w * y), 1 - 2 * (x * x + y * y))
    roll = math.atan2(2 * (x * y + w * z), 1 - 2 * (x * x + z * z))
    return math.degrees(math.asin(sin_x)), math.degrees(yaw), math.degrees(roll)


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
