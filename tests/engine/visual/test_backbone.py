"""The backbone on ONNX Runtime: colours in the right order and range, and one line for whatever is wrong."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from engine.errors import ModelError
from engine.visual.backbone import Backbone
from models.vtm.evidence import CROP_PX, MAP_CELLS
from tests.engine.visual.colour_onnx import write_backbone


@pytest.fixture
def path(tmp_path):
    return write_backbone(tmp_path / "resnet18.onnx")


def test_a_crop_goes_in_as_rgb_from_0_to_1_and_comes_out_as_cells(path):
    crop = np.zeros((CROP_PX, CROP_PX, 3), np.uint8)
    cell = CROP_PX // MAP_CELLS
    crop[:cell, cell : 2 * cell] = (0, 51, 255)  # BGR, second cell of the first row
    features = Backbone(path).features(crop)
    assert features.shape == (16, 512)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features[1, :6], [1.0, 0.2, 0.0] * 2, atol=1e-4)
    assert not np.delete(features, 1, axis=0).any()


def test_it_tells_which_backbone_it_is(path):
    assert Backbone(path).fingerprint == "colours"


def refused(path, match: str) -> None:
    with pytest.raises(ModelError, match=match) as error:
        Backbone(path)
    assert "python -m models.export_backbone makes it" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_told_with_the_command(tmp_path):
    refused(tmp_path / "none.onnx", r"the backbone .*none\.onnx is missing")


@pytest.mark.parametrize("content", [b"", b"not an ONNX", b"\x08\x0a"])
def test_a_broken_file_is_told_in_one_line(path, content):
    path.write_bytes(content)
    refused(path, r"resnet18\.onnx cannot be loaded")


def test_another_network_is_told_by_its_tensors(tmp_path):
    refused(write_backbone(tmp_path / "b.onnx", channels=2048), r"has tensors .*\[1, 16, 2048\].* expected .*512")


def test_vtm_itself_is_no_backbone(path):
    model = onnx.load(str(path))
    model.graph.input[0].name = "keypoints"
    model.graph.node[0].input[0] = "keypoints"
    onnx.save(model, str(path))
    refused(path, "has tensors .*keypoints")
