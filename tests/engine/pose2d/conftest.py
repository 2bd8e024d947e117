"""BlazePose's networks (downloaded once into the user's cache) and the demo clip with its exact truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.opencv import cv2
from engine.pose2d.weights import WeightPaths
from engine.types import Frame
from tests.detector_weights import weights_for_tests

DEMO = Path(__file__).parents[3] / "engine" / "sources"


@dataclass(frozen=True)
class Demo:
    """The bundled clip: frames and, for each, the 22 joints in pixels and in metres (camera frame)."""

    frames: tuple[Frame, ...]
    joint_names: tuple[str, ...]
    joints_px: NDArray[np.float64]  # (N, 22, 2)
    joints_cam_m: NDArray[np.float64]  # (N, 22, 3)
    height_px: NDArray[np.float64]  # (N,) the person's height in the picture


@pytest.fixture(scope="session")
def weights() -> WeightPaths:
    return weights_for_tests()


def read_frames(path: Path) -> Iterator[Frame]:
    capture = cv2.VideoCapture(str(path))
    frame_id = 0
    while True:
        good, bgr = capture.read()
        if not good:
            break
        yield Frame(bgr, frame_id, frame_id / 30)
        frame_id += 1
    capture.release()


@pytest.fixture(scope="session")
def demo() -> Demo:
    with np.load(DEMO / "demo_truth.npz") as truth:
        joints_cam = truth["joints_cam_m"].astype(np.float64)
        return Demo(
            frames=tuple(read_frames(DEMO / "demo.mp4")),
            joint_names=tuple(str(name) for name in truth["joint_names"]),
            joints_px=truth["joints_px"].astype(np.float64),
            joints_cam_m=joints_cam,
            height_px=float(truth["K"][0, 0]) * float(truth["height_m"]) / joints_cam[:, 0, 2],
        )
