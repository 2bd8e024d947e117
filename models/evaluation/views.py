"""All clips together: pooled over frames, relative to the detector's own error, by view and by action."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluation.actions import action_of
from models.evaluation.chance import worst_over_best_by_chance
from models.evaluation.clips import Lifted, with_landmarks
from models.evaluation.frames import ALL, limb_error_mm
from models.evaluation.motion import motion_errors
from models.evaluation.predict import F64
from models.evaluation.viewpoints import mean_or_none, worst_over_best
from models.metrics import mpjpe, position_errors, procrustes_aligned, root_aligned
from models.skeleton import LIMBS
from models.training.validate import HIPS

VIEW_STEP_DEG = 30


def overall_table(clips: Sequence[Lifted]) -> dict[str, Any]:
    """Pool all frames; ratios to the detector use frames for which it gives a pose."""
    truth = np.concatenate([clip.truth for clip in clips])
    good = np.concatenate([with_landmarks(clip) for clip in clips])
    rows = {name: np.concatenate([clip.rows[name] for clip in clips]) for name in clips[0].rows}
    table: dict[str, Any] = {"clips": len(clips), "frames": len(truth), "rows": {}}
    for name, joints in rows.items():
        table["rows"][name] = {
            "limbs": position_errors(joints, truth, HIPS, LIMBS),
            "all_joints": position_errors(joints, truth, HIPS, ALL),
            **motion_errors([run for clip in clips for run in clip.runs[name]]),
        }
    if good.any():
        own = np.concatenate([clip.detector for clip in clips])
        table["detector_frames"] = int(good.sum())
        table["rows"]["detector"] = {"limbs": position_errors(own[good], truth[good], HIPS, LIMBS)}
        table["over_detector"] = {
            name: _ratios(position_errors(joints[good], truth[good], HIPS, LIMBS), table["rows"]["detector"]["limbs"])
            for name, joints in rows.items()
        }
        rows["detector"] = own
    views = [round(clip.clip.view_deg() / VIEW_STEP_DEG) * VIEW_STEP_DEG % 360 for clip in clips]
    actions = [action_of(clip.clip.motion or clip.clip.name) for clip in clips]
    sizes = [len(clip.frames) for clip in clips]
    table["by_view"] = _grouped(rows, truth, np.repeat(views, sizes))
    table["by_view"]["by_chance"] = _by_chance(rows, truth, np.repeat(np.arange(len(clips)), sizes), views, clips)
    table["by_action"] = _grouped(rows, truth, np.repeat(actions, sizes))
    return table


def _ratios(ours: dict[str, float], theirs: dict[str, float]) -> dict[str, float | None]:
    """Return ratios; None for a detector without error."""
    measures = ("mpjpe_mm", "pa_mpjpe_mm")
    return {name: round(ours[name] / theirs[name], 3) if theirs[name] > 1e-6 else None for name in measures}


def _grouped(rows: dict[str, F64], truth: F64, of_frame: NDArray[Any]) -> dict[str, Any]:
    """Return rows by group of frames (a view, an action): MPJPE and PA-MPJPE, and worst over best group."""
    groups = np.unique(of_frame)
    table: dict[str, Any] = {"groups": groups.tolist(), "frames": [int((of_frame == g).sum()) for g in groups]}
    table["worst_over_best"] = {}
    for measure, errors_of in (("mpjpe_mm", limb_error_mm), ("pa_mpjpe_mm", _aligned_error_mm)):
        table[measure] = {}
        for name, joints in rows.items():
            told = _complete(joints)
            error = errors_of(joints[told], truth[told])
            table[measure][name] = [mean_or_none(error[of_frame[told] == group]) for group in groups]
    for name in rows:
        table["worst_over_best"][name] = worst_over_best(table["mpjpe_mm"][name])
    return table


def _by_chance(
    rows: dict[str, F64], truth: F64, clip_of: NDArray[np.int64], views: list[int], clips: Sequence[Lifted]
) -> dict[str, Any]:
    """Return for each name the worst-over-best ratio expected by chance."""
    motions = [clip.clip.motion for clip in clips]
    found: dict[str, Any] = {}
    for name, joints in rows.items():
        told = _complete(joints)
        error = limb_error_mm(joints[told], truth[told])
        found[name] = worst_over_best_by_chance(error, clip_of[told], views, motions)
    return found


def _complete(joints: F64) -> NDArray[np.bool_]:
    """Return (N,) whether a frame of (N, 22, 3) has all limb joints."""
    return np.asarray(np.isfinite(joints[:, list(LIMBS)]).all((1, 2)))


def _aligned_error_mm(joints: F64, truth: F64) -> F64:
    """(N, 22, 3) metres -> (N,) PA-MPJPE over the limbs."""
    columns = list(LIMBS)
    a, b = root_aligned(joints, HIPS)[:, columns], root_aligned(truth, HIPS)[:, columns]
    return mpjpe(procrustes_aligned(a, b), b) * 1000
