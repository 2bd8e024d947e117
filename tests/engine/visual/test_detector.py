"""A detector that also looks at the person: the same keypoints, with the features of their crop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.errors import ModelError
from engine.types import Detection, Frame, Keypoints2D, NoPerson, PersonChoice
from engine.visual.backbone import Backbone
from engine.visual.detector import HALF_THE_FEATURES, VisualDetector, with_backbone
from tests.engine.visual.colour_onnx import write_backbone

SIZE = (640, 480)
POINTS = np.random.default_rng(2).uniform((300, 100), (340, 300), (23, 2)).astype(np.float32)
SOMEBODY = Keypoints2D(5, 0.1, SIZE, POINTS, np.ones(23, np.float32), np.zeros((27, 3), np.float32))


class FakeDetector:
    name = "fake"
    size, size_steps = "full", 1
    details = ("its larger network", "its own")

    def __init__(self, found: Detection) -> None:
        self.found = found
        self.resets = self.left_out = 0
        self.closed = False

    def choose(self, choice: PersonChoice) -> None:
        self.choices = (*getattr(self, "choices", ()), choice)

    def leave_out(self, number: int) -> None:
        self.left_out = number

    def size_costs_s(self, frame: Frame) -> tuple[float, ...]:
        return (frame.captured_at_s, 0.01)

    def detect(self, frame: Frame) -> Detection:
        assert frame.frame_id == 5
        return self.found

    def look_round(self, frame: Frame) -> None:
        self.looked_round = frame

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closed = True


def frame() -> Frame:
    """Red on the left of the person's middle, blue on the right."""
    middle = int((POINTS[:, 0].min() + POINTS[:, 0].max()) / 2)
    bgr = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    bgr[:, :middle, 2] = 255
    bgr[:, middle:, 0] = 255
    return Frame(bgr, 5, 0.1)


@pytest.fixture
def backbone(tmp_path) -> Backbone:
    return Backbone(write_backbone(tmp_path / "resnet18.onnx"))


def test_somebody_comes_with_the_features_of_their_crop(backbone):
    found = VisualDetector(FakeDetector(SOMEBODY), backbone).detect(frame())
    assert isinstance(found, Keypoints2D)
    cells = found.features.reshape(4, 4, 512)[..., :3]
    np.testing.assert_allclose(cells[:, :2], np.broadcast_to([1, 0, 0], (4, 2, 3)), atol=0.03)
    np.testing.assert_allclose(cells[:, 2:], np.broadcast_to([0, 0, 1], (4, 2, 3)), atol=0.03)
    without = replace(found, features=None)
    assert without.points_px is SOMEBODY.points_px
    assert without.evidence_m is SOMEBODY.evidence_m
    assert without.captured_at_s == SOMEBODY.captured_at_s


def test_nobody_stays_nobody(backbone):
    nobody = NoPerson(5, 0.1, SIZE)
    assert VisualDetector(FakeDetector(nobody), backbone).detect(frame()) is nobody


def test_too_little_of_somebody_has_no_features(backbone):
    hardly = replace(SOMEBODY, scores=np.zeros(23, np.float32))
    assert VisualDetector(FakeDetector(hardly), backbone).detect(frame()) is hardly


def test_it_goes_by_the_detectors_name_and_passes_on_what_it_is_told(backbone):
    inner = FakeDetector(SOMEBODY)
    detector = VisualDetector(inner, backbone)
    detector.reset()
    detector.close()
    assert (detector.name, inner.resets, inner.closed) == ("fake", 1, True)
    assert (detector.size, detector.size_steps, detector.size_costs_s(frame())) == ("full", 1, (0.1, 0.01))


def test_to_keep_up_it_looks_at_every_other_frame_only_and_then_the_detector_gives_up_its_own(backbone):
    inner = FakeDetector(SOMEBODY)
    detector = VisualDetector(inner, backbone)
    assert detector.details == ("its larger network", HALF_THE_FEATURES, "its own")
    for left_out, distinct, inner_out in ((0, 4, 0), (1, 4, 1), (2, 2, 1), (3, 2, 2), (0, 4, 0)):
        detector.leave_out(left_out)
        detector.reset()
        assert len({id(features) for features in [detector.detect(frame()).features for _ in range(4)]}) == distinct
        assert inner.left_out == inner_out
    detector.leave_out(2)
    first = detector.detect(frame()).features
    detector.reset()
    assert detector.detect(frame()).features is not first, "another source must not get this one's features"


def test_without_its_backbone_the_detector_is_closed_again(tmp_path):
    inner = FakeDetector(SOMEBODY)
    with pytest.raises(ModelError, match="is missing"):
        with_backbone(inner, tmp_path / "none.onnx", threads=1)
    assert inner.closed
