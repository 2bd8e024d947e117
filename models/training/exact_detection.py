"""What a detector without errors would find in recorded frames."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.keypoints import EVIDENCE_NAMES, KEYPOINT, NUM_KEYPOINTS
from models.kinematics import forward_kinematics, ratio_offsets
from models.rotations import rotation_between
from models.synth.landmarks import place_landmarks
from models.training.recorded_rows import RecordedRows

_HEIGHT_M = 1.7
_HAND_OF = [KEYPOINT[name.split("_")[0] + "_wrist"] for name in EVIDENCE_NAMES[NUM_KEYPOINTS:]]
KEYPOINT_OF = [*range(NUM_KEYPOINTS), *_HAND_OF]
"""For each of the 27 landmarks, the keypoint whose score says whether it was seen."""
HIPS = [KEYPOINT["left_hip"], KEYPOINT["right_hip"]]
NEAREST = 0.1
"""Least depth of a point in front of the camera, body heights."""


@dataclass(frozen=True, slots=True)
class ExactDetection:
    """Windows (B, T) as seen without errors, BlazePose's points at their mean places on the body."""

    depth: Tensor  # (B, T, 23) in front of the camera, body heights
    rays: Tensor  # (B, T, 23, 2)
    landmarks: Tensor  # (B, T, 27, 3) hip-centred, axes of a camera that looks at the hips, metres


def exact_detection(w: RecordedRows, rng: torch.Generator) -> ExactDetection:
    """Return the detection without errors of windows (B, T)."""
    _, turned = forward_kinematics(w.rotations, ratio_offsets(w.ratio), w.joints[:, :, 0])
    points = place_landmarks(w.joints, turned, rng, 0.0)  # (B, T, 27, 3)
    depth = points[:, :, :NUM_KEYPOINTS, 2].clamp(min=NEAREST)
    hips = points[:, :, HIPS].mean(2)
    ahead = torch.tensor([0.0, 0.0, 1.0]).expand_as(hips)
    towards = rotation_between(ahead, hips)  # (B, T, 3, 3): the detector looks at the person
    landmarks = ((points - hips[:, :, None]) @ towards) * _HEIGHT_M
    return ExactDetection(depth, points[:, :, :NUM_KEYPOINTS, :2] / depth[..., None], landmarks)
