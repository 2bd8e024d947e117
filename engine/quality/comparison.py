"""Compare two takes of the same motion: the distance of the bodies, and the measures of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.errors import InputError
from engine.motion.take import MotionTake
from engine.quality.measures import times_of
from engine.types import F64
from models.skeleton import JOINT_NAMES

_LONGEST_STEP_S = 0.25
"""No interpolation across a longer gap between frames of a take."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Distances between the joints of two takes, both relative to the hips, world axes, without any fit."""

    frames: int  # number compared
    mean_mm: float
    p95_mm: float
    joints_mm: dict[str, float]  # mean of each joint
    hips_mm: float  # mean distance of the hips' paths, each relative to its start

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, millimetres."""
        return {
            "frames": self.frames,
            "mean_mm": round(self.mean_mm, 2),
            "p95_mm": round(self.p95_mm, 2),
            "hips_mm": round(self.hips_mm, 2),
            "joints_mm": {name: round(value, 2) for name, value in self.joints_mm.items()},
        }


def compare_takes(take: MotionTake, reference: MotionTake) -> Comparison:
    """Compare at the take's times with the reference interpolated; both clocks start at 0.

    Raises InputError: the takes have no common time with a person.
    """
    times, joints = times_of(take), take.joints_world_m.astype(np.float64)
    other, known = _at(reference, times)
    both = known & take.tracked & np.isfinite(joints).all((1, 2))
    if not both.any():
        raise InputError("the two takes have no common time with a person in both")
    a, b = joints[both], other[both]
    apart = np.linalg.norm((a - a[:, :1]) - (b - b[:, :1]), axis=-1) * 1000.0
    way = np.linalg.norm((a[:, 0] - a[0, 0]) - (b[:, 0] - b[0, 0]), axis=-1) * 1000.0
    return Comparison(
        frames=int(both.sum()),
        mean_mm=float(apart[:, 1:].mean()),
        p95_mm=float(np.percentile(apart[:, 1:].mean(1), 95)),
        joints_mm=dict(zip(JOINT_NAMES[1:], apart[:, 1:].mean(0).tolist(), strict=True)),
        hips_mm=float(way.mean()),
    )


def _at(take: MotionTake, wanted_s: F64) -> tuple[F64, np.ndarray]:
    """Return the take's joints (M, 22, 3) at other times, and whether they are known there (M,)."""
    times, joints = times_of(take), take.joints_world_m.astype(np.float64)
    if len(times) == 1:
        return np.repeat(joints, len(wanted_s), 0), np.abs(wanted_s) < _LONGEST_STEP_S
    left = np.clip(np.searchsorted(times, wanted_s, side="right") - 1, 0, len(times) - 2)
    step = times[left + 1] - times[left]
    alpha = np.clip((wanted_s - times[left]) / np.maximum(step, 1e-9), 0.0, 1.0)[:, None, None]
    known = take.tracked[left] & take.tracked[left + 1] & (step <= _LONGEST_STEP_S) & (wanted_s <= times[-1] + 1e-3)
    between = joints[left] * (1.0 - alpha) + joints[left + 1] * alpha
    return np.nan_to_num(between), known & np.isfinite(between).all((1, 2))
