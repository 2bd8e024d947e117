"""A turn whose truth is known (a rendered one): does the ring order the sectors as the true errors do?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.viewpoints.facing import F64, SECTORS, hips_axes, laid_on
from engine.viewpoints.fit import about_hips, distances_mm, in_hips_frame
from engine.viewpoints.turn import FEWEST, FEWEST_SECTORS, TRUNK, Side
from models.npz import NpzError, read_npz
from models.skeleton import JOINT_NAMES, LIMBS

SENSIBLE = 0.5
"""Rank correlation from which the ring's order is worth looking at."""


@dataclass(frozen=True, slots=True)
class TrueSide:
    """True errors beside what the ring shows, ours or the detector's."""

    sectors_mm: tuple[float | None, ...]  # (12,) mean distance from the truth about the hips, nothing fitted
    rank_correlation: float | None  # Spearman's, with the ring's sectors
    constant_mm: float | None = None  # what of it is the same from all sides, in the body's own frame

    def as_json(self) -> dict[str, Any]:
        """Keys of `vtm viewpoints --truth --json`."""
        rounded = [None if value is None else round(value, 1) for value in self.sectors_mm]
        correlation = None if self.rank_correlation is None else round(self.rank_correlation, 3)
        constant = None if self.constant_mm is None else round(self.constant_mm, 1)
        return {"true_mm": rounded, "rank_correlation": correlation, "same_from_all_sides_mm": constant}


def read_truth(path: Path) -> F64:
    """(N, 22, 3) true joints in the camera frame, of the renderer's truth file. Raises InputError."""
    try:
        found = read_npz(path, "joints_cam_m", "joint_names")
        order = [[str(name) for name in found["joint_names"]].index(name) for name in JOINT_NAMES]
        return np.asarray(found["joints_cam_m"][:, order], np.float64)
    except (NpzError, ValueError, IndexError) as error:
        raise InputError(f"{path} holds no truth of a rendered clip ({error}); expected NAME_truth.npz") from error


def true_side(joints_m: F64, truth_m: F64, sectors: Sequence[int], side: Side) -> TrueSide:
    """(N, 22, 3) what was answered and the truth, of the frames of the first turn, and the sector of each."""
    errors = distances_mm(about_hips(joints_m)[:, LIMBS], about_hips(truth_m)[:, LIMBS]).mean(1)
    which, known = np.asarray(sectors), np.isfinite(errors)
    means: list[float | None] = []
    for index in range(SECTORS):
        rows = known & (which == index)
        means.append(float(errors[rows].mean()) if rows.sum() >= FEWEST else None)
    pairs = [(a, b) for a, b in zip(side.sectors_mm, means, strict=True) if a is not None and b is not None]
    correlation = rank_correlation(*np.array(pairs).T) if len(pairs) > 2 else None
    return TrueSide(tuple(means), correlation, _constant_mm(joints_m, truth_m, which, known))


def _constant_mm(joints_m: F64, truth_m: F64, sectors: NDArray[np.int64], known: NDArray[np.bool_]) -> float | None:
    """Mean length, of the mean error over all sectors, limb joints; both bodies lie on the true mean pose."""
    rows = [known & (sectors == index) for index in range(SECTORS)]
    rows = [chosen for chosen in rows if chosen.sum() >= FEWEST]
    if len(rows) < FEWEST_SECTORS:
        return None
    truth = in_hips_frame(truth_m, hips_axes(truth_m))[:, LIMBS]
    usual = np.mean([truth[chosen].mean(0) for chosen in rows], axis=0)
    bodies = (laid_on(about_hips(joints)[:, LIMBS], usual, TRUNK) for joints in (joints_m, truth_m))
    error = np.subtract(*bodies)
    constant = np.mean([error[chosen].mean(0) for chosen in rows], axis=0)
    return float(np.linalg.norm(constant, axis=-1).mean() * 1000)


def rank_correlation(a: F64, b: F64) -> float | None:
    """Spearman's, of two rows of numbers; None where either is constant."""
    first, second = _ranks(np.asarray(a, np.float64)), _ranks(np.asarray(b, np.float64))
    if min(np.ptp(first), np.ptp(second)) == 0:
        return None
    return float(np.asarray(np.corrcoef(np.stack([first, second])))[0, 1])


def _ranks(values: F64) -> F64:
    """1 for the smallest; equal values share the mean of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place])
