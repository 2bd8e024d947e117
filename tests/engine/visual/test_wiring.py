"""The pipeline's detector is followed by a backbone where the weights have one, and is itself everywhere else."""

from __future__ import annotations

import numpy as np
import pytest

import engine.vtm.choose  # noqa: F401 - imported while load_weights is exchanged, it would keep the exchanged one
from engine import real_factories
from engine.errors import ModelError
from engine.types import Frame
from engine.vtm.weights import Weights
from models.vtm.config import VTMConfig
from tests.engine.visual.colour_onnx import write_backbone
from tests.engine.visual.test_detector import SIZE, SOMEBODY, FakeDetector


@pytest.fixture
def inner(monkeypatch) -> FakeDetector:
    detector = FakeDetector(SOMEBODY)
    monkeypatch.setattr("engine.pose2d.choose.make_detector", lambda *_arguments, **_options: detector)
    return detector


def make(monkeypatch, load):
    monkeypatch.setattr("engine.vtm.weights.load_weights", load)
    return real_factories.real_factories().make_detector("auto", size="auto", threads=1, on_message=print)


def test_weights_with_a_backbone_get_its_features(monkeypatch, inner, tmp_path):
    path = write_backbone(tmp_path / "resnet18.onnx")
    weights = Weights(tmp_path / "vtm.onnx", "", VTMConfig(backbone="resnet18"), {}, path)
    detector = make(monkeypatch, lambda: weights)
    grey = Frame(np.full((SIZE[1], SIZE[0], 3), 51, np.uint8), 5, 0.1)
    np.testing.assert_allclose(detector.detect(grey).features, np.full((16, 512), 0.2), atol=1e-4)
    detector.close()
    assert inner.closed


def test_weights_on_landmarks_get_the_detector_as_it_is(monkeypatch, inner, tmp_path):
    assert make(monkeypatch, lambda: Weights(tmp_path / "vtm.onnx", "", VTMConfig(), {})) is inner


def test_where_the_weights_cannot_be_used_the_keypoints_are_shown_all_the_same(monkeypatch, inner):
    def load() -> Weights:
        raise ModelError("VTM weights: their backbone is missing")

    assert make(monkeypatch, load) is inner
