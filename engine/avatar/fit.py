"""Fit a pose to an avatar's bones: the performer's world orientations on the avatar's own skeleton.

Bones that the avatar lacks are left out and every other bone keeps its orientation in the world; only the end of the
trunk moves down to the last bone there is, so that shoulders and neck stay where they belong. Travel and hips height
scale with the legs; soles stay at the performer's height over the floor (engine/avatar/leg_levels.py).

Source of the raw rotations: vrm-specification, VRMC_vrm_animation-1.0, how_to_transform_human_pose.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from engine.avatar.arms import ArmReach
from engine.avatar.avatar import PARENT_OF, Avatar, Bone
from engine.avatar.leg_levels import UNCHANGED, Change, Leg, Level, leg_of, level_of, standing, with_hips_lower
from engine.avatar.legs import LegTurns, changed, lack_m
from engine.quaternions import Quaternion, Vector, between, product, turned
from engine.types import F32, F64, Pose
from models.kinematics import hips_height
from models.skeleton import FEET, JOINT, JOINT_NAMES, LOWER, TOES

_TRUNK = ("Hips", "Spine", "Chest", "UpperChest")
_SIDES = ("Left", "Right")
_LEG_NAMES = tuple(tuple(side + name for name in ("UpperLeg", "LowerLeg", "Foot", "Toes")) for side in _SIDES)
_HIP_JOINTS = [JOINT[names[0]] for names in _LEG_NAMES]
_KNEES = [JOINT[names[1]] for names in _LEG_NAMES]
_ROWS = tuple((JOINT[names[0]], JOINT[names[1]], JOINT[names[2]], JOINT[names[3]]) for names in _LEG_NAMES)
_SHORTEST_LEG_M = 0.05


class Fitted(NamedTuple):
    """Bones of one pose, our axes."""

    hips: Vector  # world, metres
    quaternions: list[float]  # (4B,) x, y, z, w per bone, relative to its parent bone; Hips in the world


class _Performer(NamedTuple):
    """Proportions of the performer; metres."""

    rest_offsets_m: F32  # source of the other values
    leg_m: float  # hip joint above ankle
    hip_joint_m: float  # hip joints above the hips
    ankle_m: float  # above the sole, mean of both
    soles_m: tuple[tuple[float, float], ...]  # of each foot: ankle and toes above the sole


class AvatarFit:
    """Fits poses to one avatar. The newest pose is cached for all targets with this avatar. Any thread."""

    def __init__(
        self, avatar: Avatar, *, folded: frozenset[str] = frozenset(), legs: bool = True, reach: bool = False
    ) -> None:
        """Prepare everything that does not depend on the pose.

        folded  bones of the avatar unknown to the receiver
        legs    False: the receiver moves legs and feet itself
        reach   hands that touch the body also touch it on the avatar (engine/avatar/arms.py)
        """
        kept = [name for name in JOINT_NAMES if name in avatar.bones and name not in folded]
        without = () if legs else tuple(JOINT_NAMES[joint] for joint in LOWER if JOINT_NAMES[joint] != "Hips")
        self._paths = [_path(name, kept) for name in kept if name not in without]
        self.names = [name for name in kept if name not in without]
        self.bones: list[Bone] = [avatar.bones[name] for name in self.names]
        self._parents = [_nearest(name, kept) for name in self.names]
        self._avatar = avatar
        self._pick = itemgetter(*(4 * path[-1] + axis for path in self._paths for axis in range(4)))
        self._products = [(4 * row, path) for row, path in enumerate(self._paths) if len(path) > 1]
        self._legs: tuple[Leg, ...] = tuple(leg_of(avatar, side) for side in _SIDES) if legs else ()
        self._leg_rows = []
        if legs:
            self._leg_rows = [
                [4 * self.names.index(name) for name in names if name in self.names] for names in _LEG_NAMES
            ]
        hips, joints = avatar.hips_height_m, [avatar.bones[names[0]].position[1] for names in _LEG_NAMES]
        self._ankle_m = float(np.mean([avatar.bones[names[2]].position[1] for names in _LEG_NAMES]))
        self._hip_joint_m = float(np.mean(joints)) - hips
        self._leg_m = float(np.mean(joints)) - self._ankle_m
        sources = {name: _source(name, kept) for name in kept}
        self._reach = ArmReach(avatar, self.names, sources) if reach else None
        self._performer: _Performer | None = None  # this and the next are replaced as a whole
        self._newest: tuple[Pose, Fitted] | None = None

    def __call__(self, pose: Pose, rotations: list[float], joints: list[float]) -> Fitted:
        """Fit a pose; `rotations` (88,) and `joints` (66,) are its numbers as plain floats. The result is read-only."""
        newest = self._newest
        if newest is not None and newest[0] is pose:
            return newest[1]
        quaternions = list(self._pick(rotations))
        for row, path in self._products:
            quaternions[row : row + 4] = _composed(rotations, path)
        performer = self._proportions(pose)
        hips = self._hips(performer, rotations, joints)
        if self._legs:
            hips = self._stand(performer, hips, rotations, joints, quaternions)
        if self._reach is not None:
            self._reach(pose, rotations, hips, quaternions)
        fitted = Fitted(hips, quaternions)
        self._newest = (pose, fitted)
        return fitted

    def offsets(self) -> F32:
        """(B, 3) offset of each bone from its parent bone in the T-pose, world axes, metres; zero for the Hips."""
        positions = {name: bone.position for name, bone in self._avatar.bones.items()}
        steps = [
            positions[name] - positions[parent] if parent else np.zeros(3)
            for name, parent in zip(self.names, self._parents, strict=True)
        ]
        return np.array(steps, np.float32)

    def _proportions(self, pose: Pose) -> _Performer:
        """Return the proportions; cached by their array, since they seldom change."""
        rest = pose.rest_offsets_m
        if self._performer is None or self._performer.rest_offsets_m is not rest:
            drop = -(rest[_KNEES, 1] + rest[list(FEET), 1])
            ankles = float(hips_height(rest)) + rest[_HIP_JOINTS, 1] - drop
            toes = ankles + rest[list(TOES), 1]
            self._performer = _Performer(
                rest,
                max(float(drop.mean()), _SHORTEST_LEG_M),
                float(rest[_HIP_JOINTS, 1].mean()),
                float(ankles.mean()),
                tuple(zip(ankles.tolist(), toes.tolist(), strict=True)),
            )
        return self._performer

    def _hips(self, performer: _Performer, rotations: list[float], joints: list[float]) -> Vector:
        """Return the position of the hips: hip joints above the ankles, and travel, in proportion to the legs.

        Not the Hips bones, which may be at the waist or between the hip joints, and are the pivot of a bow.
        """
        scale = self._leg_m / performer.leg_m
        x, y, z = joints[:3]
        level = self._ankle_m + (y - performer.ankle_m) * scale
        dx, dy, dz = turned(rotations[:4], (0.0, scale * performer.hip_joint_m - self._hip_joint_m, 0.0))
        return scale * x + dx, level + dy, scale * z + dz

    def _stand(
        self, performer: _Performer, hips: Vector, rotations: list[float], joints: list[float], quaternions: list[float]
    ) -> Vector:
        """Put the soles where they should be: change what must turn of each leg in `quaternions`, return the hips."""
        scale = self._leg_m / performer.leg_m
        x, y, z, w = rotations[:4]
        up = (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w))  # the world's, in the axes of the hips
        levels = []
        for leg, (thigh, shin, foot, toes), (ankle_m, toes_m) in zip(self._legs, _ROWS, performer.soles_m, strict=True):
            sole_m = min(joints[3 * foot + 1] - ankle_m, joints[3 * toes + 1] - toes_m)
            turns = (_quaternion(rotations, thigh), _quaternion(rotations, shin), _quaternion(rotations, foot))
            levels.append(level_of(leg, up, turns, hips[1], scale * sole_m))
        lift, changes = standing(levels)
        if changes is not UNCHANGED:
            lift -= self._change_legs(levels, lift, changes, rotations, quaternions)
        return hips[0], hips[1] + lift, hips[2]

    def _change_legs(
        self,
        levels: list[Level],
        lift: float,
        changes: Sequence[Change],
        rotations: list[float],
        quaternions: list[float],
    ) -> float:
        """Turn the legs in `quaternions`; return by how much the hips come down, because a leg is too short."""
        turn = _quaternion(rotations, 0)
        legs = []
        for thigh, shin, foot, _ in _ROWS:
            upper = product(turn, _quaternion(rotations, thigh))
            lower = product(upper, _quaternion(rotations, shin))
            legs.append(LegTurns(upper, lower, product(lower, _quaternion(rotations, foot))))
        lacks = (lack_m(leg, turns, one.rise_m) for leg, turns, one in zip(self._legs, legs, changes, strict=True))
        drop = max(lacks)
        if drop > 0.0:
            changes = with_hips_lower(levels, lift, changes, drop)
        for rows, leg, turns, change in zip(self._leg_rows, self._legs, legs, changes, strict=True):
            new = changed(leg, turns, change)
            quaternions[rows[0] : rows[0] + 4] = between(turn, new.thigh)
            quaternions[rows[1] : rows[1] + 4] = between(new.thigh, new.shin)
            quaternions[rows[2] : rows[2] + 4] = between(new.shin, new.foot)
            if new.foot is not turns.foot and len(rows) > 3:  # toes keep their place in the world
                toes = product(turns.foot, _quaternion(quaternions, rows[3] // 4))
                quaternions[rows[3] : rows[3] + 4] = between(new.foot, toes)
        return drop


class RawNodes:
    """Converts fitted bones to local transforms of the model's own nodes, with any rest axes."""

    def __init__(self, fit: AvatarFit) -> None:
        bones = fit.bones
        self.offsets: F32 = np.array([bone.offset for bone in bones], np.float32)
        turns = np.stack([_turn_of_node(bone.above_rotation, bone.rotation) for bone in bones])
        self._still = bool(np.abs(turns - np.eye(4)).max() < 1e-7)
        self._turns: tuple[float, ...] = tuple(turns.ravel().tolist())  # (16B,) plain floats: see quaternions.py
        hips = bones[0]
        self._to_hips = hips.above_rotation.T / hips.above_scale
        self._origin = hips.above_position
        self._hips_still = bool(np.abs(self._to_hips - np.eye(3)).max() < 1e-7 and np.abs(self._origin).max() < 1e-7)

    def quaternions(self, normalised: list[float]) -> list[float]:
        """Convert rotations (4B,) to the nodes' axes: W⁻¹ · N · W · L, W the parent node, L the own rest rotation."""
        if self._still:
            return normalised
        raw: list[float] = []
        row, each = iter(self._turns), iter(normalised)
        rows = (row,) * 16
        for a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, x, y, z, w in zip(*rows, *(each,) * 4, strict=True):
            raw += (
                a * x + b * y + c * z + d * w,
                e * x + f * y + g * z + h * w,
                i * x + j * y + k * z + m * w,
                n * x + o * y + p * z + q * w,
            )
        return raw

    def hips(self, place: list[float]) -> list[float]:
        """Convert a position (3,) in the world to the hips' parent node."""
        if self._hips_still:
            return place
        inside: list[float] = (self._to_hips @ (np.array(place) - self._origin)).tolist()
        return inside


def _turn_of_node(above: F64, own: F64) -> F64:
    """Return the matrix (4, 4) that maps N, as x, y, z, w, to above⁻¹ · N · own; it is linear in N."""
    before, after = Rotation.from_matrix(above).inv().as_quat(), Rotation.from_matrix(own).as_quat()
    columns = [product(product(before, unit), after) for unit in np.eye(4).tolist()]
    return np.array(columns, np.float64).T


def _nearest(name: str, kept: list[str]) -> str | None:
    """Return the nearest kept ancestor."""
    parent = PARENT_OF.get(name)
    while parent is not None and parent not in kept:
        parent = PARENT_OF[parent]
    return parent


def _source(name: str, kept: list[str]) -> str:
    """Return the joint that gives the bone's world orientation: its own, or the last trunk bone's folded into it."""
    if name not in _TRUNK or name == "Hips":
        return name
    for following in _TRUNK[_TRUNK.index(name) + 1 :]:
        if following in kept:
            break
        name = following
    return name


def _path(name: str, kept: list[str]) -> tuple[int, ...]:
    """Return the joints whose local rotations, multiplied, rotate the bone relative to its parent bone."""
    parent = _nearest(name, kept)
    start, joint = (None if parent is None else _source(parent, kept)), _source(name, kept)
    path: list[int] = []
    while joint != start:
        path.append(JOINT[joint])
        if joint not in PARENT_OF:
            break
        joint = PARENT_OF[joint]
    return tuple(reversed(path))


def _quaternion(rotations: list[float], joint: int) -> Quaternion:
    at = 4 * joint
    return rotations[at], rotations[at + 1], rotations[at + 2], rotations[at + 3]


def _composed(rotations: list[float], path: tuple[int, ...]) -> Quaternion:
    whole = _quaternion(rotations, path[0])
    for joint in path[1:]:
        whole = product(whole, _quaternion(rotations, joint))
    return whole
