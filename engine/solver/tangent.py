"""Unit quaternions (x, y, z, w) and their tangent space (rotation vectors, radians), batched in NumPy.

Formulas: J. Solà, "Quaternion kinematics for the error-state Kalman filter" (2017), sections 1 and 2. Written for the
hot path: few array operations per call.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from engine.types import F64

_TINY = 1e-12


def multiply(a: F64, b: F64) -> F64:
    """(..., 4) x (..., 4) -> (..., 4): first b, then a."""
    ax, ay, az, aw = a[..., 0], a[..., 1], a[..., 2], a[..., 3]
    bx, by, bz, bw = b[..., 0], b[..., 1], b[..., 2], b[..., 3]
    product: F64 = np.stack(
        (
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ),
        axis=-1,
    )
    return product


def conjugate(quaternion: F64) -> F64:
    """(..., 4) -> (..., 4): the inverse rotation."""
    inverse: F64 = quaternion * _CONJUGATE
    return inverse


def exp(rotation_vector: F64) -> F64:
    """(..., 3) rotation vector -> (..., 4) unit quaternion."""
    angle = np.sqrt((rotation_vector * rotation_vector).sum(-1, keepdims=True))
    half = angle / 2
    scale = np.where(angle > _TINY, np.sin(half) / np.maximum(angle, _TINY), 0.5)
    return np.concatenate((rotation_vector * scale, np.cos(half)), axis=-1)


def log(quaternion: F64) -> F64:
    """(..., 4) unit quaternion -> (..., 3) rotation vector of the short way round, at most pi long."""
    q: F64 = quaternion * np.where(quaternion[..., 3:] < 0, -1.0, 1.0)
    sine = np.sqrt((q[..., :3] * q[..., :3]).sum(-1, keepdims=True))
    angle = 2 * np.arctan2(sine, q[..., 3:])
    vector: F64 = q[..., :3] * np.where(sine > _TINY, angle / np.maximum(sine, _TINY), 2.0)
    return vector


def same_hemisphere(quaternion: F64, reference: F64) -> F64:
    """(..., 4), (..., 4) -> the quaternion, its sign chosen nearest to the reference (same rotation)."""
    opposite = (quaternion * reference).sum(-1, keepdims=True) < 0
    return np.where(opposite, -quaternion, quaternion)


def cross(a: F64, b: F64) -> F64:
    """(..., 3) x (..., 3) -> (..., 3): right-handed cross product."""
    product: F64 = np.empty_like(a)
    product[..., 0] = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
    product[..., 1] = a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]
    product[..., 2] = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return product


def from_matrix(rotations: F64) -> F64:
    """(n, 3, 3) proper rotations -> (n, 4) unit quaternions, of either sign.

    4 q q^T is linear in R; of its four columns the one with the largest diagonal is the best conditioned (Shepperd).
    """
    products = (rotations.reshape(-1, 9) @ _PRODUCTS + _PRODUCTS_OFFSET).reshape(-1, 4, 4)
    best = products.diagonal(axis1=1, axis2=2).argmax(-1)
    quaternions = products[np.arange(len(best)), best]
    unit: F64 = quaternions / np.sqrt((quaternions * quaternions).sum(-1, keepdims=True))
    return unit


def to_matrix(quaternions: F64) -> F64:
    """(n, 4), not zero -> (n, 3, 3)."""
    rotations: F64 = Rotation.from_quat(quaternions).as_matrix()
    return rotations


def _product_table() -> tuple[F64, F64]:
    """(9, 16), (16,): the entries of R, row by row, to 4 q q^T, row by row."""
    table, offset = np.zeros((3, 3, 4, 4)), np.zeros((4, 4))
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        offset[i, i] = 1.0
        table[[0, 1, 2], [0, 1, 2], i, i] = -1.0
        table[i, i, i, i] = 1.0
        table[[i, j], [j, i], i, j] = table[[i, j], [j, i], j, i] = 1.0
        table[[k, j], [j, k], i, 3] = table[[k, j], [j, k], 3, i] = 1.0, -1.0
    offset[3, 3] = 1.0
    table[[0, 1, 2], [0, 1, 2], 3, 3] = 1.0
    return table.reshape(9, 16), offset.reshape(16)


_PRODUCTS, _PRODUCTS_OFFSET = _product_table()
_CONJUGATE = np.array([-1.0, -1.0, -1.0, 1.0])
