"""Rotations: 6D, matrices, quaternions (x, y, z, w), axis-angle. One implementation for NumPy and torch, batched.

The array library is that of the argument (array API standard): the results are equal, and torch can differentiate.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from models.array_library import array_namespace

Array: TypeAlias = Any  # a NumPy array or a torch tensor

_TINY = 1e-8


def _normalized(x: Array) -> Array:
    """Normalise (..., n) to unit length along the last axis."""
    xp = array_namespace(x)
    length = xp.sqrt(xp.sum(x * x, axis=-1, keepdims=True))
    return x / xp.clip(length, _TINY, None)


def _cross(a: Array, b: Array) -> Array:
    """Return the cross product of (..., 3) and (..., 3), broadcasting."""
    xp = array_namespace(a)
    return xp.stack(
        [
            a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1],
            a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2],
            a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0],
        ],
        axis=-1,
    )


def _orthonormal(x: Array) -> tuple[Array, Array]:
    """Return two orthonormal columns (..., 3) for (..., 6) (Zhou et al. 2019, eq. 15)."""
    xp = array_namespace(x)
    first = _normalized(x[..., :3])
    second = x[..., 3:] - xp.sum(first * x[..., 3:], axis=-1, keepdims=True) * first
    return first, _normalized(second)


def rotation_6d_to_matrix(x: Array) -> Array:
    """Convert (..., 6) to (..., 3, 3): the first two columns, made orthonormal (Zhou et al. 2019, eq. 15)."""
    xp = array_namespace(x)
    first, second = _orthonormal(x)
    return xp.stack([first, second, _cross(first, second)], axis=-1)


def orthonormal_6d(x: Array) -> Array:
    """Return the same rotation (..., 6) with orthonormal columns."""
    xp = array_namespace(x)
    return xp.concat(_orthonormal(x), axis=-1)


def matrix_to_rotation_6d(matrix: Array) -> Array:
    """Convert (..., 3, 3) to (..., 6): the first two columns, concatenated."""
    xp = array_namespace(matrix)
    return xp.concat([matrix[..., :, 0], matrix[..., :, 1]], axis=-1)


def quaternion_to_matrix(quaternion: Array) -> Array:
    """Convert (..., 4) x, y, z, w of any length to (..., 3, 3)."""
    xp = array_namespace(quaternion)
    q = _normalized(quaternion)
    x, y, z, w = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    rows = [
        *(1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        *(2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        *(2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    ]
    return xp.reshape(xp.stack(rows, axis=-1), (*x.shape, 3, 3))


def matrix_to_quaternion(matrix: Array) -> Array:
    """Convert (..., 3, 3) to (..., 4) x, y, z, w with w >= 0.

    Of four candidates (one per component from the diagonal) the best conditioned is used.
    """
    xp = array_namespace(matrix)
    m = [[matrix[..., i, j] for j in range(3)] for i in range(3)]
    xx = 1 + m[0][0] - m[1][1] - m[2][2]
    yy = 1 - m[0][0] + m[1][1] - m[2][2]
    zz = 1 - m[0][0] - m[1][1] + m[2][2]
    ww = 1 + m[0][0] + m[1][1] + m[2][2]
    xy, xz, yz = m[0][1] + m[1][0], m[0][2] + m[2][0], m[1][2] + m[2][1]
    xw, yw, zw = m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]
    candidates = xp.stack(
        [
            xp.stack([xx, xy, xz, xw], axis=-1),
            xp.stack([xy, yy, yz, yw], axis=-1),
            xp.stack([xz, yz, zz, zw], axis=-1),
            xp.stack([xw, yw, zw, ww], axis=-1),
        ],
        axis=-2,
    )  # (..., 4 candidates, 4)
    squared = xp.stack([xx, yy, zz, ww], axis=-1)
    device = getattr(matrix, "device", None)
    best = xp.arange(4, device=device) == xp.argmax(squared, axis=-1)[..., None]
    weights = xp.astype(best, matrix.dtype)[..., None]
    aligned = xp.where(candidates[..., 3:] < 0, -candidates, candidates)
    quaternion = _normalized(xp.sum(aligned * weights, axis=-2))
    return xp.where(quaternion[..., 3:] < 0, -quaternion, quaternion)


def axis_angle_to_matrix(axis_angle: Array) -> Array:
    """Convert a rotation vector (..., 3) in radians to (..., 3, 3) (through the quaternion exponential)."""
    xp = array_namespace(axis_angle)
    angle = xp.sqrt(xp.sum(axis_angle * axis_angle, axis=-1, keepdims=True) + _TINY**2)
    xyz = axis_angle / angle * xp.sin(angle / 2)
    return quaternion_to_matrix(xp.concat([xyz, xp.cos(angle / 2)], axis=-1))


def geodesic_angle(a: Array, b: Array) -> Array:
    """Return the angle (...,) in radians of the rotation between (..., 3, 3) pairs, accurate near 0 and pi."""
    xp = array_namespace(a)
    relative = xp.matmul(xp.matrix_transpose(a), b)
    trace = relative[..., 0, 0] + relative[..., 1, 1] + relative[..., 2, 2]
    x = relative[..., 2, 1] - relative[..., 1, 2]
    y = relative[..., 0, 2] - relative[..., 2, 0]
    z = relative[..., 1, 0] - relative[..., 0, 1]
    return xp.atan2(xp.sqrt(x * x + y * y + z * z + _TINY**2), trace - 1)


def rotation_between(a: Array, b: Array) -> Array:
    """Return the shortest rotation (..., 3, 3) from direction a to direction b, (..., 3) each."""
    xp = array_namespace(a)
    a, b = _normalized(a), _normalized(b)
    half = a + b
    opposite = xp.sum(half * half, axis=-1, keepdims=True) < _TINY
    axis = _cross(a, b)
    w = 1 + xp.sum(a * b, axis=-1, keepdims=True)
    zero = xp.zeros_like(a[..., 0])
    across_x = xp.stack([zero, a[..., 2], -a[..., 1]], axis=-1)  # a x (1, 0, 0)
    across_y = xp.stack([-a[..., 2], zero, a[..., 0]], axis=-1)  # a x (0, 1, 0), where a is near the x axis
    across = xp.where(xp.abs(a[..., :1]) < 0.8, across_x, across_y)
    xyz = xp.where(opposite, across + xp.zeros_like(axis), axis)
    return quaternion_to_matrix(xp.concat([xyz, xp.where(opposite, xp.zeros_like(w), w)], axis=-1))
