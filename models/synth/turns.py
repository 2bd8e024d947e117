"""Smooth random rotations of joints within their limits."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from models.rotations import axis_angle_to_matrix

STRAIGHT = 0.999
"""Largest cosine of a hinge's angle: a straighter limb counts as bent by this much."""


def slow_turns(batch: int, frames: int, constant: float, varying: float, rng: torch.Generator) -> Tensor:
    """Return random rotation vectors (B, T, 3) in radians: a constant plus a slow wave."""
    time_s = torch.arange(frames)[None, :, None] / 30.0
    rate = torch.rand(batch, 1, 3, generator=rng) * 1.2 + 0.1
    phase = torch.rand(batch, 1, 3, generator=rng) * 2 * math.pi
    wave = torch.sin(2 * math.pi * rate * time_s + phase) * torch.randn(batch, 1, 3, generator=rng)
    return torch.randn(batch, 1, 3, generator=rng) * constant + wave * varying


def swung(rotation: Tensor, bone: Tensor, turn: Tensor, low: Tensor, high: Tensor, on: Tensor) -> Tensor:
    """Rotate a ball joint in its parent's frame, but only where the bone's direction stays within low..high."""
    turned = axis_angle_to_matrix(turn) @ rotation
    direction = turned @ bone  # (B, T, 3)
    inside = ((direction > low) & (direction < high)).all(-1).all(-1)
    return torch.where((on & inside)[:, None, None, None], turned, rotation)


def flexed(rotation: Tensor, bone: Tensor, axis: Tensor, target: Tensor, on: Tensor) -> Tensor:
    """Flex an elbow or a knee about its own axis to `target` (B, T), radians from straight."""
    now = torch.acos((rotation @ bone * bone).sum(-1).clamp(-STRAIGHT, STRAIGHT))
    bent = rotation @ axis_angle_to_matrix(axis * (target - now)[..., None])
    return torch.where(on[:, None, None, None], bent, rotation)


def flexion(batch: int, frames: int, most_deg: float, rng: torch.Generator) -> Tensor:
    """Return a hinge's angle (B, T) over time within 0..most."""
    low, high = math.radians(2), math.radians(most_deg)
    wave = slow_turns(batch, frames, 0.0, math.radians(25), rng)[..., 0]
    return (torch.rand(batch, 1, generator=rng) * high + wave).clamp(low, high)
