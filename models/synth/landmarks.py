"""Where a detector's points sit on the body: each of the 27 is an offset on a bone, varied from person to person."""

from __future__ import annotations

import torch
from torch import Tensor

from models.keypoints import EVIDENCE_NAMES
from models.skeleton import JOINT

_M = 1 / 1.7  # metres of a 1.70 m person -> statures

# bare name: (joint, offset in the T-pose of the LEFT side in metres, spread over people and detectors in metres)
_TABLE: dict[str, tuple[str, tuple[float, float, float], float]] = {
    "nose": ("Head", (0.0, 0.035, 0.110), 0.015),
    "eye": ("Head", (0.032, 0.072, 0.092), 0.012),
    "ear": ("Head", (0.075, 0.050, 0.015), 0.015),
    "shoulder": ("UpperArm", (0.0, 0.022, 0.0), 0.020),
    "elbow": ("LowerArm", (0.0, 0.0, 0.0), 0.015),
    "wrist": ("Hand", (0.0, 0.0, 0.0), 0.012),
    "hip": ("UpperLeg", (0.010, 0.010, 0.0), 0.025),
    "knee": ("LowerLeg", (0.0, 0.0, 0.005), 0.015),
    "ankle": ("Foot", (0.0, 0.012, 0.0), 0.018),
    "big_toe": ("Toes", (-0.010, -0.010, 0.055), 0.018),
    "small_toe": ("Toes", (0.045, -0.012, 0.020), 0.018),
    "heel": ("Foot", (0.0, -0.055, -0.045), 0.018),
    "pinky": ("Hand", (0.085, 0.0, -0.030), 0.012),
    "index": ("Hand", (0.092, 0.0, 0.028), 0.012),
}


def _row(name: str) -> tuple[int, tuple[float, float, float], float]:
    side, _, bare = name.partition("_") if name != "nose" else ("", "", "nose")
    joint, offset, spread = _TABLE[bare]
    if joint != "Head":
        joint = side.capitalize() + joint
    sign = -1.0 if side == "right" else 1.0
    return JOINT[joint], (sign * offset[0], offset[1], offset[2]), spread


_ROWS = [_row(name) for name in EVIDENCE_NAMES]
BONES: tuple[int, ...] = tuple(row[0] for row in _ROWS)
_OFFSETS = torch.tensor([row[1] for row in _ROWS]) * _M  # (27, 3)
_SPREADS = torch.tensor([row[2] for row in _ROWS]) * _M  # (27,)


def place_landmarks(joints: Tensor, turned: Tensor, rng: torch.Generator, spread: float = 1.0) -> Tensor:
    """Joints (B, T, 22, 3) and orientations (B, T, 22, 3, 3) -> the 27 points (B, T, 27, 3), same frame, statures."""
    batch = len(joints)
    offsets = _OFFSETS + torch.randn(batch, len(BONES), 3, generator=rng) * _SPREADS[:, None] * spread
    bones = list(BONES)
    return joints[:, :, bones] + (turned[:, :, bones] @ offsets[:, None, :, :, None])[..., 0]
