"""RawMotion -> rotations and root without the trembling: live as frames come, a recorded take from both its ends.

A filter that knows the past alone comes late, and where somebody moves fast the pose is wrong by as much. A recorded
take is filtered forwards and backwards; one comes as much too late as the other too early, and their mean neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from engine.solver.one_euro import OneEuroRotations
from engine.solver.root import RootFilter
from engine.types import F64, RawMotion
from models.camera import Intrinsics

GAP_S = 0.25
"""A longer silence is a loss: the filters start afresh after it."""
_MIN_CUTOFF_HZ, _BETA = 1.8, 1.3  # of the joint rotations


@dataclass(frozen=True, slots=True)
class Smooth:
    """One frame in the camera frame."""

    rotations: Rotation  # (22,) local, Hips in the camera
    ray: F64  # (3,) root: ray x, ray y, log depth in statures
    seen_ray: F64  # (3,) the same as the network gave it


class Smoother:
    """Rotations and root of one frame after the other."""

    def __init__(self) -> None:
        self._rotations = OneEuroRotations(_MIN_CUTOFF_HZ, _BETA)
        self._root = RootFilter()

    def reset(self) -> None:
        """The next frame is taken as it is."""
        self._rotations.reset()
        self._root.reset()

    def __call__(self, raw: RawMotion, intrinsics: Intrinsics, dt_s: float) -> Smooth:
        """The frame that comes `dt_s` after the last one."""
        seen_ray, ray = self._root(raw, intrinsics, dt_s)
        rotations = Rotation.from_matrix(raw.rotations, assume_valid=True)
        return Smooth(self._rotations(rotations, dt_s), ray, seen_ray)


def smooth_take(take: Sequence[RawMotion], intrinsics: Intrinsics, step_s: float) -> dict[int, Smooth]:
    """Every frame of a recorded take by its frame_id, smoothed without delay.

    take    plausible frames in the order of time
    step_s  what is taken for the time before the first frame, and between frames of the same time
    """
    found: dict[int, Smooth] = {}
    for run in _runs(take):
        forwards = _one_way(run, intrinsics, step_s)
        backwards = _one_way(run[::-1], intrinsics, step_s)[::-1]
        for raw, ahead, behind in zip(run, forwards, backwards, strict=True):
            found[raw.frame_id] = _mean(ahead, behind)
    return found


def _runs(take: Sequence[RawMotion]) -> list[list[RawMotion]]:
    """Cut where somebody was lost."""
    runs: list[list[RawMotion]] = []
    for raw in take:
        if runs and raw.captured_at_s - runs[-1][-1].captured_at_s <= GAP_S:
            runs[-1].append(raw)
        else:
            runs.append([raw])
    return runs


def _one_way(run: Sequence[RawMotion], intrinsics: Intrinsics, step_s: float) -> list[Smooth]:
    smoother = Smoother()
    times = np.array([raw.captured_at_s for raw in run])
    steps = np.abs(np.diff(times, prepend=times[0]))
    steps[steps <= 0] = step_s
    return [smoother(raw, intrinsics, float(dt_s)) for raw, dt_s in zip(run, steps, strict=True)]


def _mean(a: Smooth, b: Smooth) -> Smooth:
    """Half way from one to the other."""
    between = (a.rotations.inv() * b.rotations).as_rotvec()
    middle = a.rotations * Rotation.from_rotvec(between / 2)
    return Smooth(middle, (a.ray + b.ray) / 2, a.seen_ray)
