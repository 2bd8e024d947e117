"""The motion .npz: the arrays of a take by name (see MotionTake), written completely or not at all, read with
checks."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from engine.errors import InputError
from engine.motion.plausible import check_take
from engine.motion.take import MotionTake, Progress, no_progress
from models.face import EXPRESSION_NAMES, NUM_EXPRESSIONS
from models.fingers import FINGER_NAMES, NUM_HAND_POINTS
from models.keypoints import KEYPOINT_NAMES, NUM_KEYPOINTS
from models.npz import Expected, NpzError, read_arrays
from models.parts import DETAIL_PARTS, NUM_PARTS, PART_NAMES
from models.skeleton import JOINT_NAMES, NUM_JOINTS, REST_OFFSETS

_J, _K = NUM_JOINTS, NUM_KEYPOINTS
_ARRAYS = {
    "timestamps_s": (Expected(("N",)), np.float64),
    "keypoints_px": (Expected(("N", _K, 2)), np.float32),
    "keypoint_scores": (Expected(("N", _K)), np.float32),
    "tracked": (Expected(("N",), "b"), np.bool_),
    "rotations_xyzw": (Expected(("N", _J, 4)), np.float32),
    "root_m": (Expected(("N", 3)), np.float32),
    "joints_world_m": (Expected(("N", _J, 3)), np.float32),
    "joints_cam_m": (Expected(("N", _J, 3)), np.float32),
    "contacts": (Expected(("N", 2)), np.float32),
    "part_confidence": (Expected(("N", "P"), optional=True), np.float32),  # not in files of version 0.1
    "intrinsics": (Expected((3, 3)), np.float64),
    "R_world_cam": (Expected((3, 3)), np.float64),
    "t_world_cam": (Expected((3,)), np.float64),
    "rest_offsets_m": (
        Expected((_J, 3), optional=True),
        np.float32,
    ),  # this and the next: not in others' files
    "lost_before": (Expected(("N",), "iu", optional=True), np.int32),
    "fingers_xyzw": (Expected(("N", len(FINGER_NAMES), 4), optional=True), np.float32),  # as are those from here on
    "hand_points_cam_m": (Expected(("N", 2, NUM_HAND_POINTS, 3), optional=True), np.float32),
    "eyes_xyzw": (Expected(("N", 2, 4), optional=True), np.float32),
    "expression": (Expected(("N", NUM_EXPRESSIONS), optional=True), np.float32),
    "head_from_face": (Expected(("N",), "b", optional=True), np.bool_),
    "latency_s": (Expected(("N",), optional=True), np.float32),
}
"""Fields of MotionTake: in the file, and in memory."""
_BESIDE = {
    "fps": Expected(()),
    "joint_names": Expected((_J,), "U"),
    "keypoint_names": Expected((_K,), "U", optional=True),
    "part_names": Expected(("P",), "U", optional=True),
    "finger_names": Expected((len(FINGER_NAMES),), "U", optional=True),
    "expression_names": Expected((NUM_EXPRESSIONS,), "U", optional=True),
    "bone_lengths_m": Expected((_J,)),
}
_NAMES: dict[str, tuple[str, ...]] = {
    "joint_names": JOINT_NAMES,
    "keypoint_names": KEYPOINT_NAMES,
    "finger_names": FINGER_NAMES,
    "expression_names": EXPRESSION_NAMES,
}
_EXPECTED = _BESIDE | {name: expected for name, (expected, _) in _ARRAYS.items()}


def write_motion_npz(file: IO[bytes], take: MotionTake, progress: Progress = no_progress) -> None:
    """Write array by array, as numpy.savez_compressed does. Times are the original ones, including gaps."""
    arrays: dict[str, np.ndarray] = {
        "fps": np.array(take.fps, np.float64),
        "joint_names": np.array(JOINT_NAMES),
        "keypoint_names": np.array(KEYPOINT_NAMES),
        "part_names": np.array(PART_NAMES),
        "bone_lengths_m": take.bone_lengths_m,
    }
    arrays |= {name: values for name in _ARRAYS if (values := getattr(take, name)) is not None}
    arrays |= _details(take)
    counted = _Counted(progress, sum(array.nbytes for array in arrays.values()))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as counted.file:
                np.lib.format.write_array(counted, array, allow_pickle=False)


def _details(take: MotionTake) -> dict[str, np.ndarray]:
    """Return the arrays of hands and face: names, and their confidences appended to those of the body's parts."""
    more: dict[str, np.ndarray] = {}
    if take.fingers_xyzw is not None:
        more["finger_names"] = np.array(FINGER_NAMES)
    if take.expression is not None:
        more["expression_names"] = np.array(EXPRESSION_NAMES)
    if take.detail_confidence is not None:
        more["part_names"] = np.array((*PART_NAMES, *DETAIL_PARTS))
        more["part_confidence"] = np.concatenate([take.part_confidence, take.detail_confidence], axis=1)
    return more


class _Counted:
    """File object for NumPy that reports the progress; NumPy writes memory-mapped arrays in parts."""

    file: IO[bytes]

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def write(self, data: bytes) -> int:
        """Write like a file."""
        self._done += len(data)
        self._progress(min(1.0, self._done / self._total))
        return self.file.write(data)


def read_motion_npz(path: Path) -> MotionTake:
    """Read a file of write_motion_npz, of any version; all numbers are checked to be usable.

    Raises InputError, one line, for anything else.
    """
    if not path.exists():
        raise InputError(f"there is no file {path}; check the path")
    try:
        with np.errstate(over="ignore"):  # overflow gives inf, which is reported below
            return check_take(_take(read_arrays(path, _EXPECTED)))
    except NpzError as error:
        raise InputError(f"cannot read {path} as a take: {error}; vtm convert and --record make takes") from error


def _take(arrays: dict[str, np.ndarray]) -> MotionTake:
    """Raises NpzError."""
    for name, ours in _NAMES.items():
        if name in arrays and tuple(arrays[name].tolist()) != ours:
            raise NpzError(f"its {name} differ from the {len(ours)} from {ours[0]} to {ours[-1]}")
    _split_parts(arrays)
    fields: dict[str, Any] = {
        name: arrays[name].astype(kind, copy=False) for name, (_, kind) in _ARRAYS.items() if name in arrays
    }
    if "detail_confidence" in arrays:
        fields["detail_confidence"] = arrays["detail_confidence"].astype(np.float32, copy=False)
    if "rest_offsets_m" not in fields:
        fields["rest_offsets_m"] = _offsets_of(arrays["bone_lengths_m"], fields["joints_world_m"])
    if "part_confidence" not in fields:  # unknown: use the person's
        fields["part_confidence"] = np.repeat(fields["tracked"][:, None], NUM_PARTS, axis=1).astype(np.float32)
    fields.setdefault("lost_before", np.zeros(len(fields["timestamps_s"]), np.int32))
    return MotionTake(fps=float(arrays["fps"]), **fields)


def _split_parts(arrays: dict[str, np.ndarray]) -> None:
    """Split the confidences of hands and face from those of the body's parts, in place. Raises NpzError."""
    if "part_confidence" not in arrays:
        return
    values = arrays["part_confidence"]
    names = tuple(arrays["part_names"].tolist()) if "part_names" in arrays else PART_NAMES
    if names not in (PART_NAMES, (*PART_NAMES, *DETAIL_PARTS)) or values.shape[1] != len(names):
        raise NpzError(f"its part_names differ from the {NUM_PARTS} from {PART_NAMES[0]} to {PART_NAMES[-1]}")
    if len(names) > NUM_PARTS:
        arrays["part_confidence"], arrays["detail_confidence"] = values[:, :NUM_PARTS], values[:, NUM_PARTS:]


def _offsets_of(lengths_m: np.ndarray, joints_world_m: np.ndarray) -> np.ndarray:
    """Return rest offsets in s̄'s directions; the hips' height is their maximum in the take."""
    directions = REST_OFFSETS / np.linalg.norm(REST_OFFSETS, axis=1, keepdims=True)
    offsets: np.ndarray = (directions * lengths_m[:, None]).astype(np.float32)
    heights = joints_world_m[:, 0, 1]
    offsets[0] = 0.0
    offsets[0, 1] = np.max(heights[np.isfinite(heights)], initial=0.0)
    return offsets
