"""Products and turns of unit quaternions x, y, z, w, batched along leading axes."""

from __future__ import annotations

import numpy as np

from engine.types import F32


def product(a: F32, b: F32) -> F32:
    """(..., 4), (..., 4) -> (..., 4): first b, then a (Hamilton)."""
    ax, ay, az, aw = a[..., 0], a[..., 1], a[..., 2], a[..., 3]
    bx, by, bz, bw = b[..., 0], b[..., 1], b[..., 2], b[..., 3]
    result: F32 = np.stack(
        [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ],
        axis=-1,
    )
    return result


def conjugate(q: F32) -> F32:
    """(..., 4) -> (..., 4), the turn back."""
    result: F32 = q * np.array([-1, -1, -1, 1], q.dtype)
    return result


def turned(q: F32, v: F32) -> F32:
    """(..., 4), (..., 3) -> (..., 3): v turned by q."""
    axis = q[..., :3]
    half = 2 * np.cross(axis, v)
    result: F32 = v + q[..., 3:] * half + np.cross(axis, half)
    return result
