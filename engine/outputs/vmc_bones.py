"""Bones as a VMC target wants them: which, with which local positions, travel in Hips or in Root. Our world axes."""

from __future__ import annotations

import numpy as np

from engine.outputs.quaternions import conjugate, product, turned
from engine.outputs.vmc_options import VmcOptions
from engine.types import F32, Pose
from models.kinematics import STATURE, stature
from models.skeleton import JOINT, JOINT_NAMES, NUM_JOINTS, REST_OFFSETS, ROOT

_IDENTITY = np.array([0, 0, 0, 0, 0, 0, 1], np.float32)
_HALF_TURN = np.array([0, 1, 0, 0], np.float32)  # about Y
_BACK = np.array([-1, 1, -1], np.float32)  # positions turned half round Y
_ON_FLOOR = np.array([1, 0, 1], np.float32)
_UPPER_CHEST = JOINT["UpperChest"]
_ON_UPPER_CHEST = [JOINT[name] for name in ("Neck", "LeftShoulder", "RightShoulder")]
_SHOULDERS = [JOINT[side + "Shoulder"] for side in ("Left", "Right")]
_UPPER_ARMS = [JOINT[side + "UpperArm"] for side in ("Left", "Right")]
_STANDARD = (REST_OFFSETS / STATURE).astype(np.float32)  # stature 1


class BoneLayout:
    """Which bones are sent, and their transforms, 7 numbers each: position, quaternion x, y, z, w."""

    def __init__(self, options: VmcOptions) -> None:
        """Find out which bones are left after folding."""
        dropped = [_UPPER_CHEST] if "upperchest" in options.fold else []
        dropped += _SHOULDERS if "shoulders" in options.fold else []
        self._kept = np.array([joint for joint in range(NUM_JOINTS) if joint not in dropped])
        self._options = options

    @property
    def names(self) -> list[str]:
        """Of the bones, in the order of the transforms."""
        return [JOINT_NAMES[joint] for joint in self._kept]

    def write(self, pose: Pose, bones: F32, root: F32) -> None:
        """Fill in bones (B, 7), parents before children, and root (7,): position, quaternion."""
        offsets, root_m = self._skeleton(pose)
        quaternions = pose.rotations_xyzw
        if self._options.fold:
            offsets, quaternions = _folded(offsets.copy(), quaternions.copy(), self._options.fold)
            offsets, quaternions = offsets[self._kept], quaternions[self._kept]
        bones[:, :3] = 0.0 if self._options.positions == "none" else offsets
        bones[:, 3:] = quaternions
        bones[ROOT, :3] = root_m
        root[:] = _IDENTITY
        carrier = bones[ROOT]
        if self._options.travel == "root":
            root[:3] = root_m * _ON_FLOOR
            bones[ROOT, :3] -= root[:3]
            carrier = root
        if self._options.facing == "back":
            carrier[:3] *= _BACK
            carrier[3:] = product(_HALF_TURN, carrier[3:])

    def _skeleton(self, pose: Pose) -> tuple[F32, F32]:
        """Offsets (22, 3) and the place of the hips (3,), the latter in proportion to the legs that are sent."""
        own = pose.rest_offsets_m
        if self._options.positions != "neutral":
            return own, pose.root_m
        standard: F32 = _STANDARD * np.float32(stature(own))
        return standard, pose.root_m * (standard[ROOT, 1] / own[ROOT, 1])


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
