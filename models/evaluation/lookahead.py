"""Benefit of look-ahead: the same network evaluated 0, 2, 4 frames before the newest, against that frame's truth."""

from __future__ import annotations

from typing import Any

from models.evaluation.checkpoint import CheckpointLifter
from models.evaluation.frames import FrameTruth, inputs_of, position_tables
from models.evaluation.predict import decoded
from models.metrics import angle_errors_deg
from models.mocap.library import MotionLibrary
from models.training.validate import HEIGHT_M, validation_windows

AHEAD = (0, 2, 4)


def evaluate_look_ahead(lifter: CheckpointLifter, library: MotionLibrary, count: int) -> dict[str, Any]:
    """Return the MPJPE family and angles for every look-ahead, on the same windows."""
    batch = validation_windows(library, lifter.config, count)
    inputs = inputs_of(batch)
    table: dict[str, Any] = {"windows": count, "frames": {}}
    for frames in AHEAD:
        truth = FrameTruth.of(batch, frames)
        found = decoded(lifter.looking_ahead(frames).answer(inputs), inputs)
        joints, true = (values[truth.seen] * HEIGHT_M for values in (found.joints, truth.joints))
        angle, hips = angle_errors_deg(found.rotations[truth.seen], truth.rotations[truth.seen])
        table["frames"][str(frames)] = {
            **position_tables(joints, true),
            "angle_deg": angle,
            "hips_deg": hips,
            "added_latency_ms": round(frames / lifter.config.rate_hz * 1000, 1),
        }
    return table
