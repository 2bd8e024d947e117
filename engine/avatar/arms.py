"""Hands that touch the body touch it in the same place on an avatar with other arms (`reach=1`).

Away from the body an arm keeps the performer's directions. Near the head or the trunk the palm goes to the
corresponding place on the avatar's body: equally far along the trunk, and from its axis in widths of hips and
shoulders, or from the head in its radii. The elbow bends in its original plane, the hand keeps its orientation, and
between near and far the two are blended smoothly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from engine.avatar.avatar import PARENT_OF, Avatar
from engine.quaternions import arc
from engine.types import F32, F64, Pose
from models.detail_skeleton import DETAIL_NAMES, detail_offsets_m
from models.kinematics import posed, stature
from models.skeleton import JOINT

_SIDES = ("Left", "Right")
_LOW, _HIGH = ("LeftUpperLeg", "RightUpperLeg"), ("LeftUpperArm", "RightUpperArm")
_RADII = (1.8, 0.9)  # of the trunk, in half distances of the hip joints (lower end) and of the shoulders (upper end)
_TRUNK_NEAR, _TRUNK_FAR = 1.35, 2.0  # distances of the palm from the trunk's axis, radii
_HEAD_NEAR, _HEAD_FAR = 1.5, 2.4  # distances from the centre of the head, radii
_LOWEST = -0.25  # below the hip joints, in lengths of the axis
_EYES_UP = 0.036  # eyes above the head joint, body heights (models/detail_skeleton.py); also the centre of the head
_HEAD_RADIUS = 2.0  # in heights of the eyes above the head joint
_HEAD_HEIGHT = 0.87  # height of the head joint, body heights
_PALM = 0.5  # fraction of the way from the wrist to the root of the middle finger
_PALM_OF_FOREARM = 0.18
_STRAIGHTEST, _FOLDED = 0.9999, 1.02
_MIDDLE = [DETAIL_NAMES.index(f"{side}MiddleProximal") for side in _SIDES]


class _Sizes(NamedTuple):
    """Sizes of a body at rest; metres."""

    low_half_m: float  # half the distance of the hip joints
    high_half_m: float  # half the distance of the shoulder joints
    eyes_m: float  # height above the head joint
    palms: F64  # (2, 3) centre of the palm relative to the wrist


class _Body(NamedTuple):
    """Touchable body parts in one pose."""

    low: F64  # (3,) start of the trunk's axis, between the hip joints
    axis: F64  # (3,) from there to between the shoulder joints
    head: F64  # (3,) centre of the head


class ArmReach:
    """Adjusts the arms of one avatar. Any thread."""

    def __init__(self, avatar: Avatar, names: Sequence[str], sources: Mapping[str, str]) -> None:
        """Prepare.

        names    the bones that are sent, parents before children
        sources  for each bone, the performer's joint that gives its orientation
        """
        self._rest = {name: bone.position for name, bone in avatar.bones.items()}
        self._names, self._rows = list(names), {name: 4 * row for row, name in enumerate(names)}
        self._sources = {name: JOINT[source] for name, source in sources.items()}
        self._sizes = _avatar_sizes(avatar)
        self._performer: tuple[F32, _Sizes] | None = None  # replaced as a whole

    def __call__(self, pose: Pose, rotations: list[float], hips: Sequence[float], quaternions: list[float]) -> None:
        """Change upper arms, forearms and hands in `quaternions` if a palm is near the body."""
        local = Rotation.from_quat(np.array(rotations).reshape(-1, 4)).as_matrix()[None]
        joints, turns = posed(local, pose.rest_offsets_m.astype(np.float64), pose.root_m.astype(np.float64)[None])
        performer, world = joints[0], turns[0]
        theirs = {name: performer[row] for name, row in JOINT.items()}
        own = self._places(np.array(hips), world)
        sizes = self._performer_sizes(pose.rest_offsets_m)
        bodies = [_body(theirs, world, sizes), _body(own, world, self._sizes)]
        for side, name in enumerate(_SIDES):
            self._bend(side, name, theirs, own, world, sizes, bodies, quaternions)

    def _places(self, hips: F64, world: F64) -> dict[str, F64]:
        """Return the position of each avatar joint."""
        places = {"Hips": hips}
        for name, rest in self._rest.items():
            parent = self._above(name)
            if parent is not None:
                places[name] = places[parent] + world[self._sources[parent]] @ (rest - self._rest[parent])
        return places

    def _above(self, name: str) -> str | None:
        """Return the nearest ancestor that is sent; a leg depends on the standing hips."""
        parent = PARENT_OF.get(name)
        while parent is not None and parent not in self._sources:
            parent = PARENT_OF.get(parent)
        return parent

    def _performer_sizes(self, rest: F32) -> _Sizes:
        if self._performer is None or self._performer[0] is not rest:
            self._performer = (rest, _performer_sizes(rest))
        return self._performer[1]

    def _bend(
        self,
        side: int,
        name: str,
        theirs: Mapping[str, F64],
        own: Mapping[str, F64],
        world: F64,
        sizes: _Sizes,
        bodies: Sequence[_Body],
        quaternions: list[float],
    ) -> None:
        hand = world[JOINT[f"{name}Hand"]]
        palm = theirs[f"{name}Hand"] + hand @ sizes.palms[side]
        share, place = _reached(palm, sizes, self._sizes, bodies)
        if share <= 0.0:
            return
        shoulder, elbow, wrist = (own[f"{name}{part}"] for part in ("UpperArm", "LowerArm", "Hand"))
        wanted = wrist + share * (place - hand @ self._sizes.palms[side] - wrist)
        upper, lower = (world[JOINT[f"{name}{part}"]] for part in ("UpperArm", "LowerArm"))
        new_elbow, new_wrist = _two_bones(shoulder, elbow, wrist, wanted, -upper[:, 2])
        upper_turned = _turn(elbow - shoulder, new_elbow - shoulder) @ upper
        lower_turned = _turn(wrist - elbow, new_wrist - new_elbow) @ lower
        above = self._above(f"{name}UpperArm")
        chain = (world[self._sources[above or "Hips"]], upper_turned, lower_turned, hand)
        for part, parent, turned in zip(("UpperArm", "LowerArm", "Hand"), chain, chain[1:], strict=False):
            row = self._rows[f"{name}{part}"]
            quaternions[row : row + 4] = Rotation.from_matrix(parent.T @ turned).as_quat().tolist()


def _performer_sizes(rest: F32) -> _Sizes:
    tall = float(stature(rest.astype(np.float64)))
    places = rest.astype(np.float64)
    for name, parent in PARENT_OF.items():
        places[JOINT[name]] += places[JOINT[parent]]
    low, high = (_half(places[JOINT[left]], places[JOINT[right]]) for left, right in (_LOW, _HIGH))
    return _Sizes(low, high, _EYES_UP * tall, _PALM * detail_offsets_m(rest)[_MIDDLE].astype(np.float64))


def _avatar_sizes(avatar: Avatar) -> _Sizes:
    """Estimate sizes: the head by its eyes, else by the height; the palm by the middle finger, else by the forearm."""
    rest = {name: bone.position for name, bone in avatar.bones.items()}
    low, high = (_half(rest[left], rest[right]) for left, right in (_LOW, _HIGH))
    eyes = [avatar.details[name].position[1] for name in ("LeftEye", "RightEye") if name in avatar.details]
    eyes_m = float(np.mean(eyes) - rest["Head"][1]) if eyes else 0.0
    if eyes_m <= 0.0:
        eyes_m = _EYES_UP * float(rest["Head"][1]) / _HEAD_HEIGHT
    palms = []
    for side in _SIDES:
        wrist, finger = rest[f"{side}Hand"], avatar.details.get(f"{side}MiddleProximal")
        forearm = wrist - rest[f"{side}LowerArm"]
        palms.append(_PALM_OF_FOREARM * forearm if finger is None else _PALM * (finger.position - wrist))
    return _Sizes(low, high, eyes_m, np.stack(palms))


def _half(left: F64, right: F64) -> float:
    return max(float(np.linalg.norm(left - right)) / 2, 1e-3)


def _body(places: Mapping[str, F64], world: F64, sizes: _Sizes) -> _Body:
    low, high = ((places[left] + places[right]) / 2 for left, right in (_LOW, _HIGH))
    up = world[JOINT["Head"]][:, 1]
    return _Body(low, high - low, places["Head"] + sizes.eyes_m * up)


def _reached(palm: F64, theirs: _Sizes, own: _Sizes, bodies: Sequence[_Body]) -> tuple[float, F64]:
    """Return how much the avatar's palm belongs to the body (0..1), and its target."""
    performer, avatar = bodies
    along = float((palm - performer.low) @ performer.axis) / max(float(performer.axis @ performer.axis), 1e-6)
    along = min(max(along, _LOWEST), 1.0)
    across = palm - performer.low - along * performer.axis
    mix = max(along, 0.0)
    radius, own_radius = (_mixed(_RADII[0] * one.low_half_m, _RADII[1] * one.high_half_m, mix) for one in (theirs, own))
    by_trunk = _near(float(np.linalg.norm(across)) / radius, _TRUNK_NEAR, _TRUNK_FAR)
    from_head, head_m = palm - performer.head, _HEAD_RADIUS * theirs.eyes_m
    by_head = _near(float(np.linalg.norm(from_head)) / head_m, _HEAD_NEAR, _HEAD_FAR)
    by_trunk *= 1.0 - by_head  # a hand at the face is near the shoulders, too
    if by_trunk + by_head <= 0.0:
        return 0.0, palm
    at_trunk = avatar.low + along * avatar.axis + across * (own_radius / radius)
    at_head = avatar.head + from_head * (own.eyes_m / theirs.eyes_m)
    place: F64 = (by_trunk * at_trunk + by_head * at_head) / (by_trunk + by_head)
    return max(by_trunk, by_head), place


def _mixed(low: float, high: float, share: float) -> float:
    return low + share * (high - low)


def _near(distance: float, near: float, far: float) -> float:
    """Return 1 up to the near distance, 0 from the far one, smooth in between."""
    share = min(max((far - distance) / (far - near), 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)


def _two_bones(shoulder: F64, elbow: F64, wrist: F64, wanted: F64, back: F64) -> tuple[F64, F64]:
    """Return elbow and wrist, with the wrist as near to the target as the arm allows."""
    first, second = float(np.linalg.norm(elbow - shoulder)), float(np.linalg.norm(wrist - elbow))
    way = wanted - shoulder
    distance = max(float(np.linalg.norm(way)), 1e-9)
    along = way / distance
    length = min(max(distance, _FOLDED * abs(first - second), 1e-3), _STRAIGHTEST * (first + second))
    side = elbow - shoulder + 1e-3 * first * back
    side = side - (side @ along) * along
    base = (first * first - second * second + length * length) / (2 * length)
    out = np.sqrt(max(first * first - base * base, 0.0)) / max(float(np.linalg.norm(side)), 1e-12)
    return shoulder + base * along + out * side, shoulder + length * along


def _turn(start: F64, end: F64) -> F64:
    """Return the shortest rotation (3, 3) from one direction to the other."""
    matrix: F64 = Rotation.from_quat(arc(start.tolist(), end.tolist())).as_matrix()
    return matrix
