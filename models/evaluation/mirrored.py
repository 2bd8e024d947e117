"""Benefit of test-time flip augmentation: the same network without it and with it."""

from __future__ import annotations

from typing import Any

from models.evaluation.checkpoint import CheckpointLifter
from models.evaluation.frames import FrameTruth, inputs_of, position_tables
from models.evaluation.predict import decoded
from models.metrics import angle_errors_deg
from models.mocap.library import MotionLibrary
from models.training.validate import HEIGHT_M, validation_windows

KINDS = {"one_pass": False, "mirrored": True}


def evaluate_mirrored(lifter: CheckpointLifter, library: MotionLibrary, count: int) -> dict[str, Any]:
    """Return the MPJPE family and angles of both, with evidence and with keypoints only, on the same windows."""
    batch = validation_windows(library, lifter.config, count)
    truth, whole = FrameTruth.of(batch, lifter.ahead), inputs_of(batch)
    table: dict[str, Any] = {"windows": count}
    for name, mirrored in KINDS.items():
        table[name] = {}
        for reading, inputs in (("with_evidence", whole), ("keypoints_alone", whole.blind())):
            found = decoded(lifter.mirrored(mirrored).answer(inputs), inputs)
            joints, true = (values[truth.seen] * HEIGHT_M for values in (found.joints, truth.joints))
            angle, hips = angle_errors_deg(found.rotations[truth.seen], truth.rotations[truth.seen])
            table[name][reading] = {**position_tables(joints, true), "angle_deg": angle, "hips_deg": hips}
    return table
