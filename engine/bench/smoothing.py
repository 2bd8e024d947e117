"""Measures what smoothness costs: jitter against delay, at the presets and between them, on the same raw motion.

The reference is the same motion smoothed forwards and backwards, which has no delay. What a live filter lags behind it
is its delay; the mean distance from it is what an audience sees of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.config import SMOOTHNESS
from engine.solver import Solver
from engine.types import F64, RawMotion
from models.camera import Intrinsics

PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Places of the smoothness slider."""
_MOST_DELAY_S, _STEP_S = 0.2, 0.005
_SKIPPED_S = 1.0  # the filters settle
_NAMES = {place: name for name, place in SMOOTHNESS.items()}


def measure_smoothing(raws: Sequence[RawMotion], camera: Intrinsics, height_m: float) -> list[dict[str, Any]]:
    """Return a row per place of the slider: jitter (m/s^3 / 10), delay_ms and off_mm. Empty for too short a clip."""
    times = np.array([raw.captured_at_s for raw in raws])
    if len(raws) < 10 or times[-1] - times[0] < 3 * _SKIPPED_S:
        return []
    fitted = Solver(camera, height_m)
    fitted.fit(raws)
    reference = _joints(fitted, raws)
    rows = []
    for place in PLACES:
        solver = Solver(camera, height_m)
        solver.set_smoothness(place)
        joints = _joints(solver, raws)
        kept = times - times[0] > _SKIPPED_S
        delay_s = _delay(reference, joints, times, kept)
        off = np.linalg.norm(joints[kept] - reference[kept], axis=-1).mean()
        rows.append(
            {
                "smoothness": place,
                "preset": _NAMES.get(place, ""),
                "jitter": round(_jitter(joints[kept], times[kept]), 2),
                "delay_ms": round(1e3 * delay_s, 1),
                "off_mm": round(1e3 * float(off), 1),
            }
        )
    return rows


def _joints(solver: Solver, raws: Sequence[RawMotion]) -> F64:
    """Return the joints of every frame seen from the hips, (N, 22, 3) metres."""
    poses = [solver.solve(raw) for raw in raws]
    held = next(pose for pose in poses if pose is not None)
    joints = np.empty((len(raws), 22, 3))
    for number, pose in enumerate(poses):
        held = pose if pose is not None else held
        joints[number] = held.joints_world_m - held.root_m
    return joints


def _delay(reference: F64, joints: F64, times: F64, kept: F64) -> float:
    """Return the shift in seconds with which the joints lie nearest to the reference."""
    flat = reference.reshape(len(reference), -1)
    delays = np.arange(0.0, _MOST_DELAY_S, _STEP_S)
    errors = []
    for delay_s in delays:
        late = np.stack([np.interp(times - delay_s, times, column) for column in flat.T], axis=-1)
        errors.append(np.abs(joints.reshape(len(joints), -1) - late)[kept].mean())
    return float(delays[int(np.argmin(errors))])


def _jitter(joints: F64, times: F64) -> float:
    """Return the mean third difference, as models.metrics has it."""
    fps = 1.0 / float(np.median(np.diff(times)))
    return float(np.linalg.norm(np.diff(joints, n=3, axis=0), axis=-1).mean() * fps**3 / 10)
