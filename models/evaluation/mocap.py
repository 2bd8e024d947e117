"""The validation split through random cameras with detector-like noise: the last frame of each window."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.evaluation.predict import F64, Predictions, Predictor
from models.kinematics import ratio_offsets
from models.metrics import mpjpe, position_errors, root_aligned
from models.mocap.library import MotionLibrary
from models.rotations import geodesic_angle, rotation_6d_to_matrix
from models.skeleton import JOINT, JOINT_NAMES, LIMBS, NUM_JOINTS
from models.synth.windows import WindowBatch
from models.training.validate import HEIGHT_M, HIPS, validation_windows

_ALL = tuple(range(NUM_JOINTS))
_YAWS = 8
_PITCHES = (-90.0, -10.0, 10.0, 30.0, 90.0)


def evaluate_mocap(predictor: Predictor, library: MotionLibrary, count: int) -> dict[str, Any]:
    """Tables over `count` windows: with image evidence and keypoints alone, whole and with parts hidden."""
    tables: dict[str, Any] = {"windows": count}
    for suffix, hide in (("", 0.0), ("_parts_hidden", 1.0)):
        batch = validation_windows(library, predictor.config, count, hide=hide)
        keypoints, evidence, box = (array.numpy() for array in (batch.keypoints, batch.evidence, batch.box))
        blind = np.zeros_like(evidence)
        for name, image, refine in (
            ("with_evidence", evidence, True),
            ("keypoints_alone", blind, True),
            ("network_without_refinement", evidence, False),
        ):
            tables[name + suffix] = _tables(predictor.predict(keypoints, image, box, refine=refine), batch)
    return tables


def _tables(found: Predictions, batch: WindowBatch) -> dict[str, Any]:
    seen = batch.seen.numpy()
    truth_joints = batch.joints[:, -1].double().numpy()[seen] * HEIGHT_M
    joints = found.joints[seen] * HEIGHT_M
    truth_rotations = rotation_6d_to_matrix(batch.rotations_6d[:, -1].double().numpy()[seen])
    angles = np.rad2deg(geodesic_angle(found.rotations[seen], truth_rotations))
    lengths = np.linalg.norm(ratio_offsets(found.ratio[seen]), axis=-1)[:, 1:]
    true_lengths = np.linalg.norm(ratio_offsets(batch.bone_ratio.double().numpy()[seen]), axis=-1)[:, 1:]
    depth_error = np.abs(np.exp(found.root[seen, 0] - batch.root_depth[:, -1].double().numpy()[seen]) - 1)
    up = batch.up.double().numpy()[seen]
    return {
        "limbs": position_errors(joints, truth_joints, HIPS, LIMBS),
        "all_joints": position_errors(joints, truth_joints, HIPS, _ALL),
        "angle_deg": float(angles[:, 1:].mean()),
        "hips_deg": float(angles[:, 0].mean()),
        "bone_length_percent": float((np.abs(lengths / true_lengths - 1)).mean() * 100),
        "depth_percent": float(np.median(depth_error) * 100),
        "per_joint_mm": _per_joint(joints, truth_joints),
        "viewpoints_mm": _viewpoints(joints, truth_joints, truth_rotations[:, 0], up),
    }


def _per_joint(joints: F64, truth: F64) -> dict[str, float]:
    error = np.linalg.norm(root_aligned(joints, HIPS) - root_aligned(truth, HIPS), axis=-1).mean(0) * 1000
    return {name: round(float(error[index]), 1) for name, index in JOINT.items() if name in JOINT_NAMES}


def _viewpoints(joints: F64, truth: F64, hips: F64, up: F64) -> dict[str, Any]:
    """MPJPE over the limbs by where the camera stands: yaw round the person (0 = in front) x pitch (looking down)."""
    facing = hips[:, :, 2]
    flat = facing - (facing * up).sum(-1, keepdims=True) * up
    ahead = np.array([0.0, 0.0, -1.0]) - up * -up[:, 2:]  # towards the camera, level
    yaw = np.rad2deg(np.arctan2((np.cross(ahead, flat) * up).sum(-1), (ahead * flat).sum(-1)))
    pitch = np.rad2deg(np.arcsin(np.clip(-up[:, 2], -1, 1)))
    limbs = list(LIMBS)
    error = mpjpe(root_aligned(joints, HIPS)[:, limbs], root_aligned(truth, HIPS)[:, limbs]) * 1000
    sector = np.round(yaw / (360 / _YAWS)).astype(int) % _YAWS
    row = np.digitize(pitch, _PITCHES) - 1
    table = [[_mean(error[(row == r) & (sector == s)]) for s in range(_YAWS)] for r in range(len(_PITCHES) - 1)]
    by_yaw = [_mean(error[sector == s]) for s in range(_YAWS)]
    known = [value for value in by_yaw if value is not None]
    return {
        "yaw_deg": [s * 360 // _YAWS for s in range(_YAWS)],
        "pitch_edges_deg": list(_PITCHES),
        "table": table,
        "by_yaw": by_yaw,
        "worst_over_best": round(max(known) / min(known), 3) if known and min(known) > 0 else None,
    }


def _mean(values: F64) -> float | None:
    return round(float(values.mean()), 1) if len(values) >= 5 else None
