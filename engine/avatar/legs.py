"""An avatar's legs in a pose: limbs keep the performer's directions, soles are within millimetres of where they belong.

Hips are placed so that a leg of the same proportions lands where it should. What is left comes from feet, thighs and
shins of other proportions, or hip joints at another width, and differs from leg to leg. In this order:

1. the hips rise or fall with the foot that stands; with both feet down, a sole may be `_TOLERANCE_M` off;
2. a foot that stands on its toes is turned about its ankle: flatter where it is long for these legs, else steeper;
3. knees bend by two-bone inverse kinematics; where a leg is too short, the hips come down.

Almost all conflicts are settled by the first two (avatars of six builds, three demo clips: ARCHITECTURE.md).
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
_TOLERANCE_M = 0.009  # a knee that takes up as much turns thigh and shin by up to ten degrees
_NEVER = 1e-3  # nearness of a sole in the air: its height asks for nothing
_STEEPEST = 0.999  # of a foot's length
_BALL_FORWARD = 0.19  # of the leg's length: the ball of a foot without toes
_FRONT: Vector = (0.0, 0.0, 1.0)
_UP: Vector = (0.0, 1.0, 0.0)


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


class LegTurns(NamedTuple):
    """World orientations on the avatar. Those that stay the performer's are the same objects."""

    thigh: Quaternion
    shin: Quaternion
    foot: Quaternion


class _Reached(NamedTuple):
    """Where a leg with the performer's directions ends. World, metres."""

    hip: Vector
    knee: Vector
    ankle: Vector
    toes: Vector  # from the ankle
    heel_m: float  # how much higher the ankle is over the sole than with a flat foot
    rise_m: float  # that puts the sole where it belongs
    above_m: float  # how far that is above the floor: the performer's height, never below it
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
) -> tuple[Vector, list[LegTurns]]:
    """Return where the hips go, and how each leg is turned."""
    reached = [_reached(hips, turn, leg, pose) for leg, pose in zip(legs, poses, strict=True)]
    flatter = _flatter(reached)
    lift = _lift(reached, flatter)
    drop, rises = 0.0, []
    for leg, at, flat_m in zip(legs, reached, flatter, strict=True):
        flat_m += _not_sinking(at, flat_m, lift)
        rises.append((flat_m, _rise(at, flat_m, lift)))
        drop = max(drop, _missing(leg, at, rises[-1][1]))
    if drop > 0.0:
        rises = [(flat_m, _rise(at, flat_m, lift - drop)) for at, (flat_m, _) in zip(reached, rises, strict=True)]
    turns = [
        LegTurns(*_bent(leg, pose, at, rise_m), _flattened(pose, at, flat_m))
        for leg, pose, at, (flat_m, rise_m) in zip(legs, poses, reached, rises, strict=True)
    ]
    return (hips[0], hips[1] + lift - drop, hips[2]), turns


def _reached(hips: Vector, turn: Quaternion, leg: Leg, pose: LegPose) -> _Reached:
    hip = _sum(hips, turned(turn, leg.hip))
    knee = _sum(hip, turned(pose.thigh, leg.thigh))
    ankle = _sum(knee, turned(pose.shin, leg.shin))
    toes = turned(pose.foot, leg.toes)
    heel_m = max(0.0, leg.toes[1] - toes[1])
    above_m = max(pose.sole_m, 0.0)
    share = above_m / (leg.thigh_m + leg.shin_m)
    nearness = _nearness(share)
    say = nearness / (1.0 + (share / _STANDS) ** 2)
    rise_m = above_m - (ankle[1] - leg.ankle_m - heel_m)
    return _Reached(hip, knee, ankle, toes, heel_m, rise_m, above_m, nearness, say)


def _flatter(reached: Sequence[_Reached]) -> list[float]:
    """Return by how much the heel of each foot comes down so that both soles get along with the same hips.

    Only a heel that is up moves: to the floor at most or, below 0, to twice its height where the feet are short.
    """
    flatter = [0.0, 0.0]
    low = 0 if reached[0].rise_m > reached[1].rise_m else 1  # the sole that is too low
    one, other = reached[low], reached[1 - low]
    if min(one.nearness, other.nearness) > _NEVER:
        conflict = one.rise_m - _TOLERANCE_M / one.nearness - other.rise_m - _TOLERANCE_M / other.nearness
        flatter[low] = min(max(conflict, 0.0), one.heel_m)
        flatter[1 - low] = -min(max(conflict, 0.0) - flatter[low], other.heel_m)
    return flatter


def _lift(reached: Sequence[_Reached], flatter: Sequence[float]) -> float:
    """Return how much the hips rise: with the foot that stands; with both, within their tolerance."""
    lowest, highest, wanted, says, pushed = -math.inf, math.inf, 0.0, 0.0, 0.0
    for at, flat_m in zip(reached, flatter, strict=True):
        rise_m, says = at.rise_m - flat_m, says + at.say
        wanted += at.say * rise_m
        if at.nearness > _NEVER:
            give = _TOLERANCE_M / at.nearness
            lowest, highest = max(lowest, rise_m - give), min(highest, rise_m + give)
    wanted /= max(1.0, says)
    if lowest <= highest:
        return min(max(wanted, lowest), highest)
    for at, flat_m in zip(reached, flatter, strict=True):  # a conflict that the knees settle, by who has more say
        rise_m, give = at.rise_m - flat_m, _TOLERANCE_M / at.nearness
        pushed += at.say * (lowest if rise_m - give >= lowest else highest)
    return pushed / max(says, 1e-9)


def _not_sinking(at: _Reached, flat_m: float, hips_m: float) -> float:
    """Return by how much more the heel of a foot in the air comes down, so that its toes stay out of the floor."""
    rise_m = at.rise_m - flat_m - hips_m
    sinks_m = rise_m - at.above_m - max(_TOLERANCE_M, at.nearness * rise_m - _TOLERANCE_M)
    return min(max(sinks_m, 0.0), max(at.heel_m - flat_m, 0.0))


def _rise(at: _Reached, flat_m: float, hips_m: float) -> float:
    """Return by how much an ankle rises against hips that rose by `hips_m`; no sole sinks deep into the floor."""
    rise_m = at.rise_m - flat_m - hips_m
    needed = at.nearness * rise_m
    needed = math.copysign(max(0.0, abs(needed) - _TOLERANCE_M), needed)
    return max(needed, rise_m - at.above_m - _TOLERANCE_M)


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


def _flattened(pose: LegPose, at: _Reached, flat_m: float) -> Quaternion:
    """Return the foot's orientation with its heel lower by so much, its toes' end where it was over the floor."""
    if abs(flat_m) < _IDLE_M:
        return pose.foot
    x, y, z = at.toes
    length = math.hypot(x, y, z)
    wanted = min(max(y + flat_m, -_STEEPEST * length), _STEEPEST * length)
    ux, _, uz = turned(pose.foot, _UP)  # where a foot that points straight down would point
    x, z = x + _KNEE_BIAS * length * ux, z + _KNEE_BIAS * length * uz
    ahead = math.sqrt(length * length - wanted * wanted) / max(math.hypot(x, z), 1e-12)
    return product(arc(at.toes, (ahead * x, wanted, ahead * z)), pose.foot)


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
