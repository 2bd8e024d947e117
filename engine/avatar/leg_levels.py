"""How high an avatar's soles are with the performer's leg directions, and what the legs give up where they conflict.

Hips are placed so that a leg of the same proportions lands where it should. What is left comes from feet, thighs and
shins of other proportions, or hip joints at another width, and differs from leg to leg. In this order:

1. the hips rise or fall with the foot that stands; with both feet down, a sole may be `_TOLERANCE_M` off;
2. a foot that stands on its toes is turned about its ankle: flatter where it is long for these legs, else steeper;
3. knees bend (legs.py).

Almost all conflicts are settled by the first two. Heights alone are computed, since most poses need no more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine.avatar.avatar import Avatar
from engine.quaternions import Vector, turned_back
from engine.types import F64

_NEAR, _FAR = 0.01, 0.06  # a sole below the first (leg lengths) follows the floor, one above the second does not
_STANDS = 0.01  # a sole this high (leg lengths) has half the say of one on the floor in how high the hips are
_TOLERANCE_M = 0.009  # a knee that takes up as much turns thigh and shin by up to ten degrees
_NEVER = 1e-3  # nearness of a sole in the air: its height asks for nothing
_BALL_FORWARD = 0.19  # of the leg's length: the ball of a foot without toes


class Leg(NamedTuple):
    """One leg of an avatar at rest; metres, our axes."""

    hip: Vector  # the hip joint from the hips
    thigh: Vector  # hip to knee
    shin: Vector  # knee to ankle
    toes: Vector  # ankle to toes
    ankle_m: float  # height over the sole
    thigh_m: float  # lengths
    shin_m: float


class Level(NamedTuple):
    """How high one leg with the performer's directions ends, and where it should. Metres."""

    heel_m: float  # how much higher the ankle is over the sole than with a flat foot
    rise_m: float  # that puts the sole where it belongs
    above_m: float  # how far that is above the floor: the performer's height, never below it
    nearness: float  # 1 for a sole on or near the floor, 0 for one in the air, a smooth step between
    say: float  # 0..1 in how high the hips are


class Change(NamedTuple):
    """What is asked of one leg. Metres."""

    flatter_m: float  # by how much the heel comes down, as the foot turns about its ankle
    rise_m: float  # of the ankle against the hips


UNCHANGED = (Change(0.0, 0.0),) * 2
"""Both legs stay as the performer's."""


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


def level_of(
    leg: Leg, up: Vector, turns: tuple[Sequence[float], Sequence[float], Sequence[float]], hips_m: float, sole_m: float
) -> Level:
    """Return how high a leg ends: heights alone, since most legs need no more.

    up      the world's up in the axes of the hips
    turns   local quaternions of thigh, shin and foot
    hips_m  height of the hips
    sole_m  the performer's sole over the floor, scaled to the avatar
    """
    at_thigh = turned_back(turns[0], up)
    at_shin = turned_back(turns[1], at_thigh)
    at_foot = turned_back(turns[2], at_shin)
    ankle_m = hips_m + _dot(up, leg.hip) + _dot(at_thigh, leg.thigh) + _dot(at_shin, leg.shin)
    heel_m = max(0.0, leg.toes[1] - _dot(at_foot, leg.toes))
    above_m = max(sole_m, 0.0)
    share = above_m / (leg.thigh_m + leg.shin_m)
    nearness = _nearness(share)
    say = nearness / (1.0 + (share / _STANDS) ** 2)
    return Level(heel_m, above_m - (ankle_m - leg.ankle_m - heel_m), above_m, nearness, say)


def standing(levels: Sequence[Level]) -> tuple[float, Sequence[Change]]:
    """Return by how much the hips rise, and what is asked of each leg. No leg changes in most poses: UNCHANGED."""
    (_, rise_m, above_m, nearness, say), (_, rise_2_m, above_2_m, nearness_2, say_2) = levels
    lift = (say * rise_m + say_2 * rise_2_m) / max(1.0, say + say_2)
    left_m, left_2_m = rise_m - lift, rise_2_m - lift
    if (
        max(nearness * abs(left_m), nearness_2 * abs(left_2_m)) <= _TOLERANCE_M
        and max(left_m - above_m, left_2_m - above_2_m) <= _TOLERANCE_M
    ):
        return lift, UNCHANGED
    flatter = _flatter(levels)
    lift = _lift(levels, flatter)
    changes = []
    for at, flat_m in zip(levels, flatter, strict=True):
        flat_m += _not_sinking(at, flat_m, lift)
        changes.append(Change(flat_m, _rise(at, flat_m, lift)))
    return lift, changes


def with_hips_lower(levels: Sequence[Level], lift: float, changes: Sequence[Change], drop: float) -> list[Change]:
    """Return what is asked of each leg when the hips come down by `drop`, because a leg is too short."""
    return [
        Change(one.flatter_m, _rise(at, one.flatter_m, lift - drop)) for at, one in zip(levels, changes, strict=True)
    ]


def _flatter(levels: Sequence[Level]) -> list[float]:
    """Return by how much the heel of each foot comes down so that both soles get along with the same hips.

    Only a heel that is up moves: to the floor at most or, below 0, to twice its height where the feet are short.
    """
    flatter = [0.0, 0.0]
    low = 0 if levels[0].rise_m > levels[1].rise_m else 1  # the sole that is too low
    one, other = levels[low], levels[1 - low]
    if min(one.nearness, other.nearness) > _NEVER:
        conflict = one.rise_m - _TOLERANCE_M / one.nearness - other.rise_m - _TOLERANCE_M / other.nearness
        flatter[low] = min(max(conflict, 0.0), one.heel_m)
        flatter[1 - low] = -min(max(conflict, 0.0) - flatter[low], other.heel_m)
    return flatter


def _lift(levels: Sequence[Level], flatter: Sequence[float]) -> float:
    """Return how much the hips rise: with the foot that stands; with both, within their tolerance."""
    lowest, highest, wanted, says, pushed = -math.inf, math.inf, 0.0, 0.0, 0.0
    for at, flat_m in zip(levels, flatter, strict=True):
        rise_m, says = at.rise_m - flat_m, says + at.say
        wanted += at.say * rise_m
        if at.nearness > _NEVER:
            give = _TOLERANCE_M / at.nearness
            lowest, highest = max(lowest, rise_m - give), min(highest, rise_m + give)
    wanted /= max(1.0, says)
    if lowest <= highest:
        return min(max(wanted, lowest), highest)
    for at, flat_m in zip(levels, flatter, strict=True):  # a conflict that the knees settle, by who has more say
        rise_m, give = at.rise_m - flat_m, _TOLERANCE_M / at.nearness
        pushed += at.say * (lowest if rise_m - give >= lowest else highest)
    return pushed / max(says, 1e-9)


def _not_sinking(at: Level, flat_m: float, hips_m: float) -> float:
    """Return by how much more the heel of a foot in the air comes down, so that its toes stay out of the floor."""
    rise_m = at.rise_m - flat_m - hips_m
    sinks_m = rise_m - at.above_m - max(_TOLERANCE_M, at.nearness * rise_m - _TOLERANCE_M)
    return min(max(sinks_m, 0.0), max(at.heel_m - flat_m, 0.0))


def _rise(at: Level, flat_m: float, hips_m: float) -> float:
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


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
