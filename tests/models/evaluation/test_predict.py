"""The exported network over many windows, and weights that cannot be used."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.evaluation.predict import PredictError, Predictor
from models.kinematics import REST_LENGTHS, STATURE, ratio_offsets
from models.skeleton import JOINT, PARENTS
from tests.engine.vtm.constant_onnx import FACING_CAMERA


def windows(config, count: int):
    T = config.window_frames
    shapes = ((count, T, 23, 3), (count, T, 27, 4), (count, 3))
    return tuple(np.zeros(shape, np.float32) for shape in shapes)


def test_one_answer_per_window_with_joints_from_its_rotations_and_bones(weights, tiny):
    predictor = Predictor(weights)
    assert predictor.config == tiny
    found = predictor.predict(*windows(tiny, 3))
    assert found.joints.shape == (3, 22, 3)
    assert found.rotations.shape == (3, 22, 3, 3)
    np.testing.assert_allclose(found.rotations[2, 0], FACING_CAMERA, atol=1e-6)
    np.testing.assert_array_equal(found.joints[:, 0], 0)
    lengths = np.linalg.norm(found.joints[0, 1:] - found.joints[0, list(PARENTS[1:])], axis=-1)
    np.testing.assert_allclose(lengths, REST_LENGTHS[1:] / STATURE, atol=1e-6)
    hand = found.joints[0, JOINT["LeftHand"]]
    assert hand[0] > 0.3  # who faces the camera has the left hand at the picture's right
    np.testing.assert_allclose(found.ratio, 1, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(ratio_offsets(found.ratio)[0, 1:], axis=-1), lengths, atol=1e-6)
    np.testing.assert_allclose(found.root[1], [-1.2, 0.1, -0.2, 0.3, 0.05], atol=1e-6)


def broken(path, how: str) -> None:
    sidecar = path.with_suffix(".json")
    if how == "no sidecar":
        sidecar.unlink()
    elif how == "no onnx":
        path.unlink()
    elif how == "sidecar cut":
        sidecar.write_text(sidecar.read_text()[:40])
    elif how == "version":
        about = json.loads(sidecar.read_text())
        about["config"]["format_version"] = 7
        sidecar.write_text(json.dumps(about))
    else:
        path.write_bytes(b"not an onnx")


@pytest.mark.parametrize("how", ["no sidecar", "no onnx", "sidecar cut", "version", "onnx cut"])
def test_weights_that_cannot_be_used_are_told_in_one_line_with_the_command_to_run(weights, how):
    broken(weights, how)
    with pytest.raises(PredictError, match=r"python -m models\.export") as error:
        Predictor(weights)
    assert "vtm.onnx" in str(error.value)
    assert "\n" not in str(error.value)
