"""Weights without a network for 3DPW's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.vtm.constant_onnx import Answer, write_weights


@pytest.fixture
def weights(tmp_path, tiny) -> Path:
    """vtm.onnx and vtm.json that give the T-pose facing the camera, whatever the window."""
    return write_weights(tmp_path / "weights" / "vtm.onnx", tiny, Answer.t_pose())
