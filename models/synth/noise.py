"""Simulated detector keypoints: bias, correlated jitter, occlusion, swaps, flips, drops, and scores.

Magnitudes are those of BlazePose on rendered people with exact truth: quartiles and tails of each limb joint's error,
its constant and varying parts within a window, autocorrelation 0.85 per frame, leg swaps in side views, rare whole-body
flips. The model card compares measured and simulated errors.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from models.keypoints import KEYPOINT, KEYPOINT_NAMES, MIRROR_KEYPOINTS, NUM_KEYPOINTS
from models.synth.cut_views import guessed_scores
from models.synth.randomisation import CutViews, KeypointErrors

_LEGS = [i for i, name in enumerate(KEYPOINT_NAMES) if name.split("_")[-1] in ("knee", "ankle", "toe", "heel")]
_FEET = [i for i, name in enumerate(KEYPOINT_NAMES) if name.split("_")[-1] in ("toe", "heel")]
_SMALL_TOES = [KEYPOINT["left_small_toe"], KEYPOINT["right_small_toe"]]
_ARM_LEFT = [KEYPOINT["left_elbow"], KEYPOINT["left_wrist"]]
_ARM_RIGHT = [KEYPOINT["right_elbow"], KEYPOINT["right_wrist"]]
_TRUNK = [KEYPOINT[name] for name in ("left_shoulder", "right_shoulder", "left_hip", "right_hip")]
_GROUPS: dict[str, list[tuple[int, ...]]] = {
    "alike_head": [tuple(range(5))],
    "alike_shoulders": [(KEYPOINT["left_shoulder"], KEYPOINT["right_shoulder"])],
    "alike_hips": [(KEYPOINT["left_hip"], KEYPOINT["right_hip"])],
    "alike_foot": [
        tuple(KEYPOINT[f"{side}_{name}"] for name in ("ankle", "big_toe", "small_toe", "heel"))
        for side in ("left", "right")
    ],
}
"""Keypoints with common errors."""


def mixing(size: int, groups: Iterable[tuple[tuple[int, ...], float]]) -> Tensor:
    """Return a matrix (K, K) that correlates unit normal noise of K points within groups (points, shared variance)."""
    covariance = torch.eye(size, dtype=torch.float64)
    for points, alike in groups:
        for a in points:
            for b in points:
                covariance[a, b] = 1.0 if a == b else alike
    root: Tensor = torch.linalg.cholesky(covariance)
    return root.float()


@cache
def _sizes(errors: KeypointErrors) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return sizes, factors when hidden, outlier frequencies, (23,) each; and the noise's mixing matrix (23, 23)."""
    rows = [getattr(errors, name.split("_")[-1], errors.head) for name in KEYPOINT_NAMES]
    size, hidden, far = torch.tensor([(row.size, row.hidden, row.far) for row in rows]).unbind(-1)
    groups = [(points, getattr(errors, name)) for name, several in _GROUPS.items() for points in several]
    return size, hidden, far, mixing(NUM_KEYPOINTS, groups)


@cache
def _correlate(frames: int, per_frame: float) -> Tensor:
    """Return a matrix (T, T) that turns white noise into unit noise with this autocorrelation (AR(1))."""
    lag = torch.arange(frames)
    covariance: Tensor = torch.pow(per_frame, (lag[:, None] - lag).abs().double())
    root: Tensor = torch.linalg.cholesky(covariance)
    return root.float()


def slow_noise(shape: tuple[int, ...], per_frame: float, rng: torch.Generator) -> Tensor:
    """Return unit normal noise (B, T, ...), correlated over T."""
    white = torch.randn(shape, generator=rng)
    correlated: Tensor = torch.einsum("ts,bs...->bt...", _correlate(shape[1], per_frame), white)
    return correlated


def runs(batch: int, frames: int, fraction: float, mean_frames: float, rng: torch.Generator) -> Tensor:
    """Return (B, T) bool: true for about `fraction` of the time, in runs of about `mean_frames`."""
    level = math.sqrt(2) * torch.special.erfinv(torch.tensor(1 - 2 * fraction)).item()
    on: Tensor = slow_noise((batch, frames), math.exp(-1.5 / mean_frames), rng) > level
    return on


def _chance(batch: int, p: float, rng: torch.Generator) -> Tensor:
    return torch.rand(batch, generator=rng) < p


def _occluded(points: Tensor, rays: Tensor, height: Tensor) -> Tensor:
    """Return (B, T, 23) whether points are behind the trunk or the other leg."""
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


@dataclass(frozen=True, slots=True)
class Detected:
    """A detector's output for B windows, and its errors."""

    rays: Tensor  # (B, T, 23, 2)
    scores: Tensor  # (B, T, 23), 0 where missing
    flipped: Tensor  # (B, T) bool: left and right exchanged over the whole body
    error: Tensor  # (B, T, 23, 2) before swaps and flips, body heights at the person's distance
    hidden: Tensor  # (B, T, 23) bool: behind the trunk or the other leg


def noisy_keypoints(
    points: Tensor,
    beyond: Tensor,
    rng: torch.Generator,
    errors: KeypointErrors,
    cut: CutViews,
    *,
    strength: float = 1.0,
    hide: float = 1.0,
) -> Detected:
    """Simulate a detector. `strength` scales its errors, `hide` how often keypoints are missing.

    points   (B, T, 27, 3) landmarks as defined by the detector, camera frame, body heights
    beyond   (B, T, 27) how far out of sight they are (models.synth.cut_views)
    """
    batch, frames = points.shape[:2]
    rays = points[:, :, :NUM_KEYPOINTS, :2] / points[:, :, :NUM_KEYPOINTS, 2:].clamp(min=0.1)
    height = 1 / points[..., 2].mean(-1).clamp(min=0.3)  # (B, T) the person's height in ray units
    outside = beyond[..., :NUM_KEYPOINTS] > 0
    hidden = _occluded(points, rays, height)
    size, when_hidden, often, mixed = _sizes(errors)
    low, high = errors.level
    level = strength * (low + (high - low) * torch.rand(batch, 1, 1, generator=rng))
    spread = errors.person_spread
    level = level * torch.exp(torch.randn(batch, 1, 1, generator=rng) * spread - spread**2 / 2)
    worse = torch.where(hidden, when_hidden, 1.0) + errors.outside * outside
    sigma = size * level * worse  # (B, T, 23)
    bias = torch.randn(batch, 1, NUM_KEYPOINTS, 2, generator=rng) * errors.stays
    slow = slow_noise((batch, frames, NUM_KEYPOINTS, 2), errors.slow_per_frame, rng) * errors.slow
    jitter = torch.randn(batch, frames, NUM_KEYPOINTS, 2, generator=rng) * errors.jitter
    error = (mixed @ (bias + slow + jitter)) * sigma[..., None]
    jumps = _jumps(batch, frames, hidden, often, errors.far_frames, rng)
    far = torch.randn(batch, frames, NUM_KEYPOINTS, 2, generator=rng) * errors.far_size * strength
    error = error + far * jumps[..., None]
    score = _scores(error.norm(dim=-1), hidden, jumps, errors.informative_scores, rng)
    score = guessed_scores(score, beyond, rng, cut)
    rays = rays + error * height[..., None, None]
    rays, score, flipped = _swapped(points, rays, score, rng, errors, strength)
    return Detected(rays, dropped(score, rng, hide), flipped, error, hidden)


def _jumps(batch: int, frames: int, hidden: Tensor, often: Tensor, mean_frames: float, rng: torch.Generator) -> Tensor:
    """Return (B, T, 23) bool: outliers that last some frames, much more frequent for hidden points."""
    unit = slow_noise((batch, frames, NUM_KEYPOINTS), math.exp(-1.5 / mean_frames), rng)
    fraction = torch.where(hidden, 4 * often, often)
    on: Tensor = unit > math.sqrt(2) * torch.special.erfinv(1 - 2 * fraction)
    return on


def _scores(error: Tensor, hidden: Tensor, jumps: Tensor, informative: float, rng: torch.Generator) -> Tensor:
    """Return scores (B, T, 23). They decrease with the error in a fraction `informative` of the windows, and hardly
    depend on it in the others."""
    batch = len(error)
    telling = torch.exp(-error / 0.10) * (1 - 0.35 * hidden) * (1 - 0.4 * jumps)
    flat = 0.93 + 0 * error - 0.2 * hidden
    base = torch.where(_chance(batch, informative, rng)[:, None, None], telling, flat)
    return (base + 0.06 * torch.randn(error.shape, generator=rng)).clamp(0.12, 1.0)


def _swapped(
    points: Tensor, rays: Tensor, score: Tensor, rng: torch.Generator, errors: KeypointErrors, strength: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Swap legs in side views for short runs; rarely flip the whole body."""
    batch, frames = score.shape[:2]
    across = points[:, :, KEYPOINT["left_shoulder"]] - points[:, :, KEYPOINT["right_shoulder"]]
    side_view = across[..., :2].norm(dim=-1) < 0.45 * across.norm(dim=-1)
    back_or_side = across[..., 0] < 0.25 * across.norm(dim=-1)  # facing away, or nearly sideways
    legs = runs(batch, frames, errors.leg_swaps * strength + 1e-4, 5.0, rng) & side_view
    often = _chance(batch, errors.flips_often, rng)[:, None]
    anywhere = _chance(batch, errors.flips_anywhere, rng)[:, None]
    flipped = runs(batch, frames, errors.flips * strength + 1e-4, 7.0, rng) & often & (back_or_side | anywhere)
    order = torch.arange(NUM_KEYPOINTS).expand(batch, frames, -1).clone()
    mirrored = torch.tensor(MIRROR_KEYPOINTS)
    leg = torch.zeros(NUM_KEYPOINTS, dtype=torch.bool)
    leg[_LEGS] = True
    order = torch.where((legs[..., None] & leg) ^ flipped[..., None], mirrored, order)
    return rays.gather(2, order[..., None].expand(-1, -1, -1, 2)), score.gather(2, order), flipped


def dropped(score: Tensor, rng: torch.Generator, hide: float) -> Tensor:
    """Set scores to 0 for missing points: single keypoints, limbs, both legs for seconds, feet, whole frames."""
    batch, frames = score.shape[:2]
    keep = torch.ones_like(score, dtype=torch.bool)
    single = runs(batch * NUM_KEYPOINTS, frames, 0.03 * hide + 1e-4, 4.0, rng)
    keep &= ~single.view(batch, NUM_KEYPOINTS, frames).mT
    for columns, fraction, seconds in ((_ARM_LEFT, 0.04, 15.0), (_ARM_RIGHT, 0.04, 15.0), (_LEGS, 0.10, 60.0)):
        gone = runs(batch, frames, fraction * hide + 1e-4, seconds, rng)
        keep[:, :, columns] &= ~gone[..., None]
    for columns, fraction in ((_SMALL_TOES, 0.65), (_FEET, 0.2), ([0, 1, 2, 3, 4], 0.05), (_LEGS, 0.06)):
        keep[:, :, columns] &= ~_chance(batch, fraction * hide, rng)[:, None, None]
    keep &= ~runs(batch, frames, 0.03 * hide + 1e-4, 3.0, rng)[..., None]
    late = torch.rand(batch, generator=rng) * 1.2 - 1.0  # in a sixth of the windows the person has just entered
    started = torch.arange(frames)[None] >= (late.clamp(min=0) / 0.2 * (frames - 1) * min(hide, 1.0))[:, None]
    keep &= started[..., None]
    low = score < 0.3
    keep &= ~(low & _chance(batch, 0.3 * hide, rng)[:, None, None])
    return score * keep
