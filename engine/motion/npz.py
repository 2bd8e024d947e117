"""The motion .npz: the arrays of a take by name (see MotionTake), written whole or not at all, read with checks."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from engine.errors import VtmError
from engine.motion.take import MotionTake, Progress, no_progress
from models.keypoints import KEYPOINT_NAMES
from models.skeleton import JOINT_NAMES, REST_OFFSETS

_ARRAYS = (
    "timestamps_s",
    "keypoints_px",
    "keypoint_scores",
    "tracked",
    "rotations_xyzw",
    "root_m",
    "joints_world_m",
    "joints_cam_m",
    "contacts",
    "intrinsics",
    "R_world_cam",
    "t_world_cam",
)
_EXTRA = ("rest_offsets_m", "lost_before")  # may be missing in a file that others wrote


def write_motion_npz(file: IO[bytes], take: MotionTake, progress: Progress = no_progress) -> None:
    """Write array by array, as numpy.savez_compressed does. Times are the true ones, gaps and all."""
    arrays: dict[str, np.ndarray] = {
        "fps": np.array(take.fps, np.float64),
        "joint_names": np.array(JOINT_NAMES),
        "keypoint_names": np.array(KEYPOINT_NAMES),
        "bone_lengths_m": take.bone_lengths_m,
    }
    arrays |= {name: getattr(take, name) for name in (*_ARRAYS, *_EXTRA)}
    counted = _Counted(progress, sum(array.nbytes for array in arrays.values()))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as counted.file:
                np.lib.format.write_array(counted, array, allow_pickle=False)


class _Counted:
    """What NumPy writes arrays to, in parts where they are views into a file: it says how far it is."""

    file: IO[bytes]

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def write(self, data: bytes) -> int:
        """As every file's."""
        self._done += len(data)
        self._progress(min(1.0, self._done / self._total))
        return self.file.write(data)


def is_motion_npz(path: Path) -> bool:
    """The file claims to be a take; quick, nothing is checked."""
    try:
        with zipfile.ZipFile(path) as file:
            return "rotations_xyzw.npy" in file.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def read_motion_npz(path: Path) -> MotionTake:
    """Read what write_motion_npz wrote. Raises VtmError, one line, for anything else."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise VtmError(f"cannot read {path} as a motion .npz: {error}") from error
    missing = [name for name in ("fps", "joint_names", "bone_lengths_m", *_ARRAYS) if name not in arrays]
    if missing:
        raise VtmError(f"{path} is not a motion .npz: it lacks {', '.join(missing)}; write one with vtm convert")
    if tuple(arrays["joint_names"].tolist()) != JOINT_NAMES:
        raise VtmError(f"{path} has other joints than the {len(JOINT_NAMES)} expected: {', '.join(JOINT_NAMES)}")
    frames = len(arrays["timestamps_s"])
    if "rest_offsets_m" not in arrays:
        arrays["rest_offsets_m"] = _offsets_of(arrays["bone_lengths_m"], arrays["joints_world_m"])
    arrays.setdefault("lost_before", np.zeros(frames, np.int32))
    return MotionTake(fps=float(arrays["fps"]), **{name: arrays[name] for name in (*_ARRAYS, *_EXTRA)})


def _offsets_of(lengths_m: np.ndarray, joints_world_m: np.ndarray) -> np.ndarray:
    """Rest offsets in s̄'s directions; the hips as high as they came in the take."""
    directions = REST_OFFSETS / np.linalg.norm(REST_OFFSETS, axis=1, keepdims=True)
    offsets: np.ndarray = (directions * lengths_m[:, None]).astype(np.float32)
    heights = joints_world_m[:, 0, 1]
    offsets[0, 1] = np.max(heights[np.isfinite(heights)], initial=0.0)
    return offsets
