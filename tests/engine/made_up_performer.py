"""A made-up performer whose motion never repeats."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from engine.motion.take import MotionTake
from engine.viewpoints.fit import F64, about_hips
from models.keypoints import NUM_KEYPOINTS
from models.kinematics import forward_kinematics, person_offsets
from models.parts import NUM_PARTS
from models.skeleton import JOINT, NUM_JOINTS

OFFSETS_M = np.asarray(person_offsets(np.ones(NUM_JOINTS), 1.7))


def performance(times_s: F64, seed: int = 0) -> tuple[F64, F64]:
    """Joints about the hips (N, 22, 3) and orientations (N, 22, 3, 3) of a motion that never repeats."""
    joints, turned = forward_kinematics(_local(times_s, seed), OFFSETS_M, np.zeros((len(times_s), 3)))
    return about_hips(joints), np.asarray(turned)


def _local(times_s: F64, seed: int) -> F64:
    random = np.random.default_rng(seed)
    rates, phases = random.uniform(0.5, 4.0, (3, NUM_JOINTS, 3)), random.uniform(0, 6.3, (3, NUM_JOINTS, 3))
    swing = np.sin(times_s[:, None, None, None] * rates + phases).sum(1) * 0.25
    swing[:, JOINT["Hips"]] *= 0.3
    return np.asarray(Rotation.from_rotvec(swing.reshape(-1, 3)).as_matrix().reshape(-1, NUM_JOINTS, 3, 3))


def _in_world(times_s: F64, seed: int) -> tuple[F64, F64]:
    local, root = _local(times_s, seed), np.tile([0.0, 0.95, 0.0], (len(times_s), 1))
    return local, np.asarray(forward_kinematics(local, OFFSETS_M, root)[0])


def take_of(
    R_world_cam: F64, *, seconds: float = 12.0, fps: float = 30.0, skew_s: float = 0.0, seed: int = 0
) -> MotionTake:
    """The performance as a camera with these axes would have recorded it, without errors."""
    times_s = np.arange(int(seconds * fps)) / fps
    local, joints = _in_world(times_s, seed)
    count = len(times_s)
    return MotionTake(
        fps=fps,
        timestamps_s=times_s + skew_s,
        keypoints_px=np.zeros((count, NUM_KEYPOINTS, 2), np.float32),
        keypoint_scores=np.ones((count, NUM_KEYPOINTS), np.float32),
        tracked=np.ones(count, bool),
        rotations_xyzw=Rotation.from_matrix(local.reshape(-1, 3, 3)).as_quat().reshape(count, -1, 4).astype(np.float32),
        root_m=joints[:, 0].astype(np.float32),
        joints_world_m=joints.astype(np.float32),
        joints_cam_m=(joints @ R_world_cam).astype(np.float32),
        rest_offsets_m=OFFSETS_M.astype(np.float32),
        contacts=np.zeros((count, 2), np.float32),
        part_confidence=np.full((count, NUM_PARTS), 0.8, np.float32),
        intrinsics=np.array([[600.0, 0, 320], [0, 600.0, 240], [0, 0, 1]]),
        R_world_cam=R_world_cam,
        t_world_cam=np.array([0.0, 0.0, 3.0]),
        lost_before=np.zeros(count, np.int32),
    )
