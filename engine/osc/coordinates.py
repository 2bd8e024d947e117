"""Convert our world (right-handed, Y up, the person faces +Z, left at +X) to Unity's (left-handed, left at -X).

The conversion mirrors x: positions (x, y, z) -> (-x, y, z), quaternions (x, y, z, w) -> (x, -y, -z, w).
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul

import numpy as np

from engine.types import F32

_POSITION_SIGNS = np.array([-1.0, 1.0, 1.0], dtype=np.float32)
UNITY_SIGNS = (1.0, -1.0, -1.0, 1.0)
_QUATERNION_SIGNS = np.array(UNITY_SIGNS, dtype=np.float32)


def unity_positions(world_m: F32) -> F32:
    """Convert positions (..., 3) in metres from our world to Unity's axes."""
    mirrored: F32 = world_m * _POSITION_SIGNS
    return mirrored


def unity_quaternions(world_xyzw: F32) -> F32:
    """Convert quaternions (..., 4) x, y, z, w from our world to Unity's axes."""
    mirrored: F32 = world_xyzw * _QUATERNION_SIGNS
    return mirrored


class SignContinuity:
    """Choose between q and -q (the same rotation) the one nearer to the previous frame: receivers may lerp
    components."""

    def __init__(self, axes: Sequence[float] = (1.0, 1.0, 1.0, 1.0)) -> None:
        """Start without a previous frame: w >= 0. `axes`: factors of x, y, z, w, such as UNITY_SIGNS for Unity's
        axes."""
        self._axes = list(axes)
        self._before: list[float] | None = None
        self._signs: list[float] = []  # (4J,) the axes, negated for flipped bones

    def __call__(self, quaternions: list[float]) -> list[float]:
        """Return the quaternions (4J,), x, y, z, w per joint, with signs continuous from call to call."""
        if not self._signs:
            self._signs = self._axes * (len(quaternions) // 4)
        quaternions = list(map(mul, quaternions, self._signs))
        if self._before is None:
            nearness = quaternions[3::4]
        else:
            products = map(mul, quaternions, self._before)
            nearness = list(map(sum, zip(products, products, products, products)))  # noqa: B905 - four by four
        if min(nearness) < 0:
            flips = [-1.0 if nearness[n // 4] < 0 else 1.0 for n in range(len(quaternions))]
            quaternions = list(map(mul, quaternions, flips))
            self._signs = list(map(mul, self._signs, flips))
        self._before = quaternions
        return quaternions
