"""Plausibility of a take: finite numbers of human size, unit quaternions, a possible camera.

Files come from anywhere, and one NaN or zero quaternion would spread into an avatar or an animation file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.motion.plausible_details import checked_details, usable_details
from engine.motion.take import MotionTake, Rows
from engine.types import F64
from models.camera import Intrinsics
from models.npz import NpzError
from models.skeleton import JOINT_NAMES

MAX_FPS = 1000.0
_MIN_FPS = 0.01
_MAX_TIME_S = 1e10  # of a clock with any origin
_MAX_SPAN_S = 1e6  # eleven days
_MAX_LATENCY_S = 3600.0  # what is later, or no number, is unknown
_MAX_M = 1e5
_MAX_BONE_M = 10.0
_MAX_PX = 1e6
_UNIT = 0.01  # tolerance of a quaternion's length, or of a rotation's R Rᵀ
_POSE = ("rotations_xyzw", "root_m", "joints_world_m", "joints_cam_m", "contacts")


def check_take(take: MotionTake) -> MotionTake:
    """Check a take; frames without a person become NaN, scores and contacts 0..1. Raises NpzError for invalid
    motion."""
    if not len(take):
        raise NpzError("it has no frames")
    if not _MIN_FPS <= take.fps <= MAX_FPS:
        raise NpzError(f"fps is {take.fps:g}, expected above 0 and at most {MAX_FPS:g}")
    times = take.timestamps_s
    if not np.isfinite(times).all() or np.abs(times).max() > _MAX_TIME_S or np.ptp(times) > _MAX_SPAN_S:
        raise NpzError("timestamps_s are not the seconds of one take")
    if (take.lost_before < 0).any():
        raise NpzError("lost_before has a number below 0")
    _check_poses(take)
    _check_person_and_camera(take)
    return _tidy(take)


def usable_rows(rows: Rows) -> NDArray[np.bool_]:
    """Return (N,) whether each ROW has a plausible pose, or no person; for unfinished takes."""
    limits = {"root_m": _MAX_M, "joints_world_m": _MAX_M, "joints_cam_m": _MAX_M, "contacts": _MAX_M}
    limits |= {"rest_offsets_m": _MAX_BONE_M, "R_world_cam": 2.0, "t_world_cam": _MAX_M, "intrinsics": _MAX_PX}
    with np.errstate(invalid="ignore", over="ignore"):
        posed = (np.abs(np.linalg.norm(rows["rotations_xyzw"], axis=-1) - 1) <= _UNIT).all(-1)
        for name, limit in limits.items():
            posed &= _all_of_frame(np.abs(rows[name]) <= limit)
        posed &= (rows["intrinsics"][:, 0, 0] >= 1) & (rows["intrinsics"][:, 1, 1] >= 1)
        usable: NDArray[np.bool_] = np.abs(rows["timestamp_s"]) <= _MAX_TIME_S
        usable &= _all_of_frame(~(np.abs(rows["keypoints_px"]) > _MAX_PX))  # NaN: not seen
        usable &= posed | ~rows["tracked"]
    return usable & usable_details(rows)


def _all_of_frame(good: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Reduce (N, ...) to (N,): whether all values of a frame are good."""
    whole: NDArray[np.bool_] = np.asarray(good.all(tuple(range(1, good.ndim))))
    return whole


def _check_poses(take: MotionTake) -> None:
    """Check the poses. Raises NpzError for the first invalid pose."""
    with_person = np.flatnonzero(take.tracked)
    for name in _POSE:
        bad = ~_all_of_frame(np.abs(getattr(take, name)[with_person]) <= _MAX_M)
        if bad.any():
            frame = int(with_person[np.argmax(bad)])
            raise NpzError(f"{name} of frame {frame} is not finite, or beyond {_MAX_M:g}, though a person is tracked")
    lengths = np.linalg.norm(take.rotations_xyzw[with_person], axis=-1)
    bad = np.abs(lengths - 1) > _UNIT
    if bad.any():
        row, joint = np.argwhere(bad)[0]
        raise NpzError(
            f"frame {with_person[row]}, {JOINT_NAMES[joint]}: a quaternion of length {lengths[row, joint]:g}, not 1"
        )
    if not (np.isnan(take.keypoints_px) | (np.abs(take.keypoints_px) <= _MAX_PX)).all():
        raise NpzError(f"keypoints_px exceed {_MAX_PX:g} pixels")


def _check_person_and_camera(take: MotionTake) -> None:
    """Check body and camera. Raises NpzError. Without a person in any frame all may be NaN (unknown)."""
    needed = bool(take.tracked.any())
    offsets, K, R, t = take.rest_offsets_m, take.intrinsics, take.R_world_cam, take.t_world_cam
    if _given(offsets, needed) and not (np.abs(offsets) <= _MAX_BONE_M).all():
        raise NpzError(f"its bones are not finite, or longer than {_MAX_BONE_M:g} m")
    camera = Intrinsics(float(K[0, 0]), float(K[1, 1]), float(K[0, 2]), float(K[1, 2]))
    if _given(K, needed) and not camera.plausible:
        raise NpzError("intrinsics is not a camera matrix [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] in pixels")
    if _given(R, needed) and not _is_rotation(R):
        raise NpzError("R_world_cam is not a rotation")
    if _given(t, needed) and not (np.abs(t) <= _MAX_M).all():
        raise NpzError("t_world_cam is not finite")


def _is_rotation(R: F64) -> bool:
    bounded = bool((np.abs(R) <= 2).all())  # no NaN, and no overflow below
    return bounded and bool(np.abs(R @ R.T - np.eye(3)).max() <= _UNIT and np.linalg.det(R) > 0)


def _given(values: np.ndarray, needed: bool) -> bool:
    return needed or not np.isnan(values).all()


def _tidy(take: MotionTake) -> MotionTake:
    """Normalise the take. Only arrays that change are copied: a take may be large."""
    gone = ~take.tracked
    changed: dict[str, Any] = {}
    for name in _POSE:
        values = getattr(take, name)
        if not np.isnan(values[gone]).all():
            changed[name] = np.array(values)
            changed[name][gone] = np.nan
    scores, contacts = take.keypoint_scores, changed.get("contacts", take.contacts)
    if not ((scores >= 0) & (scores <= 1)).all():
        changed["keypoint_scores"] = np.clip(np.nan_to_num(scores, posinf=1.0, neginf=0.0), 0.0, 1.0)
    if (np.abs(contacts - 0.5) > 0.5).any():
        changed["contacts"] = np.clip(contacts, 0.0, 1.0)
    seen = take.part_confidence
    if not ((seen >= 0) & (seen <= 1)).all() or seen[gone].any():
        changed["part_confidence"] = np.clip(np.nan_to_num(seen, posinf=1.0, neginf=0.0), 0.0, 1.0)
        changed["part_confidence"][gone] = 0.0
    if take.latency_s is not None:
        changed["latency_s"] = np.where(np.abs(take.latency_s) <= _MAX_LATENCY_S, take.latency_s, np.float32(np.nan))
    return replace(take, **changed, **checked_details(take))
