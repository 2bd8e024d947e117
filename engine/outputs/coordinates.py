"""From our world (right-handed, Y up, the person faces +Z, left at +X) to Unity's (left-handed, left at -X).

Mirroring x turns one into the other: positions (x, y, z) -> (-x, y, z), quaternions (x, y, z, w) -> (x, -y, -z, w).
"""

from __future__ import annotations

import numpy as np

from engine.types import F32

_POSITION_SIGNS = np.array([-1.0, 1.0, 1.0], dtype=np.float32)
_QUATERNION_SIGNS = np.array([1.0, -1.0, -1.0, 1.0], dtype=np.float32)
_TRANSFORM_SIGNS = np.concatenate([_POSITION_SIGNS, _QUATERNION_SIGNS])


def unity_positions(world_m: F32) -> F32:
    """(..., 3) metres, our world -> Unity's axes."""
    mirrored: F32 = world_m * _POSITION_SIGNS
    return mirrored


def unity_quaternions(world_xyzw: F32) -> F32:
    """(..., 4) x, y, z, w, our world -> Unity's axes."""
    mirrored: F32 = world_xyzw * _QUATERNION_SIGNS
    return mirrored


def mirror_transforms(transforms: F32) -> None:
    """(..., 7) position in metres and quaternion x, y, z, w, our world -> Unity's axes, in place."""
    transforms *= _TRANSFORM_SIGNS


class SignContinuity:
    """Of q and -q (the same rotation) takes the one nearer to the frame before; receivers may lerp component-wise."""

    def __init__(self) -> None:
        """Start with no frame before: w >= 0."""
        self._previous: F32 | None = None

    def __call__(self, quaternions: F32) -> None:
        """(J, 4), in place: signs continuous from call to call."""
        if self._previous is None:
            nearness = quaternions[:, 3].copy()
            self._previous = np.empty_like(quaternions)
        else:
            nearness = np.vecdot(quaternions, self._previous)
        if np.minimum.reduce(nearness) < 0:
            quaternions[nearness < 0] *= -1
        self._previous[...] = quaternions
