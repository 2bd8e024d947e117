"""Bones of a VMC target: which ones, their local positions, and whether the travel is in Hips or Root."""

from __future__ import annotations

import threading
from typing import NamedTuple, Protocol

import numpy as np
from scipy.spatial.transform import Rotation

from engine.osc.coordinates import UNITY_SIGNS, SignContinuity, unity_positions
from engine.osc.pose_numbers import numbers_of
from engine.osc.vmc_options import VmcOptions
from engine.types import F32, Pose
from models.kinematics import STATURE, stature
from models.skeleton import JOINT, JOINT_NAMES, LOWER, NUM_JOINTS, REST_OFFSETS, ROOT

_IDENTITY = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]  # position, quaternion
_CHEST, _UPPER_CHEST = JOINT["Chest"], JOINT["UpperChest"]
_ON_UPPER_CHEST = [JOINT[name] for name in ("Neck", "LeftShoulder", "RightShoulder")]
_SHOULDERS = [JOINT[side + "Shoulder"] for side in ("Left", "Right")]
_UPPER_ARMS = [JOINT[side + "UpperArm"] for side in ("Left", "Right")]
_OUTER, _INNER = np.array([_CHEST, *_SHOULDERS]), np.array([_UPPER_CHEST, *_UPPER_ARMS])  # pairs combined by fold
FOLDED_PAIRS = {
    "upperchest": ("Chest", "UpperChest"),
    "shoulders": tuple(side + name for side in ("Left", "Right") for name in ("Shoulder", "UpperArm")),
}
"""Joints that are combined with their neighbour, by the name of a fold."""
_INVERSE = np.array([-1, -1, -1, 1], np.float32)  # factors that invert a quaternion
_STANDARD = (REST_OFFSETS / STATURE).astype(np.float32)  # for a body height of 1


class BoneTransforms(NamedTuple):
    """Transforms of one frame in our axes. Read-only; unchanged offsets are the same array from frame to frame."""

    root: list[float]  # (7,) position, quaternion x, y, z, w
    hips: list[float]  # (3,) position
    offsets: F32  # (B, 3) positions; that of the Hips is in `hips`
    quaternions: list[float]  # (4B,) x, y, z, w per bone


class Bones(Protocol):
    """The bones to send, and their transforms in our axes."""

    @property
    def names(self) -> list[str]:
        """Names of the bones, in the order of the transforms; parents before children, Hips first."""
        ...

    def transforms(self, pose: Pose) -> BoneTransforms:
        """Return the transforms of the bones and of Root."""
        ...


class UnityBones:
    """Transforms in Unity's axes. The newest pose is cached, so that targets that share it cost one. Any thread."""

    def __init__(self, bones: Bones) -> None:
        """Start without a previous frame."""
        self._bones = bones
        self._lock = threading.Lock()  # guards the following
        self._signs = SignContinuity(UNITY_SIGNS)
        self._offsets: F32 | None = None  # those that the positions below were made from
        self._positions: list[float] = []  # Unity's axes, without the Hips
        self._newest: tuple[Pose, list[float]] | None = None

    @property
    def names(self) -> list[str]:
        """Names of the bones, in the order of the numbers; parents before children, Hips first."""
        return self._bones.names

    def numbers(self, pose: Pose) -> list[float]:
        """Return Root (7), positions (3B), quaternions (4B). Read-only.

        Unity's axes: -x, y, z and x, -y, -z, w (coordinates.py). Positions are cached while the bone lengths stay the
        same.
        """
        with self._lock:
            newest = self._newest
            if newest is not None and newest[0] is pose:
                return newest[1]
            bones = self._bones.transforms(pose)
            if bones.offsets is not self._offsets:
                self._offsets, self._positions = bones.offsets, unity_positions(bones.offsets)[1:].ravel().tolist()
            right, up, ahead, x, y, z, w = bones.root
            hips_right, hips_up, hips_ahead = bones.hips
            turns = self._signs(bones.quaternions)
            numbers = [-right, up, ahead, x, -y, -z, w, -hips_right, hips_up, hips_ahead, *self._positions, *turns]
            self._newest = (pose, numbers)
            return numbers


class BoneLayout:
    """The bones to send without an avatar file, and their transforms."""

    def __init__(self, options: VmcOptions) -> None:
        """Determine which bones are left after folding."""
        dropped = [_UPPER_CHEST] if "upperchest" in options.fold else []
        dropped += _SHOULDERS if "shoulders" in options.fold else []
        dropped += [joint for joint in LOWER if joint != ROOT] if options.bones == "upper" else []
        self._kept = np.array([joint for joint in range(NUM_JOINTS) if joint not in dropped])
        self._nowhere = np.zeros((len(self._kept), 3), np.float32)
        self._options = options

    @property
    def names(self) -> list[str]:
        """Names of the bones, in the order of the transforms; parents before children, Hips first."""
        return [JOINT_NAMES[joint] for joint in self._kept]

    def transforms(self, pose: Pose) -> BoneTransforms:
        """Return the transforms of the bones and of Root."""
        offsets, quaternions, hips = self._skeleton(pose)
        root, hips, quaternions = placed(self._options, hips, quaternions)
        return BoneTransforms(root, hips, offsets, quaternions)

    def _skeleton(self, pose: Pose) -> tuple[F32, list[float], list[float]]:
        """Return offsets (B, 3) and quaternions (4B,) of the sent bones, and the hips' position (3,)."""
        offsets, hips = self._offsets(pose)
        halved = self._options.trunk == "halved"
        if len(self._kept) == NUM_JOINTS:
            rotations = numbers_of(pose).rotations
            rotations = halved_trunk(rotations) if halved else rotations
            return self._nowhere if self._options.positions == "none" else offsets, rotations, hips
        turns = pose.rotations_xyzw
        if halved:
            turns = np.array(halved_trunk(numbers_of(pose).rotations), np.float32).reshape(NUM_JOINTS, 4)
        if self._options.fold:
            offsets, turns = _folded(offsets.copy(), turns.copy(), self._options.fold)
        offsets = self._nowhere if self._options.positions == "none" else offsets[self._kept]
        return offsets, turns[self._kept].ravel().tolist(), hips

    def _offsets(self, pose: Pose) -> tuple[F32, list[float]]:
        """Return offsets (22, 3) and the hips' position (3,), the latter in proportion to the legs that are sent."""
        own = pose.rest_offsets_m
        if self._options.positions != "neutral":
            return own, numbers_of(pose).root
        standard: F32 = _STANDARD * np.float32(stature(own))
        hips: list[float] = (pose.root_m * (standard[ROOT, 1] / own[ROOT, 1])).tolist()
        return standard, hips


def halved_trunk(rotations: list[float]) -> list[float]:
    """Return local rotations (88,) in which Chest and UpperChest share their combined rotation equally."""
    chest, upper = (Rotation.from_quat(rotations[4 * joint : 4 * joint + 4]) for joint in (_CHEST, _UPPER_CHEST))
    half: list[float] = Rotation.from_rotvec((chest * upper).as_rotvec() / 2).as_quat().tolist()
    rotations = list(rotations)
    for joint in (_CHEST, _UPPER_CHEST):
        rotations[4 * joint : 4 * joint + 4] = half
    return rotations


def placed(
    options: VmcOptions, hips: list[float], quaternions: list[float]
) -> tuple[list[float], list[float], list[float]]:
    """Return Root (7,), the hips' position (3,) and the quaternions (4B,), with travel and facing as requested."""
    root = _IDENTITY
    if options.travel == "root":
        x, y, z = hips
        root, hips = [x, 0.0 * y, z, *_IDENTITY[3:]], [0.0, y, 0.0]
    if options.facing == "back" and options.travel == "root":
        root = [-root[0], root[1], -root[2], *_turned_back(root[3:])]
    elif options.facing == "back":
        hips = [-hips[0], hips[1], -hips[2]]
        quaternions = _turned_back(quaternions[:4]) + quaternions[4:]
    return root, hips, quaternions


def _turned_back(quaternion: list[float]) -> list[float]:
    """Rotate x, y, z, w by a half turn about Y. Adding 0.0 avoids negative zeros."""
    x, y, z, w = quaternion
    return [z + 0.0, w + 0.0, -x + 0.0, -y + 0.0]


def _folded(offsets: F32, quaternions: F32, fold: frozenset[str]) -> tuple[F32, F32]:
    """Pass a bone's rotation to its neighbour; joints stay in place, so those positions change with the pose."""
    outer, inner = quaternions[_OUTER], quaternions[_INNER]
    both = (Rotation.from_quat(outer) * Rotation.from_quat(inner)).as_quat()
    outer[0] = inner[0] * _INVERSE
    turned = Rotation.from_quat(outer).apply(offsets[_INNER])  # children of the removed bone
    if "upperchest" in fold:
        offsets[_ON_UPPER_CHEST] += turned[0]
        quaternions[_CHEST] = both[0]
    if "shoulders" in fold:
        offsets[_UPPER_ARMS] = offsets[_SHOULDERS] + turned[1:]
        quaternions[_UPPER_ARMS] = both[1:]
    return offsets, quaternions
