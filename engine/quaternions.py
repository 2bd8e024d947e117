"""Products of single quaternions and vectors on plain floats: x, y, z, w of length 1, and x, y, z.

Part of the engine's vocabulary. A pose needs a few dozen of them, one at a time. One array operation costs as much as
three of these, and many times as much when the processor's caches are cold, as they are between two frames; SciPy's
Rotation, made for long arrays, costs some ten times as much.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.types import F64

Quaternion = tuple[float, float, float, float]
"""x, y, z, w of length 1."""
Vector = tuple[float, float, float]


def product(a: Sequence[float], b: Sequence[float]) -> Quaternion:
    """Return a · b: b first, then a."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def between(a: Sequence[float], b: Sequence[float]) -> Quaternion:
    """Return a⁻¹ · b: the turn of b against a."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx - ax * bw - ay * bz + az * by,
        aw * by + ax * bz - ay * bw - az * bx,
        aw * bz - ax * by + ay * bx - az * bw,
        aw * bw + ax * bx + ay * by + az * bz,
    )


def turned(q: Sequence[float], v: Sequence[float]) -> Vector:
    """Return the vector turned by the unit quaternion."""
    x, y, z, w = q
    vx, vy, vz = v
    tx, ty, tz = 2 * (y * vz - z * vy), 2 * (z * vx - x * vz), 2 * (x * vy - y * vx)
    return vx + w * tx + y * tz - z * ty, vy + w * ty + z * tx - x * tz, vz + w * tz + x * ty - y * tx


def turned_back(q: Sequence[float], v: Sequence[float]) -> Vector:
    """Return the vector turned by the inverse of the unit quaternion."""
    x, y, z, w = q
    vx, vy, vz = v
    tx, ty, tz = 2 * (z * vy - y * vz), 2 * (x * vz - z * vx), 2 * (y * vx - x * vy)
    return vx + w * tx - y * tz + z * ty, vy + w * ty - z * tx + x * tz, vz + w * tz - x * ty + y * tx


def arc(start: Sequence[float], end: Sequence[float]) -> Quaternion:
    """Return the shortest turn from one direction to the other. Opposite directions give the identity."""
    ax, ay, az = start
    bx, by, bz = end
    w = math.sqrt((ax * ax + ay * ay + az * az) * (bx * bx + by * by + bz * bz)) + ax * bx + ay * by + az * bz
    x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    length = math.sqrt(x * x + y * y + z * z + w * w)
    if length < 1e-12:
        return 0.0, 0.0, 0.0, 1.0
    return x / length, y / length, z / length, w / length


def inverse(q: Quaternion) -> Quaternion:
    """Return the rotation back."""
    return -q[0], -q[1], -q[2], q[3]


def from_vector(x: float, y: float, z: float) -> Quaternion:
    """Return the turn about a vector by its length, radians."""
    angle = math.sqrt(x * x + y * y + z * z)
    factor = 0.5 if angle < 1e-9 else math.sin(angle / 2) / angle
    return factor * x, factor * y, factor * z, math.cos(angle / 2)


def to_vector(q: Quaternion) -> tuple[float, float, float]:
    """Return the vector that `from_vector` takes, the short way round."""
    x, y, z, w = q if q[3] >= 0 else (-q[0], -q[1], -q[2], -q[3])
    sine = math.sqrt(x * x + y * y + z * z)
    factor = 2.0 if sine < 1e-9 else 2 * math.atan2(sine, w) / sine
    return factor * x, factor * y, factor * z


def matrix_of(q: Quaternion) -> F64:
    """Return the matrix (3, 3)."""
    x, y, z, w = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def quaternion_of(matrix: F64) -> Quaternion:
    """Return the quaternion of a rotation (3, 3), w >= 0. Shepperd's way: by the largest of the four."""
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    squares = (1 + a - e - i, 1 - a + e - i, 1 - a - e + i, 1 + a + e + i)  # 4 x², 4 y², 4 z², 4 w²
    largest = max(range(4), key=squares.__getitem__)
    rows = (
        (squares[0], b + d, c + g, h - f),
        (b + d, squares[1], f + h, c - g),
        (c + g, f + h, squares[2], d - b),
        (h - f, c - g, d - b, squares[3]),
    )[largest]
    length = math.sqrt(sum(value * value for value in rows))
    if rows[3] < 0:
        length = -length
    return rows[0] / length, rows[1] / length, rows[2] / length, rows[3] / length
