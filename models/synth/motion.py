"""Output of the motion samplers."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class MotionBatch:
    """Windows of motion on s̄'s joints, world frame, body heights."""

    rotations: Tensor  # (B, T, 22, 3, 3) local, Hips in the world
    root: Tensor  # (B, T, 3)
    contacts: Tensor  # (B, T, 2)
    contact_valid: Tensor  # (B,) bool
