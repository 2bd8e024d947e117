"""`python -m app.commands.detect`: every frame's keypoints in a file, with image features on request."""

from __future__ import annotations

import numpy as np
import pytest

from app.commands import detect
from engine.types import Detection, Frame, Keypoints2D, NoPerson
from tests.engine.visual.colour_onnx import write_backbone

SIZE = (320, 240)
POINTS = np.random.default_rng(1).uniform((100, 50), (160, 200), (23, 2)).astype(np.float32)


class FakeVideo:
    """Frames 0 to 4, each as red as its number; the reader finds nothing ready at first."""

    fps = 25.0

    def __init__(self) -> None:
        self.next = -1
        self.closed = False

    @property
    def ended(self) -> bool:
        return self.next == 5

    def read(self) -> Frame | None:
        self.next += 1
        if self.next == 0:
            return None
        bgr = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        bgr[..., 2] = 51 * self.next
        return Frame(bgr, self.next, self.next / self.fps)

    def close(self) -> None:
        self.closed = True


class FakeDetector:
    """Sees somebody but in frame 3."""

    name = "fake"
    closed = False

    def detect(self, frame: Frame) -> Detection:
        if frame.frame_id == 3:
            return NoPerson(frame.frame_id, frame.captured_at_s, SIZE)
        return Keypoints2D(frame.frame_id, frame.captured_at_s, SIZE, POINTS, np.ones(23, np.float32))

    def look_round(self, frame: Frame) -> None: ...

    def reset(self) -> None: ...

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def parts(monkeypatch):
    """The video and the detector."""
    video, detector = FakeVideo(), FakeDetector()
    monkeypatch.setattr(detect, "open_source", lambda _name, **_options: video)
    monkeypatch.setattr(detect, "make_detector", lambda *_arguments, **_options: detector)
    return video, detector


def run(tmp_path, *options: str) -> int:
    return detect.main(["clip.mp4", str(tmp_path / "out.npz"), *options])


def test_every_frame_is_in_the_file_and_one_without_a_person_has_no_score(tmp_path, parts):
    assert run(tmp_path) == 0
    with np.load(tmp_path / "out.npz") as file:
        assert set(file.files) == {"keypoints_px", "keypoint_scores", "evidence_m", "fps", "image_size"}
        assert file["keypoints_px"].shape == (5, 23, 2)
        assert file["keypoint_scores"].any(1).tolist() == [True, True, False, True, True]
        assert np.isnan(file["evidence_m"]).all()
        assert (float(file["fps"]), file["image_size"].tolist()) == (25.0, list(SIZE))
    assert all(part.closed for part in parts)
    assert [path.name for path in tmp_path.iterdir()] == ["out.npz"]


def test_features_come_with_the_mark_of_their_backbone(tmp_path, parts):
    backbone = write_backbone(tmp_path / "resnet18.onnx", mark="f00d")
    assert run(tmp_path, "--features", "resnet18", "--backbone-weights", str(backbone)) == 0
    with np.load(tmp_path / "out.npz") as file:
        features = file["visual_features"]
        assert str(file["visual_backbone"]) == "f00d"
        assert file["keypoint_scores"].any(1).tolist() == [True, True, False, True, True]
    assert features.shape == (5, 16, 512)
    assert features.dtype == np.float16
    assert np.isnan(features[2]).all()
    np.testing.assert_allclose(features[[0, 1, 3, 4], :, 0], np.outer([0.2, 0.4, 0.8, 1.0], np.ones(16)), atol=1e-3)
    assert all(part.closed for part in parts)


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("none.onnx", 1, "none.onnx is missing; python -m models.export_backbone makes it"),
        ("w.pth", 2, "w.pth holds torch's weights, expected the backbone's ONNX; create it: python -m models.export_"),
    ],
)
def test_a_backbone_that_is_none_is_one_line_before_anything_is_opened(tmp_path, capsys, parts, name, code, said):
    assert run(tmp_path, "--features", "resnet18", "--backbone-weights", str(tmp_path / name)) == code
    line = capsys.readouterr().err
    assert said in line
    assert line.count("\n") == 1
    assert parts[0].next == -1
    assert not list(tmp_path.iterdir())
