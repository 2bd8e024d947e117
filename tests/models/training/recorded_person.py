"""Recorded frames of made-up people, for tests."""

from __future__ import annotations

from dataclasses import fields, replace

import torch

from models.keypoints import KEYPOINT, NUM_EVIDENCE, NUM_KEYPOINTS
from models.kinematics import forward_kinematics, ratio_offsets
from models.skeleton import NUM_JOINTS
from models.synth.landmarks import place_landmarks
from models.training.recorded_rows import RecordedRows


def rows(frames: int, *, place: float, seed: int = 0) -> RecordedRows:
    """Somebody at (place, 0, 3) whose keypoints are scattered about; the left foot rests, the right never does."""
    rng = torch.Generator().manual_seed(seed)
    joints = torch.randn(frames, NUM_JOINTS, 3, generator=rng) * 0.2 + torch.tensor([place, 0.0, 3.0])
    return RecordedRows(
        rays=torch.randn(frames, NUM_KEYPOINTS, 2, generator=rng) * 0.1 + torch.tensor([place / 3, 0.0]),
        scores=torch.ones(frames, NUM_KEYPOINTS),
        evidence=torch.zeros(frames, NUM_EVIDENCE, 4),
        rotations=torch.eye(3).expand(frames, NUM_JOINTS, 3, 3),
        joints=joints,
        up=torch.tensor([0.0, -1.0, 0.0]).expand(frames, 3),
        ratio=torch.full((frames, NUM_JOINTS), 1.0 + place / 100),
        contacts=torch.tensor([1.0, 0.0]).expand(frames, 2),
        contact_valid=torch.ones(frames, dtype=torch.bool),
    )


def person(frames: int = 40) -> tuple[RecordedRows, torch.Tensor]:
    """Somebody in the T-pose, 3 statures away, whose detector is off by a known vector; the true rays."""
    offsets = ratio_offsets(torch.ones(NUM_JOINTS))
    rotations = torch.eye(3).repeat(frames, NUM_JOINTS, 1, 1)
    rotations[:, 0] = torch.diag(torch.tensor([1.0, -1.0, -1.0]))
    joints, turned = forward_kinematics(rotations, offsets, torch.tensor([0.0, 0.0, 3.0]).expand(frames, 3))
    points = place_landmarks(joints[None], turned[None], torch.Generator(), 0.0)[0]
    rays = points[:, :NUM_KEYPOINTS, :2] / points[:, :NUM_KEYPOINTS, 2:]
    hips = points[:, [KEYPOINT["left_hip"], KEYPOINT["right_hip"]]].mean(1, keepdim=True)
    evidence = torch.cat([(points - hips) * 1.7 + 0.05, torch.ones(frames, NUM_EVIDENCE, 1)], dim=-1)
    clip = replace(
        rows(frames, place=0.0),
        rays=rays + torch.tensor([0.01, -0.005]),
        evidence=evidence,
        rotations=rotations,
        joints=joints,
        ratio=torch.ones(frames, NUM_JOINTS),
    )
    return RecordedRows(*(getattr(clip, f.name)[None] for f in fields(RecordedRows))), rays[None]


def repeated(window: RecordedRows, count: int) -> RecordedRows:
    """Return `count` copies of one window."""
    return RecordedRows(*(getattr(window, f.name).repeat_interleave(count, 0) for f in fields(RecordedRows)))
