"""Metrics of single frames: each window's answer against its truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluation.predict import F64, Inputs, Predictions
from models.evaluation.viewpoints import camera_yaw_pitch, viewpoint_table
from models.keypoints import EVIDENCE_NAMES, LIMB_KEYPOINTS
from models.kinematics import ratio_offsets
from models.metrics import angle_errors_deg, length_error_percent, mpjpe, position_errors, root_aligned
from models.rotations import rotation_6d_to_matrix
from models.skeleton import JOINT, LIMBS, NUM_JOINTS
from models.synth.windows import WindowBatch
from models.training.validate import HEIGHT_M, HIPS

ALL = tuple(range(NUM_JOINTS))
_LIMB_LANDMARKS = {
    JOINT[side + bone]: EVIDENCE_NAMES.index(f"{side.lower()}_{name}")
    for side in ("Left", "Right")
    for bone, name in LIMB_KEYPOINTS.items()
}


@dataclass(frozen=True, slots=True)
class FrameTruth:
    """The truth of one frame of N windows, in each window's view."""

    joints: F64  # (N, 22, 3) hip-centred, view axes, body heights
    rotations: F64  # (N, 22, 3, 3) local, Hips in the view
    depth: F64  # (N,) log(z in body heights x size)
    ratio: F64  # (N, 22)
    up: F64  # (N, 3) against gravity, view axes
    seen: NDArray[np.bool_]  # (N,) whether there is a person

    @staticmethod
    def of(batch: WindowBatch, ahead: int = 0) -> FrameTruth:
        """Return the frame `ahead` before the newest of each window."""
        shown = -1 - ahead
        return FrameTruth(
            batch.joints[:, shown].double().numpy(),
            rotation_6d_to_matrix(batch.rotations_6d[:, shown].double().numpy()),
            batch.root_depth[:, shown].double().numpy(),
            batch.bone_ratio.double().numpy(),
            batch.up.double().numpy(),
            batch.seen.numpy(),
        )


def inputs_of(batch: WindowBatch) -> Inputs:
    """Return the network's input for a batch."""
    return Inputs(batch.keypoints.numpy(), batch.evidence.numpy(), batch.box.numpy())


def frame_errors(found: Predictions, truth: FrameTruth) -> dict[str, Any]:
    """Return all single-frame metrics; millimetres at 1.70 m, degrees, percent."""
    seen = truth.seen
    joints, true_joints = found.joints[seen] * HEIGHT_M, truth.joints[seen] * HEIGHT_M
    angle, hips = angle_errors_deg(found.rotations[seen], truth.rotations[seen])
    depth_error = np.abs(np.exp(found.root[seen, 0] - truth.depth[seen]) - 1)
    return {
        **position_tables(joints, true_joints),
        "angle_deg": angle,
        "hips_deg": hips,
        "bone_length_percent": length_error_percent(_lengths(found.ratio[seen]), _lengths(truth.ratio[seen])),
        "depth_percent": float(np.median(depth_error) * 100),
        "per_joint_mm": _per_joint(joints, true_joints),
        "viewpoints_mm": _viewpoints(joints, true_joints, truth.rotations[seen, 0], truth.up[seen]),
    }


def position_tables(joints: F64, truth: F64) -> dict[str, dict[str, float]]:
    """Return the MPJPE family over the 12 limb joints and over all 22, for (N, 22, 3) metres."""
    return {
        "limbs": position_errors(joints, truth, HIPS, LIMBS),
        "all_joints": position_errors(joints, truth, HIPS, ALL),
    }


def limb_error_mm(joints: F64, truth: F64, which: tuple[int, ...] = LIMBS) -> F64:
    """Return the MPJPE (N,) over `which`, aligned at the centre of the hips, for (N, 22, 3) metres."""
    columns = list(which)
    return mpjpe(root_aligned(joints, HIPS)[:, columns], root_aligned(truth, HIPS)[:, columns]) * 1000


def landmark_joints(landmarks_m: F64) -> F64:
    """Return a detector's own 3D (N, 27, 3) as (N, 22, 3) at the limb joints, NaN elsewhere."""
    joints = np.full((len(landmarks_m), NUM_JOINTS, 3), np.nan)
    for joint, landmark in _LIMB_LANDMARKS.items():
        joints[:, joint] = landmarks_m[:, landmark]
    return joints


def landmark_errors(evidence: F64, truth: FrameTruth) -> dict[str, Any] | None:
    """Return the errors of landmarks (N, 27, 4) alone, on windows that have them; None when none has."""
    columns = list(_LIMB_LANDMARKS.values())
    good = truth.seen & (evidence[:, columns, 3] > 0).all(-1)
    if not good.any():
        return None
    joints = landmark_joints(evidence[good, :, :3])
    return {
        "limbs": position_errors(joints, truth.joints[good] * HEIGHT_M, HIPS, LIMBS),
        "windows": int(good.sum()),
    }


def _lengths(ratio: F64) -> F64:
    """Return bone lengths (N, 21) at body height 1 for bone ratios (N, 22)."""
    return np.asarray(np.linalg.norm(ratio_offsets(ratio), axis=-1)[:, 1:])


def _per_joint(joints: F64, truth: F64) -> dict[str, float]:
    error = np.linalg.norm(root_aligned(joints, HIPS) - root_aligned(truth, HIPS), axis=-1).mean(0) * 1000
    return {name: round(float(error[index]), 1) for name, index in JOINT.items()}


def _viewpoints(joints: F64, truth: F64, hips: F64, up: F64) -> dict[str, Any]:
    """Return the MPJPE over the limbs by camera direction; the view's axis points at the person."""
    towards = np.broadcast_to([0.0, 0.0, -1.0], up.shape)
    yaw, pitch = camera_yaw_pitch(hips[:, :, 2], up, towards)
    return viewpoint_table(limb_error_mm(joints, truth), yaw, pitch)
