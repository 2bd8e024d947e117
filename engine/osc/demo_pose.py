"""Poses for checking a receiver without a performer: the T-pose, and a wave."""

from __future__ import annotations

import math

import numpy as np
from scipy.spatial.transform import Rotation

from engine.types import Pose
from models.camera import Intrinsics
from models.kinematics import forward_kinematics, ratio_offsets
from models.skeleton import JOINT, NUM_JOINTS

_ARM_DOWN_DEG = 70.0
_FOREARM_UP_DEG = 80.0
_SWING_DEG = 25.0
_WAVES_PER_S = 1.0


def t_pose(height_m: float, time_s: float = 0.0) -> Pose:
    """Return a person of this height and standard proportions in a T-pose, facing +Z."""
    return posed_person({}, height_m, time_s)


def wave_pose(height_m: float, time_s: float) -> Pose:
    """Return the same person, left arm down, waving with the right hand once per second."""
    swing = _SWING_DEG * math.sin(2 * math.pi * _WAVES_PER_S * time_s)
    turns = {
        "LeftUpperArm": Rotation.from_euler("Z", -_ARM_DOWN_DEG, degrees=True),
        "RightLowerArm": Rotation.from_euler("Z", -_FOREARM_UP_DEG + swing, degrees=True),
    }
    return posed_person(turns, height_m, time_s)


def posed_person(turns: dict[str, Rotation], height_m: float, time_s: float) -> Pose:
    """Return a person of this height and standard proportions with rotated joints, hips at standing height."""
    offsets = ratio_offsets(np.ones(NUM_JOINTS)) * height_m
    rotations = np.tile(np.array([0.0, 0.0, 0.0, 1.0]), (NUM_JOINTS, 1))
    for name, turn in turns.items():
        rotations[JOINT[name]] = turn.as_quat()
    root = offsets[0]
    joints, _ = forward_kinematics(Rotation.from_quat(rotations).as_matrix(), offsets, root)
    return Pose(
        frame_id=0,
        captured_at_s=time_s,
        tracked=True,
        rotations_xyzw=rotations.astype(np.float32),
        root_m=root.astype(np.float32),
        joints_world_m=joints.astype(np.float32),
        joints_cam_m=joints.astype(np.float32),
        rest_offsets_m=offsets.astype(np.float32),
        contacts=np.ones(2, np.float32),
        confidence=1.0,
        R_world_cam=np.eye(3, dtype=np.float32),
        t_world_cam=np.zeros(3, np.float32),
        intrinsics=Intrinsics(1.0, 1.0, 0.0, 0.0),
    )
