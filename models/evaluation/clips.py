"""Clips of people whose true motion is known, through a real detector: VTM next to the detector's own 3D."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.camera import Intrinsics
from models.evaluation.predict import F32, F64, Predictor
from models.keypoints import EVIDENCE_NAMES, NUM_EVIDENCE
from models.metrics import acceleration_error, jitter, position_errors
from models.npz import read_npz
from models.skeleton import JOINT, JOINT_NAMES, LIMBS, NUM_JOINTS
from models.view import MIN_SCORE, person_view

HIPS = (JOINT["LeftUpperLeg"], JOINT["RightUpperLeg"])
_LANDMARKS = {
    "UpperArm": "shoulder",
    "LowerArm": "elbow",
    "Hand": "wrist",
    "UpperLeg": "hip",
    "LowerLeg": "knee",
    "Foot": "ankle",
}
MAX_WINDOWS = 4000


class ClipError(ValueError):
    """A clip's files cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Clip:
    """Detections and truth of N frames at one rate."""

    name: str
    fps: float
    keypoints_px: F64  # (N, 23, 2)
    scores: F64  # (N, 23)
    evidence_m: F64  # (N, 27, 3), NaN where there is none
    intrinsics: Intrinsics
    joints_cam_m: F64  # (N, 22, 3) truth
    height_m: float


def read_clip(keypoints: Path, truth: Path) -> Clip:
    """A keypoints .npz of `python -m app.detect` and the truth of the same clip. Raises ClipError."""
    try:
        found = read_npz(keypoints, "keypoints_px", "keypoint_scores")
        true = read_npz(truth, "K", "fps", "joint_names", "joints_cam_m", "height_m")
        names = [str(name) for name in true["joint_names"]]
        order = [names.index(name) for name in JOINT_NAMES]
    except ValueError as error:
        raise ClipError(f"{keypoints.stem}: {error}") from error
    K = true["K"].astype(np.float64)
    points, joints = found["keypoints_px"], true["joints_cam_m"]
    frames = min(len(points), len(joints))
    evidence = found.get("evidence_m", np.full((len(points), NUM_EVIDENCE, 3), np.nan))
    return Clip(
        keypoints.stem,
        float(true["fps"]),
        np.nan_to_num(points[:frames]).astype(np.float64),
        np.nan_to_num(found["keypoint_scores"][:frames]).astype(np.float64),
        evidence[:frames].astype(np.float64),
        Intrinsics(K[0, 0], K[1, 1], K[0, 2], K[1, 2]),
        joints[:frames][:, order].astype(np.float64),
        float(true["height_m"]),
    )


def windows(clip: Clip, frames: int, ends: NDArray[np.int64]) -> tuple[F32, F32, F32, F64]:
    """The windows that end at each of `ends`: keypoints, evidence, box, and view rotations (M, 3, 3)."""
    rows = ends[:, None] - np.arange(frames - 1, -1, -1)
    inside = rows >= 0
    rows = np.maximum(rows, 0)
    rays = clip.intrinsics.to_rays(clip.keypoints_px)[rows]  # (M, T, 23, 2)
    scores = clip.scores[rows] * inside[..., None]
    view, keypoints = person_view(rays, scores)
    landmarks = clip.evidence_m[rows]
    present = np.isfinite(landmarks).all(-1, keepdims=True) & inside[..., None, None]
    evidence = np.concatenate([np.where(present, landmarks, 0.0), present], axis=-1)
    return keypoints.astype(np.float32), evidence.astype(np.float32), view.box.astype(np.float32), view.rotation


def evaluate_clip(predictor: Predictor, clip: Clip) -> dict[str, Any]:
    """MPJPE family (mm) of VTM with and without evidence, and of the detector's own landmarks, on the same frames."""
    if abs(clip.fps - predictor.config.rate_hz) > 0.5:
        raise ClipError(f"{clip.name}: {clip.fps:g} fps; expected {predictor.config.rate_hz:g}, as the model")
    seen = (clip.scores > MIN_SCORE).sum(-1) >= 4
    ends = np.flatnonzero(seen)[:MAX_WINDOWS]
    if not len(ends):
        raise ClipError(f"{clip.name}: nobody is seen in {len(seen)} frames; is it the right file of detections?")
    keypoints, evidence, box, rotation = windows(clip, predictor.config.window_frames, ends)
    truth = clip.joints_cam_m[ends]
    result: dict[str, Any] = {"frames": len(clip.scores), "seen": len(ends)}
    blind = np.zeros_like(evidence)
    for name, image, refine in (
        ("vtm", evidence, True),
        ("vtm_keypoints_alone", blind, True),
        ("network_without_refinement", evidence, False),
    ):
        joints = predictor.predict(keypoints, image, box, refine=refine).joints * clip.height_m
        joints = np.einsum("nij,nkj->nki", rotation, joints)
        result[name] = {
            "limbs": position_errors(joints, truth, HIPS, LIMBS),
            "all_joints": position_errors(joints, truth, HIPS, tuple(range(NUM_JOINTS))),
            "jitter": jitter(joints, clip.fps),
            "acceleration_error": acceleration_error(joints, truth - truth[:, :1], clip.fps),
        }
    own = _detector_joints(clip)[ends]
    good = np.isfinite(own[:, list(LIMBS)]).all((1, 2))
    if good.any():
        result["detector"] = {
            "limbs": position_errors(own[good], truth[good], HIPS, LIMBS),
            "jitter": jitter(own[good][:, list(LIMBS)], clip.fps),
        }
    return result


def _detector_joints(clip: Clip) -> F64:
    """(N, 22, 3) the detector's 3D landmarks at the limb joints; NaN elsewhere."""
    joints = np.full((len(clip.evidence_m), NUM_JOINTS, 3), np.nan)
    for side in ("Left", "Right"):
        for bone, landmark in _LANDMARKS.items():
            source = EVIDENCE_NAMES.index(f"{side.lower()}_{landmark}")
            joints[:, JOINT[side + bone]] = clip.evidence_m[:, source]
    return joints
