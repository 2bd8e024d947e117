"""An avatar's legs in a pose: soles at the height of the performer's, by two-bone inverse kinematics.

Hips are placed so that a leg of the same proportions lands where it should. What is left comes from thighs, shins and
feet of other proportions or hip joints at another width. The hips rise or fall with the foot that stands, so that its
leg keeps its direction. What the feet then differ by the knees take up; where a leg is too short, the hips come down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine.avatar.avatar import Avatar
from engine.quaternions import Quaternion, Vector, arc, product, turned
from engine.types import F64

_STRAIGHTEST = 0.9999  # of a leg's length; a leg that is straighter already stays so
_FOLDED = 1.02  # of the least distance that thigh and shin leave between hip and ankle
_NEAR, _FAR = 0.01, 0.06  # a sole below the first (leg lengths) follows the floor, one above the second does not
_STANDS = 0.01  # a sole this high (leg lengths) has half the say of one on the floor in how high the hips are
_KNEE_BIAS = 1e-3  # how much the front of the thigh says which way a straight leg's knee bends
_IDLE_M = 1e-6
_BALL_FORWARD = 0.19  # of the leg's length: the ball of a foot without toes
_FRONT: Vector = (0.0, 0.0, 1.0)


class Leg(NamedTuple):
    """One leg of an avatar at rest; metres, our axes."""

    hip: Vector  # the hip joint from the hips
    thigh: Vector  # hip to knee
    shin: Vector  # knee to ankle
    toes: Vector  # ankle to toes
    ankle_m: float  # height over the sole
    thigh_m: float  # lengths
    shin_m: float


class LegPose(NamedTuple):
    """World orientations of one leg, and how high the performer's sole is, scaled to the avatar, metres."""

    thigh: Quaternion
    shin: Quaternion
    foot: Quaternion
    sole_m: float


class _Reached(NamedTuple):
    hip: Vector
    knee: Vector
    ankle: Vector
    rise_m: float  # that puts the sole at the performer's height
    above_m: float  # how far that height is above the floor, at least 0
    nearness: float  # 1 for a sole on or near the floor, 0 for one in the air, a smooth step between
    say: float  # 0..1 in how high the hips are


def leg_of(avatar: Avatar, side: str) -> Leg:
    """Return the left or right leg; the reader has checked that it reaches down."""
    hips, hip, knee, ankle = (
        avatar.bones[name].position for name in ("Hips", f"{side}UpperLeg", f"{side}LowerLeg", f"{side}Foot")
    )
    thigh, shin = _vector(knee - hip), _vector(ankle - knee)
    length = math.hypot(*thigh) + math.hypot(*shin)
    toes = avatar.bones.get(f"{side}Toes")
    ball = (0.0, -float(ankle[1]), _BALL_FORWARD * length) if toes is None else _vector(toes.position - ankle)
    return Leg(_vector(hip - hips), thigh, shin, ball, float(ankle[1]), math.hypot(*thigh), math.hypot(*shin))


def _vector(values: F64) -> Vector:
    x, y, z = values.tolist()
    return x, y, z


def standing(
    hips: Vector, turn: Quaternion, legs: Sequence[Leg], poses: Sequence[LegPose]
) -> tuple[Vector, list[tuple[Quaternion, Quaternion]]]:
    """Return where the hips go, and the world orientations of thigh and shin of each leg. Feet keep theirs."""
    reached = [_reached(hips, turn, leg, pose) for leg, pose in zip(legs, poses, strict=True)]
    lift = sum(at.say * at.rise_m for at in reached) / max(1.0, sum(at.say for at in reached))
    drop = max(0.0, *(_missing(leg, at, _rise(at, lift)) for leg, at in zip(legs, reached, strict=True)))
    rises = [_rise(at, lift - drop) for at in reached]
    turns = [_bent(*one) for one in zip(legs, poses, reached, rises, strict=True)]
    return (hips[0], hips[1] + lift - drop, hips[2]), turns


def _reached(hips: Vector, turn: Quaternion, leg: Leg, pose: LegPose) -> _Reached:
    hip = _sum(hips, turned(turn, leg.hip))
    knee = _sum(hip, turned(pose.thigh, leg.thigh))
    ankle = _sum(knee, turned(pose.shin, leg.shin))
    toes_m = ankle[1] + turned(pose.foot, leg.toes)[1]
    sole_m = min(ankle[1] - leg.ankle_m, toes_m - leg.ankle_m - leg.toes[1])
    share = pose.sole_m / (leg.thigh_m + leg.shin_m)
    nearness = _nearness(share)
    say = nearness / (1.0 + (max(share, 0.0) / _STANDS) ** 2)
    return _Reached(hip, knee, ankle, pose.sole_m - sole_m, max(pose.sole_m, 0.0), nearness, say)


def _rise(at: _Reached, hips_m: float) -> float:
    """Return by how much an ankle rises against hips that rose by `hips_m`; no sole sinks into the floor."""
    rise_m = at.rise_m - hips_m
    return max(at.nearness * rise_m, rise_m - at.above_m)


def _nearness(sole: float) -> float:
    """Return 1 for a sole on or near the floor, 0 for one in the air, and a smooth step between; leg lengths."""
    share = (sole - _NEAR) / (_FAR - _NEAR)
    if share <= 0.0:
        return 1.0
    return 0.0 if share >= 1.0 else 1.0 - share * share * (3.0 - 2.0 * share)


def _missing(leg: Leg, at: _Reached, rise_m: float) -> float:
    """Return by how much the hips must come down for the straight leg to reach, at most what the ankle has to fall."""
    if rise_m >= 0.0:
        return 0.0
    x, y, z = _difference(at.ankle, at.hip)
    across = x * x + z * z
    longest = max(_STRAIGHTEST * (leg.thigh_m + leg.shin_m), math.sqrt(across + y * y))
    reach = math.sqrt(max(longest * longest - across, 0.0))
    return min(max(0.0, -(y + rise_m) - reach), -rise_m)


def _bent(leg: Leg, pose: LegPose, at: _Reached, rise_m: float) -> tuple[Quaternion, Quaternion]:
    """Return thigh and shin so that the ankle rises by so much against the hips."""
    if abs(rise_m) < _IDLE_M:
        return pose.thigh, pose.shin
    before = _difference(at.ankle, at.hip)
    wanted = (before[0], before[1] + rise_m, before[2])
    thigh = _difference(at.knee, at.hip)
    ankle, knee = _two_bones(leg, thigh, before, wanted, turned(pose.thigh, _FRONT))
    shin_before, shin = _difference(before, thigh), _difference(ankle, knee)
    return product(arc(thigh, knee), pose.thigh), product(arc(shin_before, shin), pose.shin)


def _two_bones(leg: Leg, knee: Vector, ankle: Vector, wanted: Vector, front: Vector) -> tuple[Vector, Vector]:
    """Return the ankle nearest to the one that is wanted, and its knee, which bends in the plane it bent in.

    All from the hip joint; `front` says which way a straight leg's knee bends.
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
    """Return the part of the vector that is perpendicular to a direction."""
    dot = v[0] * along[0] + v[1] * along[1] + v[2] * along[2]
    return v[0] - dot * along[0], v[1] - dot * along[1], v[2] - dot * along[2]


def _sum(a: Vector, b: Vector) -> Vector:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def _difference(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]
