"""Bones as a VMC target wants them: which, with which local positions, travel in Hips or in Root."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.osc.pose_numbers import numbers_of
from engine.osc.quaternions import conjugate, product, turned
from engine.osc.vmc_options import VmcOptions
from engine.types import F32, Pose
from models.kinematics import STATURE, stature
from models.skeleton import JOINT, JOINT_NAMES, NUM_JOINTS, REST_OFFSETS, ROOT

_IDENTITY = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]  # position, quaternion
_UPPER_CHEST = JOINT["UpperChest"]
_ON_UPPER_CHEST = [JOINT[name] for name in ("Neck", "LeftShoulder", "RightShoulder")]
_SHOULDERS = [JOINT[side + "Shoulder"] for side in ("Left", "Right")]
_UPPER_ARMS = [JOINT[side + "UpperArm"] for side in ("Left", "Right")]
_STANDARD = (REST_OFFSETS / STATURE).astype(np.float32)  # stature 1


class BoneTransforms(NamedTuple):
    """Of one frame, our axes, numbers of bone after bone. Not to be changed."""

    root: list[float]  # (7,) position, quaternion x, y, z, w
    positions: list[float]  # (3B,)
    quaternions: list[float]  # (4B,) x, y, z, w


class BoneLayout:
    """Which bones are sent, and their transforms."""

    def __init__(self, options: VmcOptions) -> None:
        """Find out which bones are left after folding."""
        dropped = [_UPPER_CHEST] if "upperchest" in options.fold else []
        dropped += _SHOULDERS if "shoulders" in options.fold else []
        self._kept = np.array([joint for joint in range(NUM_JOINTS) if joint not in dropped])
        self._nowhere = [0.0] * (3 * len(self._kept))
        self._options = options

    @property
    def names(self) -> list[str]:
        """Of the bones, in the order of the transforms; parents before children, Hips first."""
        return [JOINT_NAMES[joint] for joint in self._kept]

    def transforms(self, pose: Pose) -> BoneTransforms:
        """Of the bones and of Root."""
        positions, quaternions, hips = self._skeleton(pose)
        root = _IDENTITY
        if self._options.travel == "root":
            x, y, z = hips
            root, hips = [x, 0.0 * y, z, *_IDENTITY[3:]], [0.0, y, 0.0]
        if self._options.facing == "back" and self._options.travel == "root":
            root = [-root[0], root[1], -root[2], *_turned_back(root[3:])]
        elif self._options.facing == "back":
            hips = [-hips[0], hips[1], -hips[2]]
            quaternions = _turned_back(quaternions[:4]) + quaternions[4:]
        positions[:3] = hips
        return BoneTransforms(root, positions, quaternions)

    def _skeleton(self, pose: Pose) -> tuple[list[float], list[float], list[float]]:
        """Offsets (3B,), a new list, and quaternions (4B,) of the bones that are sent; place of the hips (3,)."""
        offsets, root_m = self._offsets(pose)
        hips = root_m.tolist()
        if not self._options.fold:
            positions = self._nowhere.copy() if self._options.positions == "none" else offsets.ravel().tolist()
            return positions, numbers_of(pose).rotations, hips
        offsets, quaternions = _folded(offsets.copy(), pose.rotations_xyzw.copy(), self._options.fold)
        positions = self._nowhere.copy() if self._options.positions == "none" else offsets[self._kept].ravel().tolist()
        return positions, quaternions[self._kept].ravel().tolist(), hips

    def _offsets(self, pose: Pose) -> tuple[F32, F32]:
        """(22, 3) and the place of the hips (3,), the latter in proportion to the legs that are sent."""
        own = pose.rest_offsets_m
        if self._options.positions != "neutral":
            return own, pose.root_m
        standard: F32 = _STANDARD * np.float32(stature(own))
        return standard, pose.root_m * (standard[ROOT, 1] / own[ROOT, 1])


def _turned_back(quaternion: list[float]) -> list[float]:
    """x, y, z, w, then a half turn about Y. 0.0 is added so that no zero is negative."""
    x, y, z, w = quaternion
    return [z + 0.0, w + 0.0, -x + 0.0, -y + 0.0]


def _folded(offsets: F32, quaternions: F32, fold: frozenset[str]) -> tuple[F32, F32]:
    """Give the turn of a bone to its neighbour; joints stay where they are, so those positions move with the pose."""
    if "upperchest" in fold:
        upper = quaternions[_UPPER_CHEST]
        offsets[_ON_UPPER_CHEST] += turned(conjugate(upper), offsets[_UPPER_CHEST])
        chest = JOINT["Chest"]
        quaternions[chest] = product(quaternions[chest], upper)
    if "shoulders" in fold:
        shoulder = quaternions[_SHOULDERS]
        offsets[_UPPER_ARMS] = offsets[_SHOULDERS] + turned(shoulder, offsets[_UPPER_ARMS])
        quaternions[_UPPER_ARMS] = product(shoulder, quaternions[_UPPER_ARMS])
    return offsets, quaternions
