"""Compare two runtimes, the torch checkpoint and the exported file in ONNX Runtime, joint by joint."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.evaluation.frames import inputs_of
from models.evaluation.predict import Lifter, decoded
from models.mocap.library import MotionLibrary
from models.training.validate import HEIGHT_M, validation_windows

LIMIT_MM = 1.0
"""Largest acceptable difference of any joint due to export."""


def evaluate_agreement(exported: Lifter, checkpoint: Lifter, library: MotionLibrary, count: int) -> dict[str, Any]:
    """Return the distance in mm between the joints of both over the same windows, unrefined and refined.

    Raises ValueError when the two are not the same network.
    """
    if exported.config != checkpoint.config:
        raise ValueError(
            "checkpoint and weights are of different configs; export with python -m models.export CHECKPOINT"
        )
    inputs = inputs_of(validation_windows(library, exported.config, count))
    answers = [lifter.answer(inputs) for lifter in (exported, checkpoint)]
    table: dict[str, Any] = {"windows": count, "limit_mm": LIMIT_MM}
    for name, refine in (("network", False), ("refined", True)):
        ours, theirs = (decoded(answer, inputs, refine=refine).joints for answer in answers)
        distance = np.linalg.norm(ours - theirs, axis=-1) * HEIGHT_M * 1000
        table[name] = {
            "max_mm": float(distance.max()),
            "mean_mm": float(distance.mean()),
            "p99_mm": float(np.percentile(distance, 99)),
        }
    table["agrees"] = table["network"]["max_mm"] < LIMIT_MM
    return table
