"""Euler angles as in animation files."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.spatial.transform import Rotation

from engine.types import F32, F64

Order = Literal["ZXY", "ZYX"]
"""Order of multiplication: R = Rz @ Rx @ Ry, R = Rz @ Ry @ Rx."""


def euler_deg(rotations_xyzw: F32 | F64, order: Order = "ZXY") -> F64:
    """Convert (..., 4) to angles (..., 3) in degrees, in the order of multiplication; at the pole the last one is 0."""
    rotations = Rotation.from_quat(rotations_xyzw.reshape(-1, 4))
    angles: F64 = rotations.as_euler(order, degrees=True, suppress_warnings=True)
    return angles.reshape(*rotations_xyzw.shape[:-1], 3)


def continuous_deg(angles: F64) -> F64:
    """Remove jumps along N from Euler angles (N, ..., 3) with the second one in the middle; the rotations are the same.

    Each rotation has two triples, (a, b, c) and (a + 180, 180 - b, c + 180), each plus whole turns; every frame takes
    the one nearest to the previous frame.
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
