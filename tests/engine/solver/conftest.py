"""A RawMotion factory: a person in rest pose in front of a camera, unless told otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.types import RawMotion
from models.camera import Intrinsics
from models.skeleton import NUM_JOINTS

FrameTimes = Callable[[float], np.ndarray]

FACING_CAMERA = np.diag([1.0, -1.0, -1.0])
"""Hips in the camera frame of somebody upright who faces a level camera."""


@pytest.fixture
def intrinsics() -> Intrinsics:
    return Intrinsics.from_hfov((640, 480), 1.0)


@pytest.fixture
def make_raw() -> Callable[..., RawMotion]:
    def make(frame: int = 0, **changes: Any) -> RawMotion:
        rotations = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
        rotations[0] = FACING_CAMERA
        fields: dict[str, Any] = {
            "frame_id": frame,
            "captured_at_s": frame / 30,
            "rotations": rotations.astype(np.float32),
            "root_px": np.array([320.0, 240.0], np.float32),
            "root_depth": 1.8,
            "bone_ratio": np.ones(NUM_JOINTS, np.float32),
            "up_cam": np.array([0.0, -1.0, 0.0], np.float32),
            "contacts": np.array([0.9, 0.9], np.float32),
            "confidence": 0.9,
        }
        return RawMotion(**(fields | changes))

    return make


@pytest.fixture(params=[15, 24, 30, 60, "uneven"], ids=lambda rate: f"{rate} Hz" if isinstance(rate, int) else rate)
def frame_times(request: pytest.FixtureRequest) -> FrameTimes:
    """frame_times(seconds) -> when the frames come: at a camera's rate, or at steps of 17 to 120 ms in turn."""

    def times(seconds: float) -> np.ndarray:
        if request.param == "uneven":
            steps = np.random.default_rng(0).choice([1 / 60, 1 / 40, 1 / 20, 0.12], size=round(60 * seconds))
            at = np.concatenate([[0.0], np.cumsum(steps)])
            return at[at <= seconds]
        return np.arange(round(seconds * request.param) + 1) / request.param

    return times
