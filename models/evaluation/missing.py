"""Effect of parts hidden for the whole window, in keypoints and landmarks.

BlazePose gives all landmarks or none. A network never trained with partial landmarks is better off without any: compare
its result with keypoints only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.evaluation.frames import FrameTruth, inputs_of, limb_error_mm
from models.evaluation.mocap import action_windows
from models.evaluation.predict import Inputs, Lifter, Predictions
from models.evaluation.rewindow import camera_rays, decoded_in, viewed
from models.keypoints import EVIDENCE_NAMES, NUM_KEYPOINTS
from models.metrics import root_aligned
from models.mocap.library import MotionLibrary
from models.skeleton import JOINT, LIMBS
from models.synth.windows import WindowBatch
from models.training.validate import HEIGHT_M, HIPS, validation_windows

_LEG_POINTS = ("knee", "ankle", "toe", "heel")
_ARM_POINTS = ("elbow", "wrist", "pinky", "index")
_LEGS = [i for i, name in enumerate(EVIDENCE_NAMES) if name.split("_")[-1] in _LEG_POINTS]
_LEFT_ARM = [i for i, name in enumerate(EVIDENCE_NAMES) if name in {f"left_{point}" for point in _ARM_POINTS}]
_LEG_JOINTS = tuple(JOINT[side + name] for side in ("Left", "Right") for name in ("LowerLeg", "Foot"))
_ARM_JOINTS = (JOINT["LeftLowerArm"], JOINT["LeftHand"])
PARTS: dict[str, tuple[list[int], tuple[int, ...]]] = {
    "legs": (_LEGS, _LEG_JOINTS),
    "left_arm": (_LEFT_ARM, _ARM_JOINTS),
    "legs_and_left_arm": ([*_LEGS, *_LEFT_ARM], _LEG_JOINTS + _ARM_JOINTS),
}
"""Hidden part -> its points (keypoints are the first 23 of the landmarks) and limb joints."""

_WALKING = 200  # windows of people who walk


def hidden(inputs: Inputs, points: list[int]) -> Inputs:
    """Return the windows without these points; centre and size follow from the others."""
    scores = inputs.keypoints[..., 2].astype(np.float64)
    scores[:, :, [point for point in points if point < NUM_KEYPOINTS]] = 0
    evidence = inputs.evidence.astype(np.float64)
    evidence[:, :, points] = 0
    return viewed(camera_rays(inputs), scores, evidence)


def evaluate_missing(lifters: Mapping[str, Lifter], library: MotionLibrary, count: int) -> dict[str, Any]:
    """Part -> network -> MPJPE (mm) of hidden and seen limb joints, with evidence and on keypoints alone."""
    table: dict[str, Any] = {"windows": count, "parts": {name: {} for name in PARTS}, "mean_pose_mm": {}}
    for name, lifter in lifters.items():
        batch = validation_windows(library, lifter.config, count)
        truth, whole = FrameTruth.of(batch, lifter.config.latency_frames), inputs_of(batch)
        table["mean_pose_mm"] = mean_pose_errors(truth)
        complete = decoded_in(whole, lifter.answer(whole), whole)
        for part, (points, joints) in PARTS.items():
            seen = hidden(whole, points)
            errors: dict[str, float] = {}
            for suffix, inputs in (("", seen), ("_keypoints_alone", seen.blind())):
                found = decoded_in(whole, lifter.answer(inputs), inputs)
                errors |= {key + suffix: value for key, value in _errors(found, truth, joints).items()}
            errors["hidden_joints_when_seen_mm"] = _errors(complete, truth, joints)["hidden_joints_mm"]
            table["parts"][part][name] = errors
        for walking in action_windows(library, lifter.config, min(count, _WALKING), only="walk").values():
            table.setdefault("walking_legs_mm", {})[name] = _hidden_legs_mm(lifter, walking)
    return table


def _hidden_legs_mm(lifter: Lifter, batch: WindowBatch) -> float:
    """MPJPE (mm) of knees and ankles of people whose legs are never seen: what the prior makes of them."""
    truth, whole = FrameTruth.of(batch, lifter.config.latency_frames), inputs_of(batch)
    points, joints = PARTS["legs"]
    seen = hidden(whole, points)
    return _errors(decoded_in(whole, lifter.answer(seen), seen), truth, joints)["hidden_joints_mm"]


def mean_pose_errors(truth: FrameTruth) -> dict[str, float]:
    """Part -> MPJPE (mm) of its joints in the mean pose, put on the true Hips: what a prior must beat."""
    hips = truth.rotations[truth.seen, 0]
    true = root_aligned(truth.joints[truth.seen] * HEIGHT_M, HIPS)
    mean = np.einsum("nji,nkj->nki", hips, true).mean(0)  # the body's axes
    guess = np.einsum("nij,kj->nki", hips, mean)
    return {part: round(float(limb_error_mm(guess, true, joints).mean()), 1) for part, (_, joints) in PARTS.items()}


def _errors(found: Predictions, truth: FrameTruth, joints: tuple[int, ...]) -> dict[str, float]:
    guess, true = (values[truth.seen] * HEIGHT_M for values in (found.joints, truth.joints))
    others = tuple(joint for joint in LIMBS if joint not in joints)
    return {
        "hidden_joints_mm": round(float(limb_error_mm(guess, true, joints).mean()), 1),
        "other_joints_mm": round(float(limb_error_mm(guess, true, others).mean()), 1),
    }
