"""Accuracy metrics of VTM.md in NumPy: positions, angles, bone lengths, and metrics over sequences."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.rotations import geodesic_angle

RESTING_M_S = 0.15
"""A foot slower than this is at rest ..."""
RESTING_HEIGHT_M = 0.08
"""... if it is at most this high above its lowest position."""

F64 = NDArray[np.float64]


def root_aligned(joints: F64, hips: tuple[int, int]) -> F64:
    """Move the middle of the hip joints to the origin: (N, J, 3)."""
    centred: F64 = joints - joints[:, hips].mean(1, keepdims=True)
    return centred


def mpjpe(guess: F64, truth: F64) -> F64:
    """Return the mean distance (N,) of aligned joints (N, J, 3), in their unit."""
    return np.asarray(np.linalg.norm(guess - truth, axis=-1).mean(-1))


def scale_aligned(guess: F64, truth: F64) -> F64:
    """Scale the guess to fit the truth (least squares), per pose."""
    scale = (guess * truth).sum((1, 2)) / np.maximum((guess**2).sum((1, 2)), 1e-12)
    return np.asarray(guess * scale[:, None, None])


def procrustes_aligned(guess: F64, truth: F64) -> F64:
    """Rotate, scale and translate the guess onto the truth, per pose (Umeyama 1991)."""
    mean_guess, mean_truth = guess.mean(1, keepdims=True), truth.mean(1, keepdims=True)
    a, b = guess - mean_guess, truth - mean_truth
    u, s, vt = np.linalg.svd(np.einsum("nji,njk->nik", a, b))
    sign = np.sign(np.linalg.det(u @ vt))
    s[:, 2] *= sign
    u[:, :, 2] *= sign[:, None]
    scale = s.sum(-1) / np.maximum((a**2).sum((1, 2)), 1e-12)
    return np.asarray(scale[:, None, None] * (a @ (u @ vt)) + mean_truth)


def position_errors(guess: F64, truth: F64, hips: tuple[int, int], joints: tuple[int, ...]) -> dict[str, float]:
    """Return mean MPJPE, N-MPJPE, PA-MPJPE over `joints` in mm, for (N, 22, 3) metres."""
    a = root_aligned(guess, hips)[:, list(joints)]
    b = root_aligned(truth, hips)[:, list(joints)]
    return {
        "mpjpe_mm": float(mpjpe(a, b).mean() * 1000),
        "n_mpjpe_mm": float(mpjpe(scale_aligned(a, b), b).mean() * 1000),
        "pa_mpjpe_mm": float(mpjpe(procrustes_aligned(a, b), b).mean() * 1000),
    }


def angle_errors_deg(guess: F64, truth: F64) -> tuple[float, float]:
    """Return mean geodesic angles in degrees of all joints but Hips, and of Hips, for local rotations (N, 22, 3, 3)."""
    angles = np.rad2deg(geodesic_angle(guess, truth))
    return float(angles[:, 1:].mean()), float(angles[:, 0].mean())


def length_error_percent(guess: F64, truth: F64) -> float:
    """Return the mean |guess / truth - 1| of bone lengths (N, B) in percent."""
    return float(np.abs(guess / truth - 1).mean() * 100)


def rigid_aligned(guess: F64, truth: F64) -> F64:
    """Rotate and translate a path (N, 3) onto the true path, without scale."""
    a, b = guess - guess.mean(0), truth - truth.mean(0)
    u, _, vt = np.linalg.svd(a.T @ b)
    u[:, 2] *= np.sign(np.linalg.det(u @ vt))
    return np.asarray(a @ (u @ vt) + truth.mean(0))


def path_length(path: F64) -> float:
    """Return the length of a path (N, 3), in its unit."""
    return float(np.linalg.norm(np.diff(path, axis=0), axis=-1).sum())


def trajectory_error(guess: F64, truth: F64) -> float:
    """Return the mean distance of paths (N, 3) after rigid alignment, in their unit."""
    return float(np.linalg.norm(rigid_aligned(guess, truth) - truth, axis=-1).mean())


def trajectory_error_percent(guess: F64, truth: F64) -> float:
    """Return the mean distance after rigid alignment divided by the length of the true path, in percent."""
    return trajectory_error(guess, truth) / max(path_length(truth), 1e-6) * 100


def jitter(joints: F64, fps: float) -> float:
    """Return the mean |third difference| x fps^3 / 10 of joints (N, J, 3), metres."""
    return float(np.linalg.norm(np.diff(joints, n=3, axis=0), axis=-1).mean() * fps**3 / 10)


def acceleration_error(guess: F64, truth: F64, fps: float) -> float:
    """Return the mean |difference of second differences| x fps^2, m/s^2."""
    second = np.diff(guess, n=2, axis=0) - np.diff(truth, n=2, axis=0)
    return float(np.linalg.norm(second, axis=-1).mean() * fps**2)


def resting_feet(feet: F64, fps: float) -> NDArray[np.bool_]:
    """Return (N, 2) whether true feet (N, 2, 3), metres, world with y up, are slow and near their lowest height."""
    if len(feet) < 2:
        return np.zeros(feet.shape[:2], bool)
    speed = np.linalg.norm(np.gradient(feet, axis=0), axis=-1) * fps
    lowest = np.percentile(feet[..., 1], 5, axis=0)
    return np.asarray((speed < RESTING_M_S) & (feet[..., 1] < lowest + RESTING_HEIGHT_M))


def foot_sliding_mm(feet: F64, resting: NDArray[np.bool_]) -> float:
    """Return the movement of resting feet in mm per frame; feet (N, 2, 3) metres, true rest (N, 2); 0 if none rests."""
    moved = np.linalg.norm(np.diff(feet, axis=0), axis=-1)
    still = resting[1:] & resting[:-1]
    return float(moved[still].mean() * 1000) if still.any() else 0.0
