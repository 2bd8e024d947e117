"""Joints relative to the hips, the rotation between two cameras, and the detector's own 3D as the same 22 joints.

Every fit is a rotation without scale: a wrong size remains visible as a difference.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.keypoints import EVIDENCE_NAMES, LIMB_KEYPOINTS, NUM_EVIDENCE
from models.skeleton import JOINT, NUM_JOINTS, REST_OFFSETS, ROOT

F64 = NDArray[np.float64]

_TRUNK = ("Spine", "Chest", "UpperChest", "Neck")
_SHOULDER_AT = 0.25
"""Position of s̄'s Shoulder joint on the way from the upper chest's top to the arm, as a fraction."""


def about_hips(joints_m: F64) -> F64:
    """Move Hips to the origin: (..., 22, 3) -> (..., 22, 3), keeping the axes."""
    joints = np.asarray(joints_m, np.float64)
    return np.asarray(joints - joints[..., ROOT : ROOT + 1, :])


def in_hips_frame(joints_m: F64, R_hips: F64) -> F64:
    """Convert joints (..., 22, 3) to the pelvis' frame; R_hips (..., 3, 3) maps Hips to the joints' frame."""
    return np.asarray(about_hips(joints_m) @ np.asarray(R_hips, np.float64))  # row vectors: R^T from the left


def fit_rotation(points: F64, targets: F64, weights: F64 | None = None) -> F64:
    """Return the rotation R (3, 3) that minimises the distances of `R @ point` to its target, least squares, no scale.

    points, targets  (..., 3) in pairs, both about the same origin
    weights          (...) of each pair, at least 0; None: equal. Pairs that are not finite are ignored.
    Kabsch 1976, by singular value decomposition. Raises ValueError without any pair of weight.
    """
    a, b = np.asarray(points, np.float64).reshape(-1, 3), np.asarray(targets, np.float64).reshape(-1, 3)
    w = np.ones(len(a)) if weights is None else np.asarray(weights, np.float64).reshape(-1)
    good = np.isfinite(a).all(1) & np.isfinite(b).all(1) & (w > 0)
    if not good.any():
        raise ValueError("a rotation needs at least one pair of points")
    u, _, vt = np.linalg.svd((b[good] * w[good, None]).T @ a[good])
    return np.asarray(u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt)


def rotation_angle_deg(R: F64) -> float:
    """Angle of a rotation (3, 3), 0 to 180 degrees, exact near both ends."""
    sine = np.linalg.norm([R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]])
    return float(np.rad2deg(np.arctan2(sine, np.trace(R) - 1.0)))


def distances_mm(points_m: F64, targets_m: F64) -> F64:
    """Return the distance (..., J) of each pair of (..., J, 3) metres in millimetres; NaN where either is unknown."""
    return np.asarray(np.linalg.norm(np.asarray(points_m) - np.asarray(targets_m), axis=-1) * 1000.0)


def landmark_joints(evidence_m: F64) -> F64:
    """Convert the detector's 3D landmarks (..., 27, 3) to our 22 joints relative to the hips, (..., 22, 3) metres.

    Limbs are the landmarks themselves, toes the big toe (BlazePose has no small one); the spine is divided between the
    centres of hips and shoulders as in s̄, and the head joint is the centre of the ears. NaN for missing landmarks.
    """
    marks = np.asarray(evidence_m, np.float64)
    if marks.shape[-2:] != (NUM_EVIDENCE, 3):
        raise ValueError(f"got landmarks of shape {marks.shape}, expected (..., {NUM_EVIDENCE}, 3)")
    joints = np.full((*marks.shape[:-2], NUM_JOINTS, 3), np.nan)
    hips, shoulders = (_middle(marks, f"left_{name}", f"right_{name}") for name in ("hip", "shoulder"))
    joints[..., ROOT, :] = hips
    heights = np.cumsum([REST_OFFSETS[JOINT[name], 1] for name in _TRUNK])
    for name, share in zip(_TRUNK, heights / heights[-1], strict=True):
        joints[..., JOINT[name], :] = hips + share * (shoulders - hips)
    joints[..., JOINT["Head"], :] = _middle(marks, "left_ear", "right_ear")
    for side in ("Left", "Right"):
        low = side.lower()
        for bone, name in LIMB_KEYPOINTS.items():
            joints[..., JOINT[side + bone], :] = marks[..., EVIDENCE_NAMES.index(f"{low}_{name}"), :]
        joints[..., JOINT[side + "Toes"], :] = marks[..., EVIDENCE_NAMES.index(f"{low}_big_toe"), :]
        arm = joints[..., JOINT[side + "UpperArm"], :]
        joints[..., JOINT[side + "Shoulder"], :] = shoulders + _SHOULDER_AT * (arm - shoulders)
    return about_hips(joints)


def _middle(marks: F64, *names: str) -> F64:
    columns: Sequence[int] = [EVIDENCE_NAMES.index(name) for name in names]
    return np.asarray(marks[..., columns, :].mean(-2))
