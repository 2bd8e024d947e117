"""Products of single quaternions and vectors on plain floats: x, y, z, w, and x, y, z.

A pose needs about ten of them, scattered over the legs. One array operation costs as much as three of these, and many
times as much when the processor's caches are cold, as they are between two frames.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Quaternion = tuple[float, float, float, float]
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
