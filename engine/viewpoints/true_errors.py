"""A turn with known truth (a rendered one): does the ring order the sectors like the true errors?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import InputError
from engine.viewpoints.facing import F64, SECTORS, hips_axes, laid_on
from engine.viewpoints.fit import about_hips, distances_mm, in_hips_frame
from engine.viewpoints.turn import FEWEST, FEWEST_SECTORS, NOTHING, TRUNK, Side
from models.npz import NpzError, read_npz
from models.skeleton import JOINT_NAMES, LIMBS

SENSIBLE = 0.5
"""Rank correlation above which the ring's order is meaningful."""


@dataclass(frozen=True, slots=True)
class TrueSide:
    """True errors beside the values of the ring, ours or the detector's. 12 limb joints, no scale is fitted.

    Body pose: both bodies are aligned with the true mean pose by hips and shoulders, which is what a ring can judge.
    Relative to the hips: in the camera's axes, so that a body facing the wrong way also counts.
    """

    sectors_mm: tuple[float | None, ...]  # (12,) mean distance from the truth, body pose
    rank_correlation: float | None  # Spearman's, with the ring's sectors
    about_hips_mm: tuple[float | None, ...]  # (12,)
    about_hips_correlation: float | None
    constant_mm: float | None  # part of the body pose error that is the same from all sides, invisible to a turn

    def as_json(self) -> dict[str, Any]:
        """Return the keys of `vtm viewpoints --truth --json`."""
        return {
            "true_mm": [_rounded(value) for value in self.sectors_mm],
            "rank_correlation": _rounded(self.rank_correlation, 3),
            "true_about_hips_mm": [_rounded(value) for value in self.about_hips_mm],
            "rank_correlation_about_hips": _rounded(self.about_hips_correlation, 3),
            "same_from_all_sides_mm": _rounded(self.constant_mm),
        }


def read_truth(path: Path) -> F64:
    """Read the true joints (N, 22, 3) in the camera frame from the renderer's truth file. Raises InputError."""
    try:
        found = read_npz(path, "joints_cam_m", "joint_names")
        order = [[str(name) for name in found["joint_names"]].index(name) for name in JOINT_NAMES]
        return np.asarray(found["joints_cam_m"][:, order], np.float64)
    except (NpzError, ValueError, IndexError) as error:
        raise InputError(f"{path} has no ground truth of a rendered clip ({error}); expected NAME_truth.npz") from error


def true_side(joints_m: F64, truth_m: F64, sectors: Sequence[int], side: Side) -> TrueSide:
    """Return the true errors for answers and truth (N, 22, 3) of the first turn's frames, and each one's sector."""
    joints, truth, which = about_hips(joints_m)[:, LIMBS], about_hips(truth_m)[:, LIMBS], np.asarray(sectors)
    known = np.isfinite(joints).all((1, 2))
    rows = [known & (which == index) for index in range(SECTORS)]
    rows = [chosen if chosen.sum() >= FEWEST else np.zeros_like(chosen) for chosen in rows]
    filled = [chosen for chosen in rows if chosen.any()]
    if len(filled) < FEWEST_SECTORS:
        return TrueSide(NOTHING, None, NOTHING, None, None)
    own_frame = in_hips_frame(truth_m, hips_axes(truth_m))[:, LIMBS]
    usual = np.mean([own_frame[chosen].mean(0) for chosen in filled], axis=0)
    error = laid_on(joints, usual, TRUNK) - laid_on(truth, usual, TRUNK)
    constant = np.mean([error[chosen].mean(0) for chosen in filled], axis=0)
    own, about = (
        tuple(float(values[chosen].mean()) if chosen.any() else None for chosen in rows)
        for values in (np.linalg.norm(error, axis=-1).mean(1) * 1000, distances_mm(joints, truth).mean(1))
    )
    return TrueSide(
        own,
        _agreement(side.sectors_mm, own),
        about,
        _agreement(side.sectors_mm, about),
        float(np.linalg.norm(constant, axis=-1).mean() * 1000),
    )


def _agreement(ring: Sequence[float | None], true: Sequence[float | None]) -> float | None:
    """Return the rank correlation over the sectors that both have."""
    pairs = [(a, b) for a, b in zip(ring, true, strict=True) if a is not None and b is not None]
    return rank_correlation(*np.array(pairs).T) if len(pairs) > 2 else None


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)


def rank_correlation(a: F64, b: F64) -> float | None:
    """Return Spearman's rank correlation; None where either is constant."""
    first, second = _ranks(np.asarray(a, np.float64)), _ranks(np.asarray(b, np.float64))
    if min(np.ptp(first), np.ptp(second)) == 0:
        return None
    return float(np.asarray(np.corrcoef(np.stack([first, second])))[0, 1])


def _ranks(values: F64) -> F64:
    """Return ranks from 1 for the smallest; equal values get the mean of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place])
