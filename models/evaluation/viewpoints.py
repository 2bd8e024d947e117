"""Camera direction around the person: yaw x pitch, and the error of each viewpoint."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.evaluation.predict import F64

YAWS = 8
PITCH_EDGES_DEG = (-90.0, -10.0, 10.0, 30.0, 90.0)
FEWEST = 5
"""Least number of frames for the mean of a viewpoint."""


def camera_yaw_pitch(facing: F64, up: F64, towards: F64) -> tuple[F64, F64]:
    """Return the camera's direction in degrees, all vectors in one frame.

    facing   (N, 3) where the person faces; up (N, 3) against gravity; towards (N, 3) from the person to the camera
    returns  yaw (N,) 0 in front, 90 at the person's left, 180 behind; pitch (N,) positive: the camera looks down
    """
    up = up / np.linalg.norm(up, axis=-1, keepdims=True)
    towards = towards / np.linalg.norm(towards, axis=-1, keepdims=True)

    def level(direction: F64) -> F64:
        return np.asarray(direction - (direction * up).sum(-1, keepdims=True) * up)

    front, there = level(facing), level(towards)
    yaw = np.arctan2((np.cross(front, there) * up).sum(-1), (front * there).sum(-1))
    pitch = np.arcsin(np.clip((towards * up).sum(-1), -1, 1))
    return np.rad2deg(yaw), np.rad2deg(pitch)


def viewpoint_table(error: F64, yaw: F64, pitch: F64) -> dict[str, Any]:
    """Return means by yaw, by pitch and by both for errors (N,) and angles (N,); None where frames are too few."""
    sector = np.round(yaw / (360 / YAWS)).astype(int) % YAWS
    row = np.digitize(pitch, PITCH_EDGES_DEG) - 1
    rows = range(len(PITCH_EDGES_DEG) - 1)
    by_yaw = [mean_or_none(error[sector == s]) for s in range(YAWS)]
    table = [[mean_or_none(error[(row == r) & (sector == s)]) for s in range(YAWS)] for r in rows]
    return {
        "yaw_deg": [s * 360 // YAWS for s in range(YAWS)],
        "pitch_edges_deg": list(PITCH_EDGES_DEG),
        "table": table,
        "frames": [[int(((row == r) & (sector == s)).sum()) for s in range(YAWS)] for r in rows],
        "by_yaw": by_yaw,
        "by_pitch": [mean_or_none(error[row == r]) for r in rows],
        "mean": mean_or_none(error),
        "worst_over_best": worst_over_best(by_yaw),
        "worst_over_best_cell": worst_over_best([cell for cells in table for cell in cells]),
    }


def mean_or_none(values: F64) -> float | None:
    """Mean to a tenth, or None for too few values."""
    return round(float(values.mean()), 1) if len(values) >= FEWEST else None


def worst_over_best(values: list[float | None]) -> float | None:
    """Return the largest divided by the smallest known value; None without any."""
    known = [value for value in values if value is not None]
    return round(max(known) / min(known), 3) if known and min(known) > 0 else None
