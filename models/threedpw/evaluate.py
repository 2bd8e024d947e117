"""MPJPE, PA-MPJPE and acceleration error on 3DPW's test sequences, as reported in papers.

14 joints (12 limb joints, neck, head), metres from the truth's own limb lengths, aligned at the middle of the hip
joints; PA: Procrustes per frame; acceleration: mean difference of second differences in mm per frame squared, as
in VIBE's tables, and in m/s². There are two differences from the tables of papers that regress SMPL: the joints
are those of 3DPW's files (SMPL's own, not regressed from a mesh by a J-regressor), and the input is 3DPW's own 2D
keypoints, without the picture.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from models.evaluation.motion import consecutive
from models.evaluation.predict import F64, Lifter, decoded
from models.evaluation.sequences import in_camera, sliding_windows
from models.metrics import acceleration_error, mpjpe, procrustes_aligned, root_aligned
from models.skeleton import JOINT, LIMBS
from models.threedpw.sequence import RATE_HZ, Actor, ThreeDPWError, find_sequences, read_actors
from models.training.validate import HIPS

JOINTS_14 = (*LIMBS, JOINT["Neck"], JOINT["Head"])


def evaluate_threedpw(lifter: Lifter, folder: Path, split: str = "test") -> dict[str, Any]:
    """Return mean errors over all measured frames of a split, and per person. Raises ThreeDPWError."""
    each: dict[str, dict[str, float]] = {}
    for path in find_sequences(folder, split):
        for actor in read_actors(path):
            if actor.measured.any():
                each[actor.name] = actor_errors(lifter, actor)
    if not each:
        raise ThreeDPWError(f"{folder}: no measured frame in its {split} sequences; is the data set complete?")
    frames = np.array([row["frames"] for row in each.values()])
    names = ("mpjpe_mm", "pa_mpjpe_mm", "acceleration_mm_per_frame2", "acceleration_m_s2")
    mean = {name: _mean(np.array([row.get(name, np.nan) for row in each.values()]), frames) for name in names}
    return {"split": split, "frames": int(frames.sum()), "people": len(each), **mean, "each": each}


def _mean(values: F64, frames: F64) -> float | None:
    known = np.isfinite(values)
    return float(np.average(values[known], weights=frames[known])) if known.any() else None


def actor_errors(lifter: Lifter, actor: Actor) -> dict[str, float]:
    """Return one person's errors over the measured frames."""
    ends = np.flatnonzero(actor.measured)
    inputs, view = sliding_windows(actor.sequence, lifter.config.window_frames, ends)
    guess = in_camera(decoded(lifter.answer(inputs), inputs), view, actor.sequence.height_m)
    joints = list(JOINTS_14)
    ours, truth = (root_aligned(x, HIPS)[:, joints] for x in (guess, actor.sequence.truth_m[ends]))
    row = {
        "frames": float(len(ends)),
        "mpjpe_mm": float(mpjpe(ours, truth).mean() * 1000),
        "pa_mpjpe_mm": float(mpjpe(procrustes_aligned(ours, truth), truth).mean() * 1000),
    }
    runs = consecutive(ends)
    if runs:
        errors = [acceleration_error(ours[rows], truth[rows], RATE_HZ) for rows in runs]
        row["acceleration_m_s2"] = float(np.average(errors, weights=[rows.stop - rows.start for rows in runs]))
        row["acceleration_mm_per_frame2"] = row["acceleration_m_s2"] * 1000 / RATE_HZ**2
    return row


def report_threedpw(table: dict[str, Any]) -> list[str]:
    """Return the table as lines of text."""
    lines = [
        f"3DPW {table['split']}, {table['people']} people in {table['frames']} frames, 14 joints, its own 2D keypoints",
        f"  {'':28s}   MPJPE      PA-   accel mm/frame²   m/s²",
    ]
    for name, row in {"all": table, **table["each"]}.items():
        accel = (row.get("acceleration_mm_per_frame2"), row.get("acceleration_m_s2"))
        cells = "".join(
            " " * width if v is None else f"{v:{width}.1f}" for v, width in zip(accel, (18, 7), strict=True)
        )
        lines.append(f"  {name:28s}{row['mpjpe_mm']:8.1f}{row['pa_mpjpe_mm']:8.1f}{cells}")
    return lines
