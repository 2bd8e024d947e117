"""The 3D landmarks of a detector's own network, with errors like theirs.

Across the picture they err as the keypoints do and some more, in depth far more; limbs that reach towards the camera
are flattened, the whole body is tilted.
"""

from __future__ import annotations

import torch
from torch import Tensor

from models.keypoints import EVIDENCE_NAMES, KEYPOINT, NUM_EVIDENCE, NUM_KEYPOINTS
from models.rotations import axis_angle_to_matrix
from models.skeleton import mirrored_name
from models.synth.noise import Detected, slow_noise

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
# bare name: (error across the picture, in depth, metres); the hips are the origin
_ERRORS: dict[str, tuple[float, float]] = {
    "hip": (0.010, 0.010),
    "shoulder": (0.012, 0.032),
    "elbow": (0.014, 0.050),
    "knee": (0.020, 0.050),
    "wrist": (0.018, 0.080),
    "pinky": (0.018, 0.080),
    "index": (0.018, 0.080),
} | dict.fromkeys(("ankle", "toe", "heel"), (0.016, 0.068))
_HEAD = (0.016, 0.045)
_ACROSS, _DEPTH = torch.tensor([_ERRORS.get(name.split("_")[-1], _HEAD) for name in EVIDENCE_NAMES]).unbind(-1)
_SIGMA = torch.stack([_ACROSS, _ACROSS, _DEPTH], dim=-1)  # (27, 3)
_HIDDEN = 1.5
"""How many times larger when hidden."""
_VARYING = torch.tensor([0.6, 0.6, 0.9])
"""What comes and goes over a window, of what stays."""
_TILT, _TILT_VARYING = torch.tensor([0.08, 0.08, 0.03]), torch.tensor([0.06, 0.06, 0.02])
"""Radians about the view's axes: depth is what is misjudged, not what is up in the picture."""


def hidden_evidence(evidence: Tensor, scores: Tensor, rng: torch.Generator) -> Tensor:
    """(B, T, 27, 4), (B, T, 23): in half of the windows what has no keypoint has no landmark (hands: as the wrist)."""
    missing = scores[:, :, _KEYPOINT_OF] <= 0
    both = (torch.rand(len(scores), generator=rng) < 0.5)[:, None, None]
    return evidence * ~(missing & both)[..., None]


def _flattened(points: Tensor, rng: torch.Generator) -> Tensor:
    """(B, T, 27, 3): how far a limb reaches towards or away from the camera is misjudged, mostly too little."""
    depth = points[..., 2].clone()
    for base, limb in _LIMBS:
        reach = 0.85 + 0.25 * torch.randn(len(points), 1, 1, generator=rng)
        depth[:, :, limb] = depth[:, :, base, None] + reach * (depth[:, :, limb] - depth[:, :, base, None])
    return torch.cat([points[..., :2], depth[..., None]], dim=-1)


def noisy_evidence(points_view: Tensor, detected: Detected, seen: Tensor, rng: torch.Generator) -> Tensor:
    """The detector's 3D landmarks.

    points_view  (B, T, 27, 3) true landmarks in the view's axes, statures
    detected     the keypoints of the same frames: flips are theirs, errors go with theirs
    seen         (B, T) bool: the frame has a person
    returns      (B, T, 27, 4): hip-centred x, y, z (about metres), 1 where present; zeros elsewhere
    """
    batch, frames = points_view.shape[:2]
    hips = points_view[:, :, [KEYPOINT["left_hip"], KEYPOINT["right_hip"]]].mean(2, keepdim=True)
    scale = _HEIGHT_M * torch.exp(torch.randn(batch, 1, 1, 1, generator=rng) * 0.05)
    points = (points_view - hips) * scale
    points = _flattened(points, rng)
    turn = torch.randn(batch, 1, 3, generator=rng) * _TILT + slow_noise((batch, frames, 3), 0.93, rng) * _TILT_VARYING
    points = points @ axis_angle_to_matrix(turn).mT
    offset = torch.randn(batch, 1, NUM_EVIDENCE, 3, generator=rng)
    varying = slow_noise((batch, frames, NUM_EVIDENCE, 3), 0.9, rng) * _VARYING
    level = torch.exp(torch.randn(batch, 1, 1, 1, generator=rng) * 0.5 - 0.1)
    worse = torch.where(detected.hidden[:, :, _KEYPOINT_OF, None], _HIDDEN, 1.0)
    across = detected.error[:, :, _KEYPOINT_OF] * _HEIGHT_M
    across = across - across[:, :, [KEYPOINT["left_hip"], KEYPOINT["right_hip"]]].mean(2, keepdim=True)
    points = points + (offset + varying) * _SIGMA * level * worse
    points = torch.cat([points[..., :2] + across, points[..., 2:]], dim=-1)
    points = torch.where(detected.flipped[..., None, None], points[:, :, _MIRROR], points)
    present = seen[..., None].expand(-1, -1, NUM_EVIDENCE).clone()
    present[:, :, _SMALL_TOES] = False
    return torch.cat([points * present[..., None], present[..., None].float()], dim=-1)
