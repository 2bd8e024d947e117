"""An avatar's legs turned to do what leg_levels.py asks: two-bone inverse kinematics, and feet about their ankles.

Where a leg is too short for what is asked, the hips come down.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from engine.avatar.leg_levels import Change, Leg
from engine.quaternions import Quaternion, Vector, arc, product, turned

_STRAIGHTEST = 0.9999  # of a leg's length; a leg that is straighter already stays so
_FOLDED = 1.02  # of the least distance that thigh and shin leave between hip and ankle
_KNEE_BIAS = 1e-3  # how much the front of the thigh says which way a straight leg's knee bends
_IDLE_M = 1e-6
_STEEPEST = 0.999  # of a foot's length
_FRONT: Vector = (0.0, 0.0, 1.0)
_UP: Vector = (0.0, 1.0, 0.0)


class LegTurns(NamedTuple):
    """World orientations of one leg. Those that stay as they are stay the same objects."""

    thigh: Quaternion
    shin: Quaternion
    foot: Quaternion


def lack_m(leg: Leg, turns: LegTurns, rise_m: float) -> float:
    """Return by how much the hips must come down for the straight leg to reach, at most what the ankle has to fall.

    rise_m  that is asked of the ankle, against the hips
    """
    if rise_m >= 0.0:
        return 0.0
    x, y, z = _sum(turned(turns.thigh, leg.thigh), turned(turns.shin, leg.shin))
    across = x * x + z * z
    longest = max(_STRAIGHTEST * (leg.thigh_m + leg.shin_m), math.sqrt(across + y * y))
    reach = math.sqrt(max(longest * longest - across, 0.0))
    return min(max(0.0, -(y + rise_m) - reach), -rise_m)


def changed(leg: Leg, turns: LegTurns, change: Change) -> LegTurns:
    """Return the leg as it is asked to be."""
    thigh, shin, foot = turns
    if abs(change.rise_m) >= _IDLE_M:
        thigh, shin = _bent(leg, turns, change.rise_m)
    if abs(change.flatter_m) >= _IDLE_M:
        foot = _flattened(leg, foot, change.flatter_m)
    return LegTurns(thigh, shin, foot)


def _bent(leg: Leg, turns: LegTurns, rise_m: float) -> tuple[Quaternion, Quaternion]:
    """Return thigh and shin so that the ankle rises by so much against the hips."""
    thigh, shin = turned(turns.thigh, leg.thigh), turned(turns.shin, leg.shin)
    before = _sum(thigh, shin)
    wanted = (before[0], before[1] + rise_m, before[2])
    ankle, knee = _two_bones(leg, thigh, before, wanted, turned(turns.thigh, _FRONT))
    return product(arc(thigh, knee), turns.thigh), product(arc(shin, _difference(ankle, knee)), turns.shin)


def _flattened(leg: Leg, foot: Quaternion, flat_m: float) -> Quaternion:
    """Return the foot's orientation with its heel lower by so much, its toes' end where it was over the floor."""
    toes = turned(foot, leg.toes)
    x, y, z = toes
    length = math.hypot(x, y, z)
    wanted = min(max(y + flat_m, -_STEEPEST * length), _STEEPEST * length)
    ux, _, uz = turned(foot, _UP)  # where a foot that points straight down would point
    x, z = x + _KNEE_BIAS * length * ux, z + _KNEE_BIAS * length * uz
    ahead = math.sqrt(length * length - wanted * wanted) / max(math.hypot(x, z), 1e-12)
    return product(arc(toes, (ahead * x, wanted, ahead * z)), foot)


def _two_bones(leg: Leg, knee: Vector, ankle: Vector, wanted: Vector, front: Vector) -> tuple[Vector, Vector]:
    """Return the ankle nearest to the target, and the knee, which bends in its original plane.

    All relative to the hip joint; `front` decides how a straight leg's knee bends.
    """
    a, b = leg.thigh_m, leg.shin_m
    longest = max(_STRAIGHTEST * (a + b), math.hypot(*ankle))
    distance = math.hypot(*wanted)
    length = min(max(distance, _FOLDED * abs(a - b), 1e-3 * (a + b)), longest)
    x, y, z = wanted
    along = (x / distance, y / distance, z / distance) if distance > 1e-9 else (0.0, -1.0, 0.0)
    kx, ky, kz = _across(knee, along)
    fx, fy, fz = _across(front, along)
    bias = _KNEE_BIAS * a
    side = (kx + bias * fx, ky + bias * fy, kz + bias * fz)
    width = math.hypot(*side)
    base = (a * a - b * b + length * length) / (2 * length)
    out = math.sqrt(max(a * a - base * base, 0.0)) / width if width > 1e-12 else 0.0
    bent = (base * along[0] + out * side[0], base * along[1] + out * side[1], base * along[2] + out * side[2])
    return (length * along[0], length * along[1], length * along[2]), bent


def _across(v: Vector, along: Vector) -> Vector:
    """Return the component of the vector perpendicular to a direction."""
    dot = v[0] * along[0] + v[1] * along[1] + v[2] * along[2]
    return v[0] - dot * along[0], v[1] - dot * along[1], v[2] - dot * along[2]


def _sum(a: Vector, b: Vector) -> Vector:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def _difference(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]
