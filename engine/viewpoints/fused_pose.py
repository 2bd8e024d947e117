"""Fuse two live poses of one performer into one pose in A's world: a third performer for OSC."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from engine.types import Pose
from engine.viewpoints.fit import F64, about_hips
from engine.viewpoints.fusion import Answer, fused, in_axes_of, own_axes, weighted_mean
from engine.viewpoints.pairing import Pairs
from models.kinematics import forward_kinematics
from models.skeleton import FEET, ROOT, TOES

_GROUND = [*FEET, *TOES]


def root_offset(pairs: Pairs, R_b_a: F64) -> F64:
    """Return the offset (3,) from B's Hips, rotated to A's axes, to A's: the median over the fit."""
    return np.asarray(np.median(pairs.a_root_m - pairs.b_root_m @ R_b_a, axis=0))


def fused_pose(a: Pose, b: Pose, R_b_a: F64, offset_m: F64) -> Pose:
    """Return the mean of two tracked poses at one moment.

    R_b_a (3, 3) A's axes -> B's; offset_m (3,) from `root_offset`. Bone lengths are the mean of both answers'; the
    lowest foot is as high above the floor as in the mean of both.
    """
    sides = _answer(a), in_axes_of(_answer(b), R_b_a.T)
    offsets_m = (a.rest_offsets_m.astype(np.float64) + b.rest_offsets_m) / 2
    local, _ = fused(*sides, offsets_m)
    R_world_a = a.R_world_cam.astype(np.float64)
    rotations = local[0]
    rotations[ROOT] = R_world_a @ rotations[ROOT]
    root = R_world_a @ _root(a, b, sides, R_b_a, offset_m) + a.t_world_cam
    joints, _ = forward_kinematics(rotations, offsets_m, root)
    lift = _lowest(a, b) - float(np.asarray(joints)[_GROUND, 1].min())
    up = np.array([0.0, lift, 0.0])
    quaternions = Rotation.from_matrix(rotations).as_quat()
    opposite = np.vecdot(quaternions, a.rotations_xyzw) < 0
    return replace(
        a,
        rotations_xyzw=np.where(opposite[:, None], -quaternions, quaternions).astype(np.float32),
        root_m=(root + up).astype(np.float32),
        joints_world_m=(np.asarray(joints) + up).astype(np.float32),
        rest_offsets_m=offsets_m.astype(np.float32),
        contacts=((a.contacts + b.contacts) / 2).astype(np.float32),
        confidence=max(a.confidence, b.confidence),
        part_confidence=np.maximum(a.part_confidence, b.part_confidence),
    )


def _answer(pose: Pose) -> Answer:
    """Return a pose in its own camera's axes."""
    R = pose.R_world_cam.astype(np.float64)
    local = Rotation.from_quat(pose.rotations_xyzw.astype(np.float64)).as_matrix()
    _, turned = forward_kinematics(local[None], np.zeros((*local.shape[:1], 3)), np.zeros((1, 3)))
    joints = about_hips(pose.joints_world_m.astype(np.float64)) @ R
    return own_axes(joints[None], R.T @ turned, pose.part_confidence.astype(np.float64)[None])


def _root(a: Pose, b: Pose, sides: tuple[Answer, Answer], R_b_a: F64, offset_m: F64) -> F64:
    """Return the Hips (3,) in A's axes, with low weight along each camera's line of sight."""
    of_a, of_b = ((pose.root_m.astype(np.float64) - pose.t_world_cam) @ pose.R_world_cam for pose in (a, b))
    weights = [np.array(max(float(pose.part_confidence.mean()), 1e-3)) for pose in (a, b)]
    return weighted_mean(of_a, weights[0], sides[0].sight, of_b @ R_b_a + offset_m, weights[1], sides[1].sight)


def _lowest(a: Pose, b: Pose) -> float:
    """Return the lowest foot joint's height above the floor, weighted by the visibility of the legs."""
    heights = [float(pose.joints_world_m[_GROUND, 1].min()) for pose in (a, b)]
    weights = [float(pose.part_confidence[-2:].mean()) + 1e-3 for pose in (a, b)]
    return float(np.average(heights, weights=weights))


def laid_over(b: Pose, a: Pose, R_b_a: F64) -> Pose:
    """Return B's pose rotated into A's world with its hips at A's: drawn over A's figure."""
    turn = a.R_world_cam.astype(np.float64) @ R_b_a.T @ b.R_world_cam.T
    joints = about_hips(b.joints_world_m.astype(np.float64)) @ turn.T + a.root_m
    rotations = b.rotations_xyzw.astype(np.float64).copy()
    rotations[ROOT] = (Rotation.from_matrix(turn) * Rotation.from_quat(rotations[ROOT])).as_quat()
    return replace(
        b,
        rotations_xyzw=rotations.astype(np.float32),
        root_m=a.root_m,
        joints_world_m=joints.astype(np.float32),
    )
