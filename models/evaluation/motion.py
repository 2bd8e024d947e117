"""Metrics over consecutive frames: root trajectory, jitter, acceleration, sliding feet. One fixed camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluation.predict import F64
from models.metrics import acceleration_error, foot_sliding_mm, jitter, path_length, trajectory_error
from models.skeleton import FEET, ROOT

MIN_PATH_M = 1.0
"""Least travel for a trajectory error in percent."""
_MIN_FRAMES = 4  # for a third difference


@dataclass(frozen=True, slots=True)
class Run:
    """N consecutive frames in the frame of a fixed camera, metres."""

    joints: F64  # (N, 22, 3)
    truth: F64  # (N, 22, 3)
    resting: NDArray[np.bool_]  # (N, 2) true rest of left, right foot
    fps: float

    def part(self, rows: slice) -> Run:
        """Return some of the frames."""
        return Run(self.joints[rows], self.truth[rows], self.resting[rows], self.fps)


def consecutive(frames: NDArray[np.int64]) -> list[slice]:
    """Return slices of consecutive numbers among sorted frame numbers, long enough to be measured."""
    if not len(frames):
        return []
    breaks = np.flatnonzero(np.diff(frames) != 1) + 1
    edges = [0, *breaks.tolist(), len(frames)]
    return [slice(a, b) for a, b in pairwise(edges) if b - a >= _MIN_FRAMES]


def motion_errors(runs: Sequence[Run]) -> dict[str, Any]:
    """Return metrics over all runs, weighted by frames; empty without a run. Impossible metrics are omitted."""
    if not runs:
        return {}
    frames = np.array([len(run.joints) for run in runs], float)
    centred = [(_centred(run.joints), _centred(run.truth)) for run in runs]

    def mean(values: list[float]) -> float:
        return float(np.average(values, weights=frames))

    errors: dict[str, Any] = {
        "jitter": mean([jitter(guess, run.fps) for (guess, _), run in zip(centred, runs, strict=True)]),
        "true_jitter": mean([jitter(truth, run.fps) for (_, truth), run in zip(centred, runs, strict=True)]),
        "acceleration_error": mean(
            [acceleration_error(guess, truth, run.fps) for (guess, truth), run in zip(centred, runs, strict=True)]
        ),
        "world_jitter": mean([jitter(run.joints, run.fps) for run in runs]),
    }
    return errors | _trajectory(runs) | _sliding(runs)


def _centred(joints: F64) -> F64:
    """Move the hips to the origin: jitter and acceleration of the body, comparable with detectors without a root."""
    return np.asarray(joints - joints[:, ROOT, None])


def _trajectory(runs: Sequence[Run]) -> dict[str, float]:
    """Return the root trajectory error, rigid-aligned: mean distance divided by the true path length, over all runs."""
    paths = [(run.joints[:, ROOT], run.truth[:, ROOT]) for run in runs if path_length(run.truth[:, ROOT]) >= MIN_PATH_M]
    if not paths:
        return {}
    errors = np.array([trajectory_error(guess, truth) for guess, truth in paths])
    lengths = np.array([path_length(truth) for _, truth in paths])
    return {
        "root_trajectory_percent": float(errors.sum() / lengths.sum() * 100),
        "root_trajectory_median_percent": float(np.median(errors / lengths) * 100),
        "root_trajectory_mm": float(errors.mean() * 1000),
        "paths": len(paths),
        "path_m": float(lengths.mean()),
    }


def _sliding(runs: Sequence[Run]) -> dict[str, float]:
    """Return the movement of the feet (ankles) while the true foot rests, mm per frame, and that of the truth."""
    resting = [int((run.resting[1:] & run.resting[:-1]).sum()) for run in runs]
    if not sum(resting):
        return {}
    feet = list(FEET)
    ours = [foot_sliding_mm(run.joints[:, feet], run.resting) for run in runs]
    true = [foot_sliding_mm(run.truth[:, feet], run.resting) for run in runs]
    return {
        "foot_sliding_mm": float(np.average(ours, weights=resting)),
        "true_foot_sliding_mm": float(np.average(true, weights=resting)),
        "resting_frames": float(sum(resting)),
    }
