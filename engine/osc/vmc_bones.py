"""Bones as a VMC target wants them: which, with which local positions, travel in Hips or in Root."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from engine.osc.vmc_options import VmcOptions
from engine.types import F32, Pose
from models.kinematics import STATURE, stature
from models.skeleton import JOINT, JOINT_NAMES, LOWER, NUM_JOINTS, REST_OFFSETS, ROOT

_IDENTITY = np.array([0, 0, 0, 0, 0, 0, 1], np.float32)  # position, quaternion
_LEVEL = np.array([1, 0, 1], np.float32)  # the part of a place along the floor
_HALF_ROUND, _BACK = np.array([-1, 1, -1], np.float32), np.array([1, 1, -1, -1], np.float32)
_CHEST, _UPPER_CHEST = JOINT["Chest"], JOINT["UpperChest"]
_ON_UPPER_CHEST = [JOINT[name] for name in ("Neck", "LeftShoulder", "RightShoulder")]
_SHOULDERS = [JOINT[side + "Shoulder"] for side in ("Left", "Right")]
_UPPER_ARMS = [JOINT[side + "UpperArm"] for side in ("Left", "Right")]
_OUTER, _INNER = np.array([_CHEST, *_SHOULDERS]), np.array([_UPPER_CHEST, *_UPPER_ARMS])  # pairs that fold makes one
_INVERSE = np.array([-1, -1, -1, 1], np.float32)  # of a quaternion
_STANDARD = (REST_OFFSETS / STATURE).astype(np.float32)  # stature 1


class BoneTransforms(NamedTuple):
    """Of one frame, our axes. Not to be changed."""

    root: F32  # (7,) position, quaternion x, y, z, w
    hips: F32  # (3,) position
    positions: F32  # (B, 3); the first one, of the Hips, is in `hips`
    quaternions: F32  # (B, 4) x, y, z, w


class BoneLayout:
    """Which bones are sent, and their transforms."""

    def __init__(self, options: VmcOptions) -> None:
        """Find out which bones are left after folding."""
        dropped = [_UPPER_CHEST] if "upperchest" in options.fold else []
        dropped += _SHOULDERS if "shoulders" in options.fold else []
        dropped += [joint for joint in LOWER if joint != ROOT] if options.bones == "upper" else []
        self._kept = np.array([joint for joint in range(NUM_JOINTS) if joint not in dropped])
        self._nowhere = np.zeros((len(self._kept), 3), np.float32)
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
            root = np.concatenate((hips * _LEVEL, _IDENTITY[3:]))
            hips = np.array([0.0, hips[1], 0.0], np.float32)
        if self._options.facing == "back" and self._options.travel == "root":
            root = np.concatenate((root[:3] * _HALF_ROUND, _turned_back(root[3:])))
        elif self._options.facing == "back":
            hips = hips * _HALF_ROUND
            quaternions = quaternions.copy()
            quaternions[ROOT] = _turned_back(quaternions[ROOT])
        return BoneTransforms(root, hips, positions, quaternions)

    def _skeleton(self, pose: Pose) -> tuple[F32, F32, F32]:
        """Offsets (B, 3) and quaternions (B, 4) of the bones that are sent; place of the hips (3,)."""
        offsets, hips = self._offsets(pose)
        quaternions = pose.rotations_xyzw
        if self._options.fold:
            offsets, quaternions = _folded(offsets.copy(), quaternions.copy(), self._options.fold)
        if len(self._kept) < NUM_JOINTS:
            offsets, quaternions = offsets[self._kept], quaternions[self._kept]
        return self._nowhere if self._options.positions == "none" else offsets, quaternions, hips

    def _offsets(self, pose: Pose) -> tuple[F32, F32]:
        """(22, 3) and the place of the hips (3,), the latter in proportion to the legs that are sent."""
        own = pose.rest_offsets_m
        if self._options.positions != "neutral":
            return own, pose.root_m
        standard: F32 = _STANDARD * np.float32(stature(own))
        return standard, pose.root_m * (standard[ROOT, 1] / own[ROOT, 1])


def _turned_back(quaternion: F32) -> F32:
    """x, y, z, w, then a half turn about Y. 0.0 is added so that no zero is negative."""
    turned: F32 = quaternion[[2, 3, 0, 1]] * _BACK + np.float32(0.0)
    return turned


def _folded(offsets: F32, quaternions: F32, fold: frozenset[str]) -> tuple[F32, F32]:
    """Give the turn of a bone to its neighbour; joints stay where they are, so those positions move with the pose."""
    outer, inner = quaternions[_OUTER], quaternions[_INNER]
    both = (Rotation.from_quat(outer) * Rotation.from_quat(inner)).as_quat()
    outer[0] = inner[0] * _INVERSE
    turned = Rotation.from_quat(outer).apply(offsets[_INNER])  # what hangs on the bone that goes
    if "upperchest" in fold:
        offsets[_ON_UPPER_CHEST] += turned[0]
        quaternions[_CHEST] = both[0]
    if "shoulders" in fold:
        offsets[_UPPER_ARMS] = offsets[_SHOULDERS] + turned[1:]
        quaternions[_UPPER_ARMS] = both[1:]
    return offsets, quaternions
