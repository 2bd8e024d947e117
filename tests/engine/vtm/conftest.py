"""Weights for the runtime's tests: an ONNX without a network, which always gives the same answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.types import Window
from models.vtm.config import VTMConfig
from tests.engine.vtm.constant_onnx import Answer, write_weights

CONFIG = VTMConfig(window_frames=16)


@pytest.fixture
def config() -> VTMConfig:
    return CONFIG


@pytest.fixture
def weights(tmp_path) -> Path:
    """vtm.onnx beside vtm.json."""
    return write_weights(tmp_path / "vtm.onnx", CONFIG, Answer.t_pose())


@pytest.fixture
def window() -> Window:
    """Somebody straight ahead."""
    T = CONFIG.window_frames
    return Window(
        frame_id=41,
        captured_at_s=1.5,
        keypoints=np.zeros((1, T, 23, 3), np.float32),
        evidence=np.zeros((1, T, 27, 4), np.float32),
        box=np.array([[0.0, 0.0, np.log(0.2)]], np.float32),
        view_rotation=np.eye(3)[None],
        view_size=np.array([0.2]),
        confidence=0.7,
        root_visible=False,
    )
