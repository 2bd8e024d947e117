"""From our world (right-handed, Y up, the person faces +Z, left at +X) to Unity's (left-handed, left at -X).

Mirroring x turns one into the other: positions (x, y, z) -> (-x, y, z), quaternions (x, y, z, w) -> (x, -y, -z, w).
"""

from __future__ import annotations

import numpy as np

from engine.types import F32

UNITY_POSITION = np.array([-1.0, 1.0, 1.0], dtype=np.float32)
UNITY_QUATERNION = np.array([1.0, -1.0, -1.0, 1.0], dtype=np.float32)
UNITY_TRANSFORM = np.concatenate((UNITY_POSITION, UNITY_QUATERNION))
"""Signs of a position (3,), a quaternion (4,), a position and a quaternion (7,), from our world to Unity's axes."""


def unity_positions(world_m: F32) -> F32:
    """(..., 3) metres, our world -> Unity's axes."""
    mirrored: F32 = world_m * UNITY_POSITION
    return mirrored


def unity_quaternions(world_xyzw: F32) -> F32:
    """(..., 4) x, y, z, w, our world -> Unity's axes."""
    mirrored: F32 = world_xyzw * UNITY_QUATERNION
    return mirrored


class SignContinuity:
    """Of q and -q (the same rotation) takes the one nearer to the frame before; receivers may lerp component-wise."""

    def __init__(self) -> None:
        """Start with no frame before: w >= 0."""
        self._before: F32 | None = None

    def __call__(self, quaternions: F32) -> F32:
        """(J, 4) x, y, z, w -> the same rotations with signs continuous from call to call; the input stays as it is."""
        before = self._before
        if before is None or np.vdot(quaternions, before) < len(quaternions) - 1:  # else each of them is near its own
            nearness = quaternions[:, 3:] if before is None else np.vecdot(quaternions, before)[:, None]
            quaternions = np.where(nearness < 0, -quaternions, quaternions)
        self._before = quaternions
        return quaternions
