"""A detector's recorded errors, made smaller: they vary between people."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from models.synth.randomisation import RecordedErrors
from models.training.exact_detection import KEYPOINT_OF, ExactDetection, exact_detection
from models.training.recorded_rows import RecordedRows
from models.view import MIN_SCORE


def with_smaller_errors(w: RecordedRows, rng: torch.Generator, errors: RecordedErrors) -> RecordedRows:
    """Move keypoints and landmarks towards the truth by one fraction per window, as a detector's errors vary between
    people. Points without a score are unchanged.
    """
    batch, exact = len(w.rays), exact_detection(w, rng)
    scored = w.scores > MIN_SCORE
    low, high = errors.level
    level = low + (high - low) * torch.rand(batch, generator=rng)
    unchanged = torch.rand(batch, generator=rng) < errors.as_recorded
    stays = unchanged | (mean_error(w, exact) > errors.largest)
    level = torch.where(stays, 1.0, level)[:, None, None, None]
    rays = torch.where(scored[..., None], exact.rays + level * (w.rays - exact.rays), w.rays)
    evidence = w.evidence[..., :3]
    moved = exact.landmarks + level * (evidence - exact.landmarks)
    trusted = (scored[:, :, KEYPOINT_OF] & (w.evidence[..., 3] > 0))[..., None]
    evidence = torch.cat([torch.where(trusted, moved, evidence), w.evidence[..., 3:]], dim=-1)
    return replace(w, rays=rays, evidence=evidence)


def mean_error(w: RecordedRows, exact: ExactDetection) -> Tensor:
    """Return the mean error (B,) of the keypoints with a score, body heights."""
    scored = w.scores > MIN_SCORE
    off = (w.rays - exact.rays).norm(dim=-1) * exact.depth
    mean: Tensor = (off * scored).sum((1, 2)) / scored.sum((1, 2)).clamp(min=1)
    return mean
