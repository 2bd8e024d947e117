"""Smooth rotations and root: live as frames come, a recorded take as a zero-phase filter.

A causal filter lags, and in fast motion the pose is wrong by that lag. A recorded take is filtered forwards and
backwards: zero-phase, since the two delays cancel in the mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from engine.solver.one_euro import OneEuroRotations, Settling
from engine.solver.root import RootFilter
from engine.solver.settings import STANDARD, SmoothingSettings
from engine.solver.stillness import Stillness
from engine.types import F64, RawMotion
from models.camera import Intrinsics


@dataclass(frozen=True, slots=True)
class Smooth:
    """One frame in the camera frame."""

    rotations: Rotation  # (22,) local, Hips in the camera
    ray: F64  # (3,) root: ray x, ray y, log depth in body heights
    seen_ray: F64  # (3,) the same, unfiltered


class Smoother:
    """Filters rotations and root frame by frame."""

    def __init__(self, settings: SmoothingSettings = STANDARD.smoothing) -> None:
        self._rotations = OneEuroRotations(
            settings.rotations_cutoff_hz,
            settings.rotations_beta,
            settling=Settling(settings.settled_tau_s, settings.settled_ratios),
        )
        self._root = RootFilter(settings)
        self._stillness = Stillness(settings)

    def reset(self) -> None:
        """Reset: the next frame passes unchanged."""
        self._rotations.reset()
        self._root.reset()
        self._stillness.reset()

    def __call__(self, raw: RawMotion, intrinsics: Intrinsics, dt_s: float) -> Smooth:
        """Filter the frame that comes `dt_s` after the previous one."""
        joints, root = self._stillness(raw.motion, dt_s)
        seen_ray, ray = self._root(raw, intrinsics, dt_s, root)
        rotations = Rotation.from_matrix(raw.rotations, assume_valid=True)
        return Smooth(self._rotations(rotations, dt_s, joints[:, None]), ray, seen_ray)


def smooth_take(
    take: Sequence[RawMotion], intrinsics: Intrinsics, step_s: float, settings: SmoothingSettings = STANDARD.smoothing
) -> dict[int, Smooth]:
    """Return every frame of a recorded take by its frame_id, smoothed without delay.

    take    plausible frames in order of time
    step_s  assumed time step before the first frame, and between frames with equal times
    """
    found: dict[int, Smooth] = {}
    for run in _runs(take, settings.gap_s):
        forwards = _one_way(run, intrinsics, step_s, settings)
        backwards = _one_way(run[::-1], intrinsics, step_s, settings)[::-1]
        for raw, ahead, behind in zip(run, forwards, backwards, strict=True):
            found[raw.frame_id] = _mean(ahead, behind)
    return found


def _runs(take: Sequence[RawMotion], gap_s: float) -> list[list[RawMotion]]:
    """Split where the person was lost."""
    runs: list[list[RawMotion]] = []
    for raw in take:
        if runs and raw.captured_at_s - runs[-1][-1].captured_at_s <= gap_s:
            runs[-1].append(raw)
        else:
            runs.append([raw])
    return runs


def _one_way(
    run: Sequence[RawMotion], intrinsics: Intrinsics, step_s: float, settings: SmoothingSettings
) -> list[Smooth]:
    smoother = Smoother(settings)
    times = np.array([raw.captured_at_s for raw in run])
    steps = np.abs(np.diff(times, prepend=times[0]))
    steps[steps <= 0] = step_s
    return [smoother(raw, intrinsics, float(dt_s)) for raw, dt_s in zip(run, steps, strict=True)]


def _mean(a: Smooth, b: Smooth) -> Smooth:
    """Return the midpoint of two frames."""
    between = (a.rotations.inv() * b.rotations).as_rotvec()
    middle = a.rotations * Rotation.from_rotvec(between / 2)
    return Smooth(middle, (a.ray + b.ray) / 2, a.seen_ray)
