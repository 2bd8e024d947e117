"""A take of motion: the arrays of the motion .npz, and how they are made from poses.

N frames, 22 joints (models.skeleton), 23 keypoints (models.keypoints). Metres, seconds, pixels; quaternions x, y, z, w.
Frames without a person are NaN (scores 0) with `tracked` False.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.types import F32, F64, Detection, Keypoints2D, Pose
from models.detail_skeleton import EYE_NAMES
from models.face import NUM_EXPRESSIONS
from models.fingers import FINGER_NAMES, NUM_HAND_POINTS
from models.keypoints import NUM_KEYPOINTS
from models.parts import NUM_DETAIL_PARTS, NUM_PARTS
from models.skeleton import NUM_JOINTS, ROOT

DEFAULT_FPS = 30.0
"""Rate of a take that is too short to measure it."""

_BODY: list[Any] = [
    ("timestamp_s", "<f8"),
    ("frame_id", "<i8"),
    ("lost_before", "<i4"),
    ("tracked", "?"),
    ("keypoints_px", "<f4", (NUM_KEYPOINTS, 2)),
    ("keypoint_scores", "<f4", (NUM_KEYPOINTS,)),
    ("rotations_xyzw", "<f4", (NUM_JOINTS, 4)),
    ("root_m", "<f4", (3,)),
    ("joints_world_m", "<f4", (NUM_JOINTS, 3)),
    ("joints_cam_m", "<f4", (NUM_JOINTS, 3)),
    ("rest_offsets_m", "<f4", (NUM_JOINTS, 3)),
    ("contacts", "<f4", (2,)),
    ("part_confidence", "<f4", (NUM_PARTS,)),
    ("intrinsics", "<f8", (3, 3)),
    ("R_world_cam", "<f4", (3, 3)),
    ("t_world_cam", "<f4", (3,)),
]
_DETAILS: list[Any] = [
    ("fingers_xyzw", "<f4", (len(FINGER_NAMES), 4)),
    ("hand_points_cam_m", "<f4", (2, NUM_HAND_POINTS, 3)),
    ("eyes_xyzw", "<f4", (len(EYE_NAMES), 4)),
    ("expression", "<f4", (NUM_EXPRESSIONS,)),
    ("head_from_face", "?"),
    ("detail_confidence", "<f4", (NUM_DETAIL_PARTS,)),
]
BODY_ROW = np.dtype(_BODY)
"""One frame of a take as it lay on disk before there were hands and face."""
DETAILED_ROW = np.dtype(_BODY + _DETAILS)
"""The same before latency was recorded."""
ROW = np.dtype([*_BODY, *_DETAILS, ("latency_s", "<f4")])
"""One frame of a take, as it lies in memory and on disk; NaN where hands or face were not looked at."""
Rows = NDArray[Any]  # (N,) of ROW

Progress = Callable[[float], None]
"""Receives the written fraction of a file, 0 to 1."""

HAND_FIELDS = ("fingers_xyzw", "hand_points_cam_m")
FACE_FIELDS = ("eyes_xyzw", "expression", "head_from_face")
DETAIL_FIELDS = (*HAND_FIELDS, *FACE_FIELDS, "detail_confidence")
"""Fields of a take that are None when hands, or the face, were never tracked."""
_POSE_FIELDS = ("rotations_xyzw", "root_m", "joints_world_m", "joints_cam_m", "contacts", "part_confidence")


@dataclass(frozen=True, slots=True)
class MotionTake:
    """A take in memory; the fields are the arrays of the .npz. Timestamps are the original ones, without resampling."""

    fps: float
    timestamps_s: F64  # (N,)
    keypoints_px: F32  # (N, 23, 2)
    keypoint_scores: F32  # (N, 23)
    tracked: NDArray[np.bool_]  # (N,)
    rotations_xyzw: F32  # (N, 22, 4) local to the parent, Hips in the world
    root_m: F32  # (N, 3) Hips joint, world
    joints_world_m: F32  # (N, 22, 3)
    joints_cam_m: F32  # (N, 22, 3)
    rest_offsets_m: F32  # (22, 3) T-pose offset to the parent; row 0 = (0, hips height, 0)
    contacts: F32  # (N, 2) left, right
    part_confidence: F32  # (N, 6) visibility of each part of models.parts.PART_NAMES, 0..1; 0 means invented
    intrinsics: F64  # (3, 3)
    R_world_cam: F64  # (3, 3)
    t_world_cam: F64  # (3,)
    lost_before: NDArray[np.int32]  # (N,) poses lost between this frame and the one before
    fingers_xyzw: F32 | None = None  # (N, 30, 4) this and the following as in engine.types.Pose
    hand_points_cam_m: F32 | None = None  # (N, 2, 21, 3)
    eyes_xyzw: F32 | None = None  # (N, 2, 4)
    expression: F32 | None = None  # (N, 52)
    head_from_face: NDArray[np.bool_] | None = None  # (N,)
    detail_confidence: F32 | None = None  # (N, 3) left hand, right hand, face; 0..1
    latency_s: F32 | None = None  # (N,) from the frame to its pose when it was recorded live; NaN without a pose

    def __len__(self) -> int:
        """Frames."""
        return len(self.timestamps_s)

    @property
    def bone_lengths_m(self) -> F32:
        """(22,) bone lengths to the parent, 0 for Hips."""
        lengths: F32 = np.linalg.norm(self.rest_offsets_m, axis=1).astype(np.float32)
        lengths[ROOT] = 0.0
        return lengths


def no_progress(_fraction: float) -> None:
    """Ignore the progress."""


def row_of(pose: Pose | None, detection: Detection, *, lost_before: int = 0, latency_s: float = float("nan")) -> Rows:
    """(1,) of ROW. No pose, or one that is not tracked, gives NaN; the person's offsets and the camera are kept."""
    row = np.zeros(1, ROW)
    for name in ROW.names or ():
        if ROW[name].base.kind == "f":
            row[name] = np.nan
    row["latency_s"] = latency_s
    row["timestamp_s"] = detection.captured_at_s
    row["frame_id"] = detection.frame_id
    row["lost_before"] = lost_before
    row["keypoint_scores"] = row["part_confidence"] = row["detail_confidence"] = 0.0
    if isinstance(detection, Keypoints2D):
        row["keypoints_px"] = detection.points_px
        row["keypoint_scores"] = detection.scores
    if pose is not None:
        for name in ("rest_offsets_m", "R_world_cam", "t_world_cam"):
            row[name] = getattr(pose, name)
        row["intrinsics"] = pose.intrinsics.matrix
        if pose.tracked:
            row["tracked"] = True
            for name in _POSE_FIELDS:
                row[name] = getattr(pose, name)
            for name in DETAIL_FIELDS:
                if (value := getattr(pose, name)) is not None:
                    row[name] = value
    return row


def take_from_rows(rows: Rows, *, fps: float | None = None) -> MotionTake:
    """Make a take from ROWs (N,). `fps`: of the file when converting; None: the median rate of the timestamps.

    Its arrays are views into `rows`: memory-mapped rows are read as they are used.
    """
    timestamps = rows["timestamp_s"].astype(np.float64)
    known = np.flatnonzero(np.isfinite(rows["R_world_cam"]).all((1, 2)))
    last = rows[known[-1]] if len(known) else row_of_nothing()
    of_person = rows["rest_offsets_m"][rows["tracked"]]  # not the first ones: proportions settle while a person moves
    offsets = np.median(of_person, axis=0) if len(of_person) else last["rest_offsets_m"]
    return MotionTake(
        fps=median_rate(timestamps) if fps is None else fps,
        timestamps_s=timestamps,
        keypoints_px=rows["keypoints_px"],
        keypoint_scores=rows["keypoint_scores"],
        tracked=rows["tracked"],
        rotations_xyzw=rows["rotations_xyzw"],
        root_m=rows["root_m"],
        joints_world_m=rows["joints_world_m"],
        joints_cam_m=rows["joints_cam_m"],
        rest_offsets_m=np.asarray(offsets, dtype=np.float32),
        contacts=rows["contacts"],
        part_confidence=rows["part_confidence"],
        intrinsics=last["intrinsics"].astype(np.float64),
        R_world_cam=last["R_world_cam"].astype(np.float64),
        t_world_cam=last["t_world_cam"].astype(np.float64),
        lost_before=rows["lost_before"],
        latency_s=_latency_of(rows),
        **_details_of(rows),
    )


def _latency_of(rows: Rows) -> F32 | None:
    """(N,) or None: the rows were not recorded live, or by an earlier version."""
    known = "latency_s" in (rows.dtype.names or ()) and np.isfinite(rows["latency_s"]).any()
    return rows["latency_s"] if known else None


def _details_of(rows: Rows) -> dict[str, Any]:
    """Return the fields of hands and face that are present in any row."""
    if "fingers_xyzw" not in (rows.dtype.names or ()):
        return {}
    names: list[str] = []
    for mark, fields in (("fingers_xyzw", HAND_FIELDS), ("expression", FACE_FIELDS)):
        if np.isfinite(rows[mark]).any():
            names += fields
    names += ["detail_confidence"] if names else []
    return {name: rows[name] for name in names}


def row_of_nothing() -> Any:
    """Return a ROW of NaN (unknown)."""
    row = np.zeros(1, ROW)
    for name in ("rest_offsets_m", "intrinsics", "R_world_cam", "t_world_cam"):
        row[name] = np.nan
    return row[0]


def median_rate(timestamps_s: F64) -> float:
    """Return frames per second from the median interval of (N,) timestamps; 30 for fewer than two frames."""
    intervals = np.diff(timestamps_s)
    intervals = intervals[intervals > 0]
    return float(1.0 / np.median(intervals)) if len(intervals) else DEFAULT_FPS
