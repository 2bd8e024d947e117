"""Read a keypoints .npz, the other input of `vtm convert`, with checks; one line describes any problem.

keypoints_px (N, 23, 2) or COCO's (N, 17, 2), keypoint_scores (N, 23 or 17), fps or timestamps_s (N,), image_size
(width, height), optional intrinsics (3, 3), optional evidence_m (N, 27, 3): the 3D landmarks that
`python -m app.commands.detect` keeps, NaN where there are none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import InputError, UsageError
from engine.types import F32, F64, Detection, Keypoints2D, NoPerson
from models.camera import Intrinsics
from models.keypoints import NUM_COCO, NUM_EVIDENCE, NUM_KEYPOINTS
from models.npz import Expected, NpzError, checked_arrays, read_arrays

_EXPECTED = {
    "keypoints_px": Expected(("N", "K", 2)),
    "keypoint_scores": Expected(("N", "K")),
    "image_size": Expected((2,)),
    "fps": Expected((), optional=True),
    "timestamps_s": Expected(("N",), optional=True),
    "intrinsics": Expected((3, 3), optional=True),
    "evidence_m": Expected(("N", NUM_EVIDENCE, 3), optional=True),
}
_SCHEMA = f"keypoints_px (N, {NUM_KEYPOINTS} or {NUM_COCO}, 2), keypoint_scores, fps or timestamps_s, image_size"
_MAX_FPS = 1000.0
_MAX_SIZE_PX = 100_000
_MAX_PX = 1e6  # points may lie outside the picture
_MAX_EVIDENCE_M = 100.0
_MAX_S = 1e9
_Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class KeypointsFile:
    """The 2D keypoints of one person over time, checked."""

    points_px: F32  # (N, 23, 2), finite
    scores: F32  # (N, 23) 0..1; 0 where the file has NaN and for points missing in COCO's 17
    times_s: F64  # (N,) strictly increasing, from 0
    fps: float
    image_size: tuple[int, int]  # (width, height)
    intrinsics: Intrinsics | None
    evidence_m: F32 | None = None  # (N, 27, 3), NaN where there is none

    def __len__(self) -> int:
        """Frames."""
        return len(self.scores)

    def detections(self) -> Iterator[Detection]:
        """Yield one detection per frame, in order; a frame whose scores are all 0 has no person."""
        for frame in range(len(self)):
            time_s = float(self.times_s[frame])
            if self.scores[frame].any():
                points, scores = self.points_px[frame], self.scores[frame]
                yield Keypoints2D(frame, time_s, self.image_size, points, scores, self._evidence(frame))
            else:
                yield NoPerson(frame, time_s, self.image_size)

    def _evidence(self, frame: int) -> F32 | None:
        """Return the landmarks (27, 3) of a frame, or None if it has none."""
        if self.evidence_m is None or not np.isfinite(self.evidence_m[frame]).any():
            return None
        landmarks: F32 = self.evidence_m[frame]
        return landmarks


def read_keypoints(path: Path) -> KeypointsFile:
    """Read and check a file. Raises UsageError if it does not exist, InputError if it does not match the schema."""
    if not path.exists():
        raise UsageError(f"there is no file {path}; check the path")
    try:
        with np.errstate(over="ignore"):  # overflow gives inf, which is reported below
            return _checked(read_arrays(path, _EXPECTED))
    except NpzError as error:
        raise InputError(f"{path} is not a keypoints .npz: {error}; expected {_SCHEMA}") from error


def keypoints_of(arrays: Mapping[str, Any]) -> KeypointsFile:
    """Check keypoints in memory against the names and shapes of the file. Raises InputError."""
    try:
        with np.errstate(over="ignore"):
            return _checked(checked_arrays(arrays, _EXPECTED))
    except NpzError as error:
        raise InputError(f"these keypoints cannot be used: {error}; expected {_SCHEMA}") from error


def _checked(arrays: _Arrays) -> KeypointsFile:
    """Return the checked arrays. Raises NpzError."""
    points, scores = _points(arrays)
    times_s, fps = _times(arrays, len(points))
    evidence = None
    if "evidence_m" in arrays:
        evidence = arrays["evidence_m"].astype(np.float32)
        if np.abs(evidence[~np.isnan(evidence)]).max(initial=0.0) > _MAX_EVIDENCE_M:
            raise NpzError(f"evidence_m has values above {_MAX_EVIDENCE_M:g} m")
    size = _image_size(arrays)
    return KeypointsFile(points, scores, times_s, fps, size, _intrinsics(arrays, size), evidence)


def _points(arrays: _Arrays) -> tuple[F32, F32]:
    """Return points (N, 23, 2) and scores (N, 23); scores above 1, as some detectors give, are clipped."""
    points, scores = arrays["keypoints_px"].astype(np.float32), arrays["keypoint_scores"].astype(np.float32)
    frames, count = scores.shape
    if frames == 0:
        raise NpzError("it has no frames")
    if count not in (NUM_COCO, NUM_KEYPOINTS):
        raise NpzError(f"it has {count} keypoints per frame")
    known = np.isfinite(points).all(-1) & np.isfinite(scores)
    scores = np.where(known, scores, np.float32(0))
    points = np.where(known[..., None], points, np.float32(0))
    if scores.min() < 0:
        raise NpzError(f"keypoint_scores go down to {scores.min():g}, the minimum is 0")
    if np.abs(points).max() > _MAX_PX:
        raise NpzError(f"keypoints_px reach {np.abs(points).max():g}, the maximum is {_MAX_PX:g} pixels")
    lacking = NUM_KEYPOINTS - count
    return np.pad(points, ((0, 0), (0, lacking), (0, 0))), np.pad(np.minimum(scores, 1), ((0, 0), (0, lacking)))


def _times(arrays: _Arrays, frames: int) -> tuple[F64, float]:
    """Return times (N,) from 0 and the frame rate: the timestamps if the file has them, else evenly spaced."""
    if "timestamps_s" in arrays:
        times = arrays["timestamps_s"].astype(np.float64)
        if not np.isfinite(times).all() or np.abs(times).max() > _MAX_S or (np.diff(times) <= 0).any():
            raise NpzError("timestamps_s do not increase from frame to frame")
        if "fps" not in arrays:
            fps = float(1.0 / np.median(np.diff(times))) if frames > 1 else 30.0
            return times - times[0], _rate(fps)
        return times - times[0], _rate(float(arrays["fps"]))
    if "fps" not in arrays:
        raise NpzError("fps or timestamps_s is missing")
    fps = _rate(float(arrays["fps"]))
    return np.arange(frames) / fps, fps


def _rate(fps: float) -> float:
    if not 0.01 <= fps <= _MAX_FPS:
        raise NpzError(f"fps is {fps:g}, expected above 0 and at most {_MAX_FPS:g}")
    return fps


def _image_size(arrays: _Arrays) -> tuple[int, int]:
    width, height = arrays["image_size"].astype(np.float64).tolist()
    if not (1 <= width <= _MAX_SIZE_PX and 1 <= height <= _MAX_SIZE_PX):
        raise NpzError(f"image_size is {width:g} x {height:g}, expected width and height in pixels")
    return int(width), int(height)


def _intrinsics(arrays: _Arrays, image_size: tuple[int, int]) -> Intrinsics | None:
    if "intrinsics" not in arrays:
        return None
    K = arrays["intrinsics"].astype(np.float64)
    camera = Intrinsics(float(K[0, 0]), float(K[1, 1]), float(K[0, 2]), float(K[1, 2]))
    if not camera.plausible_for(image_size):
        raise NpzError(
            f"intrinsics is not a camera matrix [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] for a picture of "
            f"{image_size[0]}x{image_size[1]}"
        )
    return camera
