"""Accuracy measures of VTM.md, in NumPy: MPJPE, N-MPJPE, PA-MPJPE, jitter and more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


def root_aligned(joints: F64, hips: tuple[int, int]) -> F64:
    """(N, J, 3) with the middle of the hip joints at the origin."""
    centred: F64 = joints - joints[:, hips].mean(1, keepdims=True)
    return centred


def mpjpe(guess: F64, truth: F64) -> F64:
    """(N, J, 3) already aligned -> (N,) mean distance, the inputs' unit."""
    return np.asarray(np.linalg.norm(guess - truth, axis=-1).mean(-1))


def scale_aligned(guess: F64, truth: F64) -> F64:
    """The guess scaled to fit the truth (least squares), per pose."""
    scale = (guess * truth).sum((1, 2)) / np.maximum((guess**2).sum((1, 2)), 1e-12)
    return np.asarray(guess * scale[:, None, None])


def procrustes_aligned(guess: F64, truth: F64) -> F64:
    """The guess turned, scaled and moved onto the truth, per pose (Umeyama 1991)."""
    mean_guess, mean_truth = guess.mean(1, keepdims=True), truth.mean(1, keepdims=True)
    a, b = guess - mean_guess, truth - mean_truth
    u, s, vt = np.linalg.svd(np.einsum("nji,njk->nik", a, b))
    sign = np.sign(np.linalg.det(u @ vt))
    s[:, 2] *= sign
    u[:, :, 2] *= sign[:, None]
    scale = s.sum(-1) / np.maximum((a**2).sum((1, 2)), 1e-12)
    return np.asarray(scale[:, None, None] * (a @ (u @ vt)) + mean_truth)


def position_errors(guess: F64, truth: F64, hips: tuple[int, int], joints: tuple[int, ...]) -> dict[str, float]:
    """(N, 22, 3) metres -> mean MPJPE, N-MPJPE, PA-MPJPE over `joints`, in mm."""
    a = root_aligned(guess, hips)[:, list(joints)]
    b = root_aligned(truth, hips)[:, list(joints)]
    return {
        "mpjpe_mm": float(mpjpe(a, b).mean() * 1000),
        "n_mpjpe_mm": float(mpjpe(scale_aligned(a, b), b).mean() * 1000),
        "pa_mpjpe_mm": float(mpjpe(procrustes_aligned(a, b), b).mean() * 1000),
    }


def rigid_aligned(guess: F64, truth: F64) -> F64:
    """(N, 3) path turned and moved (no scale) onto the true path."""
    a, b = guess - guess.mean(0), truth - truth.mean(0)
    u, _, vt = np.linalg.svd(a.T @ b)
    u[:, 2] *= np.sign(np.linalg.det(u @ vt))
    return np.asarray(a @ (u @ vt) + truth.mean(0))


def trajectory_error_percent(guess: F64, truth: F64) -> float:
    """Mean distance after rigid alignment over the length of the true path, in percent."""
    length = float(np.linalg.norm(np.diff(truth, axis=0), axis=-1).sum())
    return float(np.linalg.norm(rigid_aligned(guess, truth) - truth, axis=-1).mean() / max(length, 1e-6) * 100)


def jitter(joints: F64, fps: float) -> float:
    """(N, J, 3) metres -> mean |third difference| x fps^3 / 10."""
    return float(np.linalg.norm(np.diff(joints, n=3, axis=0), axis=-1).mean() * fps**3 / 10)


def acceleration_error(guess: F64, truth: F64, fps: float) -> float:
    """Mean |difference of second differences| x fps^2, m/s^2."""
    second = np.diff(guess, n=2, axis=0) - np.diff(truth, n=2, axis=0)
    return float(np.linalg.norm(second, axis=-1).mean() * fps**2)


def foot_sliding_mm(feet: F64, resting: NDArray[np.bool_]) -> float:
    """(N, 2, 3) feet in metres, (N, 2) true rest -> mm per frame that a resting foot moves; 0 if none rests."""
    moved = np.linalg.norm(np.diff(feet, axis=0), axis=-1)
    still = resting[1:] & resting[:-1]
    return float(moved[still].mean() * 1000) if still.any() else 0.0
