"""Positions of a detector's points on the body: each of the 27 is an offset on a bone, varying between people."""

from __future__ import annotations

import torch
from torch import Tensor

from models.keypoints import EVIDENCE_NAMES
from models.skeleton import JOINT, mirrored_name
from models.synth.randomisation import PEOPLE, People

_M = 1 / 1.7  # metres of a 1.70 m person -> body heights

# bare name: (joint, offset of the LEFT side in the T-pose where annotators mark it, offset where BlazePose puts it,
# spread between people), metres. BlazePose's offsets are a least-squares fit to its keypoints on rendered people, with
# exact perspective for the head. The annotators' points of the head are measured on the renderer's heads, whose Head
# joint is 3 cm higher than that of the mean skeleton (included here).
_Offset = tuple[float, float, float]
_TABLE: dict[str, tuple[str, _Offset, _Offset, float]] = {
    "nose": ("Head", (0.0, 0.030, 0.117), (0.0, 0.037, 0.100), 0.008),
    "eye": ("Head", (0.030, 0.070, 0.091), (0.028, 0.068, 0.079), 0.006),
    "ear": ("Head", (0.079, 0.064, -0.006), (0.058, 0.058, 0.032), 0.008),
    "shoulder": ("UpperArm", (0.0, 0.022, 0.0), (-0.033, 0.008, -0.005), 0.012),
    "elbow": ("LowerArm", (0.0, 0.0, 0.0), (-0.001, 0.007, 0.017), 0.010),
    "wrist": ("Hand", (0.0, 0.0, 0.0), (0.006, -0.002, 0.009), 0.008),
    "hip": ("UpperLeg", (0.010, 0.010, 0.0), (-0.011, -0.008, 0.022), 0.016),
    "knee": ("LowerLeg", (0.0, 0.0, 0.005), (-0.003, 0.008, -0.015), 0.010),
    "ankle": ("Foot", (0.0, 0.012, 0.0), (0.001, 0.030, 0.005), 0.010),
    "big_toe": ("Toes", (-0.010, -0.010, 0.055), (-0.004, -0.004, 0.034), 0.014),
    "small_toe": ("Toes", (0.045, -0.012, 0.020), (0.045, -0.012, 0.020), 0.014),
    "heel": ("Foot", (0.0, -0.055, -0.045), (0.003, -0.033, -0.032), 0.012),
    "pinky": ("Hand", (0.085, 0.0, -0.030), (0.085, 0.0, -0.030), 0.012),
    "index": ("Hand", (0.092, 0.0, 0.028), (0.092, 0.0, 0.028), 0.012),
}


def _row(name: str) -> tuple[int, list[_Offset], float]:
    side, _, bare = name.partition("_") if name != "nose" else ("", "", "nose")
    joint, *offsets, spread = _TABLE[bare]
    if joint != "Head":
        joint = side.capitalize() + joint
    sign = -1.0 if side == "right" else 1.0
    return JOINT[joint], [(sign * x, y, z) for x, y, z in offsets], spread


_ROWS = [_row(name) for name in EVIDENCE_NAMES]
BONES: tuple[int, ...] = tuple(row[0] for row in _ROWS)
_OFFSETS = torch.tensor([row[1] for row in _ROWS]).transpose(0, 1) * _M  # (2, 27, 3)
_SPREADS = torch.tensor([row[2] for row in _ROWS]) * _M  # (27,)
_MIRROR = [EVIDENCE_NAMES.index(mirrored_name(name)) for name in EVIDENCE_NAMES]
_FLIP = torch.tensor([-1.0, 1.0, 1.0])


def place_landmarks(
    joints: Tensor, turned: Tensor, rng: torch.Generator, spread: float = 1.0, people: People = PEOPLE
) -> Tensor:
    """Return the 27 points (B, T, 27, 3) for joints (B, T, 22, 3) and orientations (B, T, 22, 3, 3).

    All in the same frame, body heights.

    `spread` 0: BlazePose's mean positions.
    """
    batch, spread = len(joints), spread * people.landmark_scale
    own = torch.randn(batch, len(BONES), 3, generator=rng)
    alike = torch.randn(batch, len(BONES), 3, generator=rng)
    alike = (alike + alike[:, _MIRROR] * _FLIP) / 2**0.5
    both = people.landmark_symmetry
    moved = (own * (1 - both) ** 0.5 + alike * both**0.5) * _SPREADS[:, None] * spread
    annotated = torch.rand(batch, generator=rng) < (1 - people.blazepose_landmarks) * min(spread, 1.0)
    offsets = torch.where(annotated[:, None, None], _OFFSETS[0], _OFFSETS[1]) + moved
    bones = list(BONES)
    placed: Tensor = joints[:, :, bones] + (turned[:, :, bones] @ offsets[:, None, :, :, None])[..., 0]
    return placed
