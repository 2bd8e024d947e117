"""Keypoints .npz, the other input of `vtm convert`: read with checks, one line for whatever is wrong.

keypoints_px (N, 23, 2), keypoint_scores (N, 23), fps, image_size (width, height), optional intrinsics (3, 3), optional
evidence_m (N, 27, 3): the 3D landmarks that `python -m app.commands.detect` keeps, NaN where there are none.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import UsageError
from engine.types import F32, Detection, Keypoints2D, NoPerson
from models.camera import Intrinsics
from models.keypoints import NUM_EVIDENCE, NUM_KEYPOINTS

_NEEDED = ("keypoints_px", "keypoint_scores", "fps", "image_size")
_MAX_FPS = 1000.0


@dataclass(frozen=True, slots=True)
class KeypointsFile:
    """The 2D keypoints of one person over time, checked."""

    points_px: F32  # (N, 23, 2), finite
    scores: F32  # (N, 23) 0..1; 0 where the file held NaN
    fps: float
    image_size: tuple[int, int]  # (width, height)
    intrinsics: Intrinsics | None
    evidence_m: F32 | None = None  # (N, 27, 3), NaN where there is none

    def __len__(self) -> int:
        """Frames."""
        return len(self.scores)

    def detections(self) -> Iterator[Detection]:
        """One per frame, in order; a frame whose scores are all 0 holds no person."""
        for frame in range(len(self)):
            time_s = frame / self.fps
            if self.scores[frame].any():
                points, scores = self.points_px[frame], self.scores[frame]
                yield Keypoints2D(frame, time_s, self.image_size, points, scores, self._evidence(frame))
            else:
                yield NoPerson(frame, time_s, self.image_size)

    def _evidence(self, frame: int) -> F32 | None:
        """(27, 3), or None without any landmark in this frame."""
        if self.evidence_m is None or not np.isfinite(self.evidence_m[frame]).any():
            return None
        landmarks: F32 = self.evidence_m[frame]
        return landmarks


def read_keypoints(path: Path) -> KeypointsFile:
    """Read and check. Raises UsageError: the file is not what the schema says."""
    arrays = _load(path)
    missing = [name for name in _NEEDED if name not in arrays]
    if missing:
        raise _wrong(path, f"it lacks {', '.join(missing)}", f"arrays {', '.join(_NEEDED)}")
    frames = len(arrays["keypoints_px"]) if arrays["keypoints_px"].ndim else 0
    if frames == 0:
        raise _wrong(path, "it holds no frame", f"keypoints_px (N, {NUM_KEYPOINTS}, 2)")
    points = _shaped(path, arrays, "keypoints_px", (frames, NUM_KEYPOINTS, 2))
    scores = _shaped(path, arrays, "keypoint_scores", (frames, NUM_KEYPOINTS))
    known = np.isfinite(points).all(-1) & np.isfinite(scores)
    scores = np.where(known, scores, 0.0)
    if scores.min() < 0 or scores.max() > 1:
        raise _wrong(path, f"keypoint_scores span {scores.min():g} to {scores.max():g}", "scores from 0 to 1")
    fps = float(_shaped(path, arrays, "fps", ()))
    if not 0 < fps <= _MAX_FPS:
        raise _wrong(path, f"fps is {fps:g}", f"frames per second above 0, at most {_MAX_FPS:g}")
    width, height = _shaped(path, arrays, "image_size", (2,)).tolist()
    if not (1 <= width < 1e6 and 1 <= height < 1e6):
        raise _wrong(path, f"image_size is {width:g} x {height:g}", "width, height in pixels")
    points32 = np.where(known[..., None], points, 0.0).astype(np.float32)
    size = (int(width), int(height))
    evidence = None
    if "evidence_m" in arrays:
        evidence = _shaped(path, arrays, "evidence_m", (frames, NUM_EVIDENCE, 3)).astype(np.float32)
    return KeypointsFile(points32, scores.astype(np.float32), fps, size, _intrinsics(path, arrays), evidence)


def _wrong(path: Path, got: str, expected: str) -> UsageError:
    return UsageError(f"{path} is not a keypoints .npz: {got}; expected {expected}")


def _load(path: Path) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError as error:
        raise UsageError(f"there is no file {path}; check the path") from error
    except (OSError, ValueError, TypeError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise _wrong(path, f"it cannot be read ({error})", f"arrays {', '.join(_NEEDED)}") from error


def _shaped(path: Path, arrays: dict[str, np.ndarray], name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The array as float64, if it is of numbers and of this shape."""
    array = arrays[name]
    if array.dtype.kind not in "fiu":
        raise _wrong(path, f"{name} is of {array.dtype}", "numbers")
    if array.shape != shape and not (shape == () and array.size == 1):
        raise _wrong(path, f"{name} has shape {array.shape}", f"{shape}")
    return np.asarray(array, np.float64).reshape(shape)


def _intrinsics(path: Path, arrays: dict[str, np.ndarray]) -> Intrinsics | None:
    if "intrinsics" not in arrays:
        return None
    K = _shaped(path, arrays, "intrinsics", (3, 3))
    if not np.isfinite(K).all() or K[0, 0] <= 0 or K[1, 1] <= 0:
        raise _wrong(path, "intrinsics is no camera matrix", "[[fx, 0, cx], [0, fy, cy], [0, 0, 1]] in pixels")
    return Intrinsics(float(K[0, 0]), float(K[1, 1]), float(K[0, 2]), float(K[1, 2]))
