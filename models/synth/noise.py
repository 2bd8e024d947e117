"""Errors like a detector's: bias, correlated jitter, occlusion, swaps, flips, drops, and scores that tell.

Sizes follow what BlazePose measured on rendered people (bias and spread per keypoint, autocorrelation 0.85 a frame, leg
swaps in side views, rare whole-body flips), spread wider, since other detectors differ.
"""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor

from models.keypoints import EVIDENCE_NAMES, KEYPOINT, KEYPOINT_NAMES, MIRROR_KEYPOINTS, NUM_EVIDENCE, NUM_KEYPOINTS
from models.rotations import axis_angle_to_matrix
from models.skeleton import mirrored_name

_MIRROR_EVIDENCE = [EVIDENCE_NAMES.index(mirrored_name(name)) for name in EVIDENCE_NAMES]
_LEGS = [i for i, name in enumerate(KEYPOINT_NAMES) if name.split("_")[-1] in ("knee", "ankle", "toe", "heel")]
_FEET = [i for i, name in enumerate(KEYPOINT_NAMES) if name.split("_")[-1] in ("toe", "heel")]
_SMALL_TOES = [KEYPOINT["left_small_toe"], KEYPOINT["right_small_toe"]]
_ARM_LEFT = [KEYPOINT["left_elbow"], KEYPOINT["left_wrist"]]
_ARM_RIGHT = [KEYPOINT["right_elbow"], KEYPOINT["right_wrist"]]
_TRUNK = [KEYPOINT[name] for name in ("left_shoulder", "right_shoulder", "left_hip", "right_hip")]
_LIMBS = [
    (KEYPOINT[f"{side}_{base}"], [EVIDENCE_NAMES.index(f"{side}_{name}") for name in names])
    for side in ("left", "right")
    for base, names in (
        ("shoulder", ("elbow", "wrist", "pinky", "index")),
        ("hip", ("knee", "ankle", "heel", "big_toe", "small_toe")),
    )
]
_HAND_OF = [KEYPOINT[name.split("_")[0] + "_wrist"] for name in EVIDENCE_NAMES[NUM_KEYPOINTS:]]
# spread of the slow error over the person's height in the picture
_SPREAD = torch.tensor(
    [
        {"elbow": 0.011, "wrist": 0.011, "ankle": 0.013, "toe": 0.015, "heel": 0.014}.get(name.split("_")[-1], 0.010)
        for name in KEYPOINT_NAMES
    ]
)


_REACH_OF = {"elbow": 1.0, "knee": 1.1} | dict.fromkeys(("wrist", "ankle", "toe", "heel", "pinky", "index"), 2.0)
_REACH = torch.tensor([_REACH_OF.get(name.split("_")[-1], 0.7) for name in EVIDENCE_NAMES])
"""How much farther off than the others a 3D landmark is: trunk and head little, hands and feet most."""


@cache
def _correlate(frames: int, per_frame: float) -> Tensor:
    """(T, T) matrix that turns white noise into unit noise with that autocorrelation (AR(1))."""
    lag = torch.arange(frames)
    covariance: Tensor = torch.pow(per_frame, (lag[:, None] - lag).abs().double())
    root: Tensor = torch.linalg.cholesky(covariance)
    return root.float()


def slow_noise(shape: tuple[int, ...], per_frame: float, rng: torch.Generator) -> Tensor:
    """(B, T, ...) unit normal noise, correlated over T."""
    white = torch.randn(shape, generator=rng)
    correlated: Tensor = torch.einsum("ts,bs...->bt...", _correlate(shape[1], per_frame), white)
    return correlated


def runs(batch: int, frames: int, share: float, mean_frames: float, rng: torch.Generator) -> Tensor:
    """(B, T) bool: on for about `share` of the time, in runs of about `mean_frames`."""
    level = math.sqrt(2) * torch.special.erfinv(torch.tensor(1 - 2 * share)).item()
    on: Tensor = slow_noise((batch, frames), math.exp(-1.5 / mean_frames), rng) > level
    return on


def _chance(batch: int, p: float, rng: torch.Generator) -> Tensor:
    return torch.rand(batch, generator=rng) < p


def _occluded(points: Tensor, rays: Tensor, height: Tensor) -> Tensor:
    """(B, T, 27, 3) camera, (B, T, 23, 2), (B, T) -> (B, T, 23) behind the trunk or behind the other leg."""
    depth = points[:, :, :NUM_KEYPOINTS, 2]
    trunk = rays[:, :, _TRUNK]
    middle, half = trunk.mean(2, keepdim=True), (trunk.amax(2) - trunk.amin(2))[:, :, None] / 2
    on_trunk = ((rays - middle).abs() < half + 0.02 * height[..., None, None]).all(-1)
    behind = on_trunk & (depth > depth[:, :, _TRUNK].mean(2, keepdim=True) + 0.05)
    other = list(MIRROR_KEYPOINTS)
    near: Tensor = (rays - rays[:, :, other]).norm(dim=-1) < 0.05 * height[..., None]
    legs = torch.zeros(NUM_KEYPOINTS, dtype=torch.bool)
    legs[_LEGS] = True
    hidden: Tensor = behind | (near & legs & (depth > depth[:, :, other] + 0.03))
    return hidden


def noisy_keypoints(
    points: Tensor,
    half_width: Tensor,
    half_height: Tensor,
    rng: torch.Generator,
    strength: float = 1.0,
    hide: float = 1.0,
) -> tuple[Tensor, Tensor, Tensor]:
    """What a detector would say. `strength` scales its errors, `hide` how often keypoints are missing altogether.

    points   (B, T, 27, 3) true landmarks, camera frame, statures
    returns  rays (B, T, 23, 2), scores (B, T, 23), flipped (B, T) bool: left and right exchanged over the whole body
    """
    batch, frames = points.shape[:2]
    rays = points[:, :, :NUM_KEYPOINTS, :2] / points[:, :, :NUM_KEYPOINTS, 2:].clamp(min=0.1)
    height = 1 / points[..., 2].mean(-1).clamp(min=0.3)  # (B, T) the person's height in ray units
    outside = (rays.abs() > torch.stack([half_width, half_height], -1)[:, None, None]).any(-1)
    hidden = _occluded(points, rays, height)
    level = strength * torch.exp(torch.randn(batch, 1, 1, generator=rng) * 0.5 - 0.1)
    worse = 1 + 2.5 * hidden + 3.5 * outside
    sigma = _SPREAD * level * worse  # (B, T, 23)
    bias = torch.randn(batch, 1, NUM_KEYPOINTS, 2, generator=rng) * 0.7
    slow = slow_noise((batch, frames, NUM_KEYPOINTS, 2), 0.85, rng)
    jitter = torch.randn(batch, frames, NUM_KEYPOINTS, 2, generator=rng) * 0.18
    error = (bias + slow + jitter) * sigma[..., None]
    jumps = runs(batch * NUM_KEYPOINTS, frames, 0.02, 3.0, rng).view(batch, NUM_KEYPOINTS, frames).mT
    far = torch.randn(batch, frames, NUM_KEYPOINTS, 2, generator=rng) * 0.12 * strength
    error = error + far * jumps[..., None]
    score = _scores(error.norm(dim=-1), hidden, outside, jumps, rng)
    rays = rays + error * height[..., None, None]
    rays, score, flipped = _swapped(points, rays, score, rng, strength)
    return rays, dropped(score, rng, hide), flipped


def _scores(error: Tensor, hidden: Tensor, outside: Tensor, jumps: Tensor, rng: torch.Generator) -> Tensor:
    """(B, T, 23) scores that fall with the error; in a share of the windows they hardly tell."""
    batch = len(error)
    told = torch.exp(-error / 0.10) * (1 - 0.35 * hidden) * (1 - 0.6 * outside) * (1 - 0.4 * jumps)
    blind = 0.93 + 0 * error - 0.2 * hidden - 0.5 * outside
    base = torch.where(_chance(batch, 0.5, rng)[:, None, None], blind, told)
    return (base + 0.06 * torch.randn(error.shape, generator=rng)).clamp(0.12, 1.0)


def _swapped(
    points: Tensor, rays: Tensor, score: Tensor, rng: torch.Generator, strength: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Legs swapped in side views for short runs; rarely the whole body flips."""
    batch, frames = score.shape[:2]
    across = points[:, :, KEYPOINT["left_shoulder"]] - points[:, :, KEYPOINT["right_shoulder"]]
    side_view = across[..., :2].norm(dim=-1) < 0.45 * across.norm(dim=-1)
    back_or_side = across[..., 0] < 0.25 * across.norm(dim=-1)  # facing away, or nearly sideways
    legs = runs(batch, frames, 0.15 * strength + 1e-4, 5.0, rng) & side_view
    often = _chance(batch, 0.35, rng)[:, None]
    anywhere = _chance(batch, 0.3, rng)[:, None]
    flipped = runs(batch, frames, 0.14 * strength + 1e-4, 7.0, rng) & often & (back_or_side | anywhere)
    order = torch.arange(NUM_KEYPOINTS).expand(batch, frames, -1).clone()
    mirrored = torch.tensor(MIRROR_KEYPOINTS)
    leg = torch.zeros(NUM_KEYPOINTS, dtype=torch.bool)
    leg[_LEGS] = True
    order = torch.where((legs[..., None] & leg) ^ flipped[..., None], mirrored, order)
    return rays.gather(2, order[..., None].expand(-1, -1, -1, 2)), score.gather(2, order), flipped


def dropped(score: Tensor, rng: torch.Generator, hide: float) -> Tensor:
    """Score 0 for what is missing: single keypoints, limbs, both legs for seconds, feet, whole frames."""
    batch, frames = score.shape[:2]
    keep = torch.ones_like(score, dtype=torch.bool)
    single = runs(batch * NUM_KEYPOINTS, frames, 0.03 * hide + 1e-4, 4.0, rng)
    keep &= ~single.view(batch, NUM_KEYPOINTS, frames).mT
    for columns, share, seconds in ((_ARM_LEFT, 0.04, 15.0), (_ARM_RIGHT, 0.04, 15.0), (_LEGS, 0.10, 60.0)):
        gone = runs(batch, frames, share * hide + 1e-4, seconds, rng)
        keep[:, :, columns] &= ~gone[..., None]
    for columns, share in ((_SMALL_TOES, 0.65), (_FEET, 0.2), ([0, 1, 2, 3, 4], 0.05), (_LEGS, 0.06)):
        keep[:, :, columns] &= ~_chance(batch, share * hide, rng)[:, None, None]
    keep &= ~runs(batch, frames, 0.03 * hide + 1e-4, 3.0, rng)[..., None]
    late = torch.rand(batch, generator=rng) * 1.2 - 1.0  # in a sixth of the windows the person has just come in
    started = torch.arange(frames)[None] >= (late.clamp(min=0) / 0.2 * (frames - 1) * min(hide, 1.0))[:, None]
    keep &= started[..., None]
    low = score < 0.3
    keep &= ~(low & _chance(batch, 0.3 * hide, rng)[:, None, None])
    return score * keep


def hidden_evidence(evidence: Tensor, scores: Tensor, rng: torch.Generator) -> Tensor:
    """(B, T, 27, 4), (B, T, 23): in half of the windows what has no keypoint has no landmark (hands: as the wrist)."""
    missing = scores[:, :, [*range(NUM_KEYPOINTS), *_HAND_OF]] <= 0
    both = _chance(len(scores), 0.5, rng)[:, None, None]
    return evidence * ~(missing & both)[..., None]


def _flattened(points: Tensor, rng: torch.Generator) -> Tensor:
    """(B, T, 27, 3): how far a limb reaches towards or away from the camera is misjudged, mostly too little."""
    depth = points[..., 2].clone()
    for base, limb in _LIMBS:
        reach = 0.85 + 0.25 * torch.randn(len(points), 1, 1, generator=rng)
        depth[:, :, limb] = depth[:, :, base, None] + reach * (depth[:, :, limb] - depth[:, :, base, None])
    return torch.cat([points[..., :2], depth[..., None]], dim=-1)


def noisy_evidence(
    points_view: Tensor, flipped: Tensor, seen: Tensor, rng: torch.Generator, hide: float = 1.0
) -> Tensor:
    """The detector's 3D landmarks with errors like theirs.

    points_view  (B, T, 27, 3) true landmarks in the view's axes, statures
    flipped      (B, T) whole-body flips of the 2D; seen (B, T) bool: the frame has a person
    hide         in a quarter of the windows, times this, there are no landmarks
    returns      (B, T, 27, 4): hip-centred x, y, z (about metres), 1 where present; zeros elsewhere
    """
    batch, frames = points_view.shape[:2]
    hips = points_view[:, :, [KEYPOINT["left_hip"], KEYPOINT["right_hip"]]].mean(2, keepdim=True)
    scale = 1.7 * torch.exp(torch.randn(batch, 1, 1, 1, generator=rng) * 0.07)
    points = (points_view - hips) * scale
    points = _flattened(points, rng)
    turn = torch.randn(batch, 1, 3, generator=rng) * 0.09 + slow_noise((batch, frames, 3), 0.93, rng) * 0.06
    points = points @ axis_angle_to_matrix(turn).mT
    across_depth = torch.tensor([0.022, 0.022, 0.045]) * _REACH[:, None]  # (27, 3)
    offset = torch.randn(batch, 1, NUM_EVIDENCE, 3, generator=rng)
    varying = slow_noise((batch, frames, NUM_EVIDENCE, 3), 0.9, rng) * 0.6
    level = torch.exp(torch.randn(batch, 1, 1, 1, generator=rng) * 0.6 - 0.1)
    points = points + (offset + varying) * across_depth * level
    mirrored = points[:, :, _MIRROR_EVIDENCE]
    points = torch.where(flipped[..., None, None], mirrored, points)
    present = seen[..., None].expand(-1, -1, NUM_EVIDENCE).clone()
    present[:, :, _SMALL_TOES] = False
    present &= ~_chance(batch, 0.25 * hide, rng)[:, None, None]
    return torch.cat([points * present[..., None], present[..., None].float()], dim=-1)
