"""RTMPose (HALPE-26, with feet) through rtmlib, with workarounds for rtmlib's weaknesses.

Different here: no person gives NoPerson (rtmlib takes the whole picture as a person); one person is tracked by the box
of their own keypoints, so the finder runs only when they are lost; the pose network gets RGB as in training (rtmlib
passes BGR); failures are raised; files are local, nothing is downloaded; a requested GPU is really used.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DetectorError
from engine.networks.region import Region
from engine.opencv import cv2
from engine.pose2d.following import FollowingDetector
from engine.pose2d.reading import Reading
from engine.pose2d.rtmpose_weights import RtmPaths, require_rtmlib
from engine.types import Frame, Keypoints2D
from models.keypoints import KEYPOINT_NAMES

F32 = NDArray[np.float32]
MIN_PERSON_SCORE = 0.3
MIN_POINT_SCORE = 0.3
BODY = 17  # the first HALPE keypoints are COCO's
NUM_HALPE = 26
_FEET = ("left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe", "left_heel", "right_heel")
_HALPE = {**{name: i for i, name in enumerate(KEYPOINT_NAMES[:BODY])}, **{name: 20 + i for i, name in enumerate(_FEET)}}
_SOURCE = np.array([_HALPE[name] for name in KEYPOINT_NAMES])
_CUDA = "CUDAExecutionProvider"
_MOST_BOXES = 64


class RtmPose(FollowingDetector):
    """The detector for machines with a GPU. Gives no 3D evidence. Pose thread only; frames in order."""

    def __init__(self, paths: RtmPaths, *, cuda: bool, threads: int = 1) -> None:
        """Load both networks from local files. cuda: refuse to run on anything else. Raises DetectorError."""
        super().__init__(RtmPoseNetworks(paths, cuda=cuda, threads=threads))


class RtmPoseNetworks:
    """PeopleNetworks: yolox and RTMPose. Pose thread only."""

    name = "rtmpose"
    size, size_steps = "", 0
    details: tuple[str, ...] = ()  # all time is spent in the network; another size would have to be downloaded

    def __init__(self, paths: RtmPaths, *, cuda: bool, threads: int) -> None:
        """Load both networks from local files. cuda: refuse to run on anything else. Raises DetectorError."""
        require_rtmlib()
        from rtmlib import YOLOX, RTMPose

        self._finder = _load(YOLOX, paths.person, cuda=cuda, threads=threads)
        self._pose = _load(RTMPose, paths.pose, cuda=cuda, threads=threads)
        height, width = _input_size(self._finder, paths.person)
        self._finder.model_input_size = (height, width)
        height, width = _input_size(self._pose, paths.pose)
        self._pose.model_input_size = (width, height)
        self._boxes: dict[Region, F32] = {}  # oldest first

    def leave_out(self, number: int) -> None:
        """Do nothing: nothing can be dropped."""

    def size_costs_s(self, frame: Frame, region: Region) -> tuple[float, ...]:
        """Return (): there is one size."""
        del frame, region
        return ()

    def find(self, frame: Frame) -> list[Region]:
        """Return all people in the picture. Raises DetectorError."""
        try:
            boxes = np.asarray(self._finder(frame.bgr), np.float32).reshape(-1, 4)
        except Exception as error:  # rtmlib and ONNX Runtime may raise anything
            raise _failure(error) from error
        return [self._remembered(box) for box in boxes[np.isfinite(boxes).all(axis=1)]]

    def read(self, frame: Frame, region: Region) -> Reading | None:
        """Return the person in a region, or None. Raises DetectorError."""
        try:
            points, scores = self._keypoints(cv2.cvtColor(frame.bgr, cv2.COLOR_BGR2RGB), self._box(region))
        except DetectorError:
            raise
        except Exception as error:  # rtmlib and ONNX Runtime may raise anything
            raise _failure(error) from error
        if not _is_person(points, scores, frame.image_size):
            return None
        keypoints = Keypoints2D(
            frame_id=frame.frame_id,
            captured_at_s=frame.captured_at_s,
            image_size=frame.image_size,
            points_px=points[_SOURCE],
            scores=scores[_SOURCE],
        )
        return Reading(keypoints, self._remembered(_box_around(points, scores)))

    def _remembered(self, box: F32) -> Region:
        """Return the square around a box (4,); the pose network gets the box itself, in which the person is larger."""
        region = _region(box)
        self._boxes[region] = box
        while len(self._boxes) > _MOST_BOXES:
            del self._boxes[next(iter(self._boxes))]
        return region

    def _box(self, region: Region) -> F32:
        """Return the box (4,) that a region was made from, else the region as a box."""
        reach = region.size_px / 2
        x, y = region.x_px, region.y_px
        return self._boxes.get(region, np.array([x - reach, y - reach, x + reach, y + reach], np.float32))

    def close(self) -> None:
        """Release the networks."""
        self._finder = self._pose = None

    def _keypoints(self, rgb: NDArray[Any], box: F32) -> tuple[F32, F32]:
        """Run the pose network in a box (4,); return (26, 2) pixels and (26,) scores in 0..1."""
        points, scores = self._pose(rgb, bboxes=[box])
        if points.shape != (1, NUM_HALPE, 2):
            raise DetectorError(
                f"the pose network gives {points.shape[1]} keypoints, expected {NUM_HALPE} (HALPE); "
                "remove it from the cache, or use --detector blazepose"
            )
        return points[0].astype(np.float32), np.clip(scores[0], 0.0, 1.0).astype(np.float32)


def _load(tool: Any, path: Path, *, cuda: bool, threads: int) -> Any:
    """Load one of rtmlib's tools from a local file, without its printing. Raises DetectorError."""
    if not path.is_file():
        raise DetectorError(f"there is no network {path}; run `vtm fetch`, or use --detector blazepose")
    from models.onnx_session import ort

    if cuda and _CUDA not in ort.get_available_providers():
        raise DetectorError("CUDA was requested, but this ONNX Runtime has none; run `vtm doctor`")
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            loaded = tool(str(path), backend="onnxruntime", device="cuda" if cuda else "cpu")
        if cuda and loaded.session.get_providers()[0] != _CUDA:
            raise DetectorError(f"{path.name} runs on the CPU although CUDA was requested; run `vtm doctor`")
        if not cuda:
            loaded.session = _cpu_session(path, threads)
    except DetectorError:
        raise
    except Exception as error:  # rtmlib and ONNX Runtime may raise anything
        raise DetectorError(
            f"cannot load {path.name}: {_one_line(error)}; delete it and run `vtm fetch`, or use --detector blazepose"
        ) from error
    return loaded


def _cpu_session(path: Path, threads: int) -> Any:
    """Create a session with limited threads: rtmlib's own takes every core and spins."""
    from models.onnx_session import ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _input_size(tool: Any, path: Path) -> tuple[int, int]:
    """Return the network's declared input (height, width). Raises DetectorError if it declares none."""
    shape = tool.session.get_inputs()[0].shape
    if len(shape) != 4 or not all(isinstance(n, int) for n in shape[2:]):
        raise DetectorError(f"{path.name} has input {shape}, expected (batch, 3, height, width); run `vtm fetch`")
    return shape[2], shape[3]


def _is_person(points: F32, scores: F32, image_size: tuple[int, int]) -> bool:
    """Return whether the body is seen and the points neither collapsed nor left the picture."""
    return float(scores[:BODY].mean()) >= MIN_PERSON_SCORE and _region(_box_around(points, scores)).is_plausible(
        image_size
    )


def _region(box: F32) -> Region:
    """Return the square around a box (4,), so that people are ranked as with BlazePose."""
    x0, y0, x1, y1 = (float(v) for v in box)
    return Region((x0 + x1) / 2, (y0 + y1) / 2, max(x1 - x0, y1 - y0, 1.0), 0.0)


def _box_around(points: F32, scores: F32) -> F32:
    """Return the box (4,) around the seen points; the pose network adds its own margin."""
    seen = points[scores >= MIN_POINT_SCORE] if (scores >= MIN_POINT_SCORE).sum() >= 4 else points
    low, high = seen.min(axis=0), seen.max(axis=0)
    margin = 0.05 * float((high - low).max())
    box: F32 = np.concatenate([low - margin, high + margin])
    return box


def _failure(error: Exception) -> DetectorError:
    return DetectorError(f"RTMPose failed: {_one_line(error)}; try --detector blazepose")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
