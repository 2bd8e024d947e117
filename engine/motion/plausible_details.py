"""Plausibility of hands and face in a take: unit quaternions, scores in 0..1, or missing in that frame (NaN)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.motion.take import MotionTake, Rows
from models.npz import NpzError

_UNIT = 0.01  # tolerance of a quaternion's length
_MAX_M = 1e5
_TURNS = ("fingers_xyzw", "eyes_xyzw")


def usable_details(rows: Rows) -> NDArray[np.bool_]:
    """Return (N,) whether each ROW's hands and face are plausible, or missing; for unfinished takes."""
    usable = np.ones(len(rows), np.bool_)
    if "fingers_xyzw" not in (rows.dtype.names or ()):
        return usable
    with np.errstate(invalid="ignore", over="ignore"):
        for name in _TURNS:
            lengths = np.linalg.norm(rows[name], axis=-1)
            usable &= ((np.abs(lengths - 1) <= _UNIT).all(-1)) | np.isnan(rows[name]).all((1, 2))
        for name in ("expression", "detail_confidence"):
            usable &= (np.abs(rows[name] - 0.5) <= 0.5).all(-1) | np.isnan(rows[name]).all(-1)
        usable &= ~(np.abs(rows["hand_points_cam_m"]) > _MAX_M).any((1, 2, 3))
    return usable


def checked_details(take: MotionTake) -> dict[str, Any]:
    """Return the fields of hands and face that need a change. Raises NpzError for an invalid rotation.

    A field with any non-finite number in a frame becomes NaN in that frame. Frames without a person show nothing,
    scores and confidences are in 0..1.
    """
    changed: dict[str, Any] = {}
    for name in _TURNS:
        turns = getattr(take, name)
        if turns is not None:
            changed[name] = _turns(name, turns, take.tracked)
    if take.expression is not None:
        scores = np.clip(take.expression, 0.0, 1.0)
        changed["expression"] = _only(scores, take.tracked & np.isfinite(take.expression).all(-1))
    for name in (*_TURNS, "expression"):
        if name in changed and np.isnan(changed[name]).all():
            changed[name] = None  # seen in no frame
    if take.hand_points_cam_m is not None:
        points = take.hand_points_cam_m
        with np.errstate(invalid="ignore"):
            near = (np.abs(points) <= _MAX_M).all((2, 3))  # (N, 2) each hand by itself
        changed["hand_points_cam_m"] = _only(points, take.tracked[:, None] & near)
    if take.head_from_face is not None:
        changed["head_from_face"] = take.head_from_face & take.tracked
    if take.detail_confidence is not None:
        seen = np.clip(np.nan_to_num(take.detail_confidence, posinf=1.0, neginf=0.0), 0.0, 1.0)
        changed["detail_confidence"] = np.where(take.tracked[:, None], seen, 0.0).astype(np.float32)
    return changed


def _turns(name: str, turns: NDArray[np.float32], tracked: NDArray[np.bool_]) -> NDArray[np.float32]:
    there = tracked & np.isfinite(turns).all((1, 2))
    with np.errstate(invalid="ignore", over="ignore"):
        lengths = np.linalg.norm(turns, axis=-1)  # (N, bones)
        bad = there[:, None] & ~(np.abs(lengths - 1) <= _UNIT)
    if bad.any():
        frame, bone = np.argwhere(bad)[0]
        raise NpzError(f"{name} of frame {frame}, bone {bone}: a quaternion of length {lengths[frame, bone]:g}, not 1")
    return _only(turns, there)


def _only(values: NDArray[np.float32], there: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the values where `there`, else NaN; the same array when nothing changes."""
    wide = there.reshape(there.shape + (1,) * (values.ndim - there.ndim))
    gone = np.broadcast_to(~wide, values.shape)
    return np.where(gone, np.float32(np.nan), values) if not np.isnan(values[gone]).all() else values
