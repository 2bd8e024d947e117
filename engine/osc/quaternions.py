"""Products and turns of unit quaternions x, y, z, w, batched along leading axes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.types import F32


def _product_map() -> NDArray[np.float32]:
    """(16, 4) P: the outer product of two quaternions, flattened, times P is their Hamilton product."""
    x, y, z, w = range(4)
    terms = [
        [(w, x, 1), (x, w, 1), (y, z, 1), (z, y, -1)],
        [(w, y, 1), (x, z, -1), (y, w, 1), (z, x, 1)],
        [(w, z, 1), (x, y, 1), (y, x, -1), (z, w, 1)],
        [(w, w, 1), (x, x, -1), (y, y, -1), (z, z, -1)],
    ]
    P = np.zeros((4, 4, 4), np.float32)
    for entry, products in enumerate(terms):
        for a, b, factor in products:
            P[a, b, entry] = factor
    return P.reshape(16, 4)


_PRODUCT_MAP = _product_map()


def product(a: F32, b: F32) -> F32:
    """(..., 4), (..., 4) -> (..., 4): first b, then a (Hamilton)."""
    outer = a[..., :, None] * b[..., None, :]
    result: F32 = np.dot(outer.reshape(-1, 16), _PRODUCT_MAP).reshape(outer.shape[:-1])
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
