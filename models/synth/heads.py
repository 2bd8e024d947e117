"""Independent head motion: recorded heads hardly tilt, unlike people in front of a webcam."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from models.rotations import axis_angle_to_matrix, matrix_to_rotation_6d, rotation_6d_to_matrix
from models.skeleton import JOINT
from models.synth.motion import MotionBatch
from models.synth.randomisation import Poses

_NECK = [JOINT["Neck"], JOINT["Head"]]
_STAYS = 0.3
"""Fraction of the recorded rotation of head and neck that is kept with independent motion."""


def heads_turned(motion: MotionBatch, variety: float, poses: Poses, rng: torch.Generator) -> MotionBatch:
    """Return the motion with random head angles, held or moving, in a fraction `poses.head` of the windows.

    Neck and head share each angle: up to 70 degrees of turn, 40 of tilt to a side, 40 of nod, one at a time or
    combined. Shoulders and trunk are unchanged.
    """
    batch, frames = motion.rotations.shape[:2]
    on = torch.rand(batch, generator=rng) < poses.head * variety
    first, second = (_angles(batch, poses, rng) for _ in range(2))
    moving = (torch.rand(batch, generator=rng) < 0.6)[:, None, None]
    low, high = poses.head_rate_hz
    rate = low + (high - low) * torch.rand(batch, 1, 1, generator=rng)
    phase = torch.rand(batch, 1, 1, generator=rng) * 2 * math.pi
    time_s = torch.arange(frames)[None, :, None] / 30.0
    weight = torch.where(moving, 0.5 - 0.5 * torch.cos(2 * math.pi * rate * time_s + phase), torch.zeros(()))
    angles = first[:, None] + weight * (second - first)[:, None]  # (B, T, 3) nod, turn, tilt
    own = axis_angle_to_matrix(angles * torch.tensor([0.5, 0.5, -0.5]))[:, :, None]
    recorded = matrix_to_rotation_6d(motion.rotations[:, :, _NECK])
    rest = torch.tensor([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    calmer = rotation_6d_to_matrix(rest + _STAYS * (recorded - rest))
    rotations = motion.rotations.clone()
    rotations[:, :, _NECK] = torch.where(on[:, None, None, None, None], calmer @ own, rotations[:, :, _NECK])
    return replace(motion, rotations=rotations)


def _angles(batch: int, poses: Poses, rng: torch.Generator) -> Tensor:
    """Return radians (B, 3): nod (+ down), turn and tilt (+ to the left)."""
    largest = torch.deg2rad(torch.tensor([poses.nod_deg, poses.turn_deg, poses.side_deg]))
    uniform = torch.rand(batch, 3, generator=rng) * 2 - 1
    normal = (torch.randn(batch, 3, generator=rng) / 3).clamp(-1, 1)
    wide = torch.rand(batch, 3, generator=rng) < poses.head_mixture
    angles: Tensor = torch.where(wide, uniform, normal)
    length = angles.norm(dim=-1, keepdim=True).clamp(min=1.0)  # not all at their limits at once
    limited: Tensor = angles / length * largest
    return limited
