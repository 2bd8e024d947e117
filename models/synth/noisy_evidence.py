"""Simulated 3D landmarks of a detector's own network.

In the picture plane their errors are slightly larger than those of the keypoints, in depth much larger. Limbs that
point towards the camera are flattened, and the whole body is tilted.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from models.keypoints import EVIDENCE_NAMES, KEYPOINT, NUM_EVIDENCE, NUM_KEYPOINTS
from models.rotations import axis_angle_to_matrix
from models.skeleton import mirrored_name
from models.synth.noise import Detected, mixing, slow_noise
from models.synth.randomisation import LandmarkErrors

_MIRROR = [EVIDENCE_NAMES.index(mirrored_name(name)) for name in EVIDENCE_NAMES]
_SMALL_TOES = [KEYPOINT["left_small_toe"], KEYPOINT["right_small_toe"]]
_LIMBS = [
    (KEYPOINT[f"{side}_{base}"], [EVIDENCE_NAMES.index(f"{side}_{name}") for name in names])
    for side in ("left", "right")
    for base, names in (
        ("shoulder", ("elbow", "wrist", "pinky", "index")),
        ("hip", ("knee", "ankle", "heel", "big_toe", "small_toe")),
    )
]
_HAND_OF = [KEYPOINT[name.split("_")[0] + "_wrist"] for name in EVIDENCE_NAMES[NUM_KEYPOINTS:]]
_KEYPOINT_OF = [*range(NUM_KEYPOINTS), *_HAND_OF]
_HEIGHT_M = 1.7
_GROUPS: dict[str, list[tuple[str, ...]]] = {
    "alike_head": [("nose", "left_eye", "right_eye", "left_ear", "right_ear")],
    "alike_shoulders": [("left_shoulder", "right_shoulder")],
    "alike_hand": [tuple(f"{side}_{name}" for name in ("wrist", "pinky", "index")) for side in ("left", "right")],
    "alike_foot": [
        tuple(f"{side}_{name}" for name in ("ankle", "heel", "big_toe", "small_toe")) for side in ("left", "right")
    ],
}
_KIND = {"pinky": "hand", "index": "hand", "ankle": "foot", "toe": "foot", "heel": "foot"}


@cache
def _sizes(errors: LandmarkErrors) -> tuple[Tensor, Tensor]:
    """Return sizes (27, 3) in metres and the noise's mixing matrix (27, 27), which correlates head, hand or foot."""
    kinds = [_KIND.get(name.split("_")[-1], name.split("_")[-1]) for name in EVIDENCE_NAMES]
    rows = [getattr(errors, kind, errors.head) for kind in kinds]
    groups = [
        (tuple(EVIDENCE_NAMES.index(name) for name in names), getattr(errors, field))
        for field, several in _GROUPS.items()
        for names in several
    ]
    size = torch.tensor([(row.across_m, row.across_m, row.depth_m) for row in rows])
    return size, mixing(NUM_EVIDENCE, groups)


def hidden_evidence(evidence: Tensor, scores: Tensor, rng: torch.Generator, fraction: float) -> Tensor:
    """Remove landmarks of missing keypoints in a fraction of the windows (hands: of the wrist)."""
    missing = scores[:, :, _KEYPOINT_OF] <= 0
    both = (torch.rand(len(scores), generator=rng) < fraction)[:, None, None]
    return evidence * ~(missing & both)[..., None]


def _flattened(points: Tensor, level: Tensor, errors: LandmarkErrors, rng: torch.Generator) -> Tensor:
    """Return points (B, T, 27, 3) with a wrong extent of limbs in depth, mostly too small."""
    depth = points[..., 2].clone()
    mean, spread = errors.reach
    for base, limb in _LIMBS:
        reach = 1 + level * (mean + spread * torch.randn(len(points), 1, 1, generator=rng))
        depth[:, :, limb] = depth[:, :, base, None] + reach * (depth[:, :, limb] - depth[:, :, base, None])
    return torch.cat([points[..., :2], depth[..., None]], dim=-1)


def noisy_evidence(
    points_view: Tensor, detected: Detected, seen: Tensor, rng: torch.Generator, errors: LandmarkErrors
) -> Tensor:
    """Simulate the detector's 3D landmarks.

    points_view  (B, T, 27, 3) landmarks as defined by the detector, view axes, body heights
    detected     keypoints of the same frames: landmarks share their flips and correlate with their errors
    seen         (B, T) bool: the frame has a person
    returns      (B, T, 27, 4): hip-centred x, y, z (about metres), 1 where present; zeros elsewhere
    """
    batch, frames = points_view.shape[:2]
    hips = points_view[:, :, [KEYPOINT["left_hip"], KEYPOINT["right_hip"]]].mean(2, keepdim=True)
    scale = _HEIGHT_M * torch.exp(torch.randn(batch, 1, 1, 1, generator=rng) * errors.size_spread)
    points = (points_view - hips) * scale
    levels = torch.rand(2, batch, 1, 1, generator=rng)
    level, deep = (
        low + (high - low) * u for (low, high), u in zip((errors.level, errors.depth_level), levels, strict=True)
    )
    points = _flattened(points, deep, errors, rng)
    tilt, varying_tilt = torch.tensor(errors.tilt_rad), torch.tensor(errors.tilt_varying_rad)
    turn = torch.randn(batch, 1, 3, generator=rng) * tilt + slow_noise((batch, frames, 3), 0.93, rng) * varying_tilt
    points = points @ axis_angle_to_matrix(turn * deep).mT
    size, mixed = _sizes(errors)
    offset = torch.randn(batch, 1, NUM_EVIDENCE, 3, generator=rng)
    varying = slow_noise((batch, frames, NUM_EVIDENCE, 3), 0.9, rng) * torch.tensor(errors.varying)
    spread = errors.person_spread
    own = torch.exp(torch.randn(batch, 1, 1, 1, generator=rng) * spread - 0.1)
    sigma = size * own * torch.cat([level, level, deep], dim=-1)[:, :, None]  # (B, 1, 27, 3)
    worse = torch.where(detected.hidden[:, :, _KEYPOINT_OF, None], errors.hidden, 1.0)
    across = detected.error[:, :, _KEYPOINT_OF] * _HEIGHT_M
    across = across - across[:, :, [KEYPOINT["left_hip"], KEYPOINT["right_hip"]]].mean(2, keepdim=True)
    points = points + (mixed @ (offset + varying)) * sigma * worse
    points = torch.cat([points[..., :2] + across, points[..., 2:]], dim=-1)
    points = torch.where(detected.flipped[..., None, None], points[:, :, _MIRROR], points)
    present = seen[..., None].expand(-1, -1, NUM_EVIDENCE).clone()
    present[:, :, _SMALL_TOES] = False
    return torch.cat([points * present[..., None], present[..., None].float()], dim=-1)
