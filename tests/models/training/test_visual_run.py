"""The paper's backbone all the way: features of a clip, a short training on them, export, and the engine running it."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app.commands import detect
from engine.types import Frame, Keypoints2D
from engine.visual.detector import with_backbone
from engine.vtm.choose import load_runtime
from engine.vtm.weights import load_weights
from engine.window import WindowBuilder
from models import export
from models.camera import Intrinsics
from models.export_backbone import export_backbone
from models.training.loop import Trainer
from models.training.settings import TrainSettings
from models.training.state import read_checkpoint
from tests.models.random_resnet18 import write_weights
from tests.models.training.test_loop import run, settings, small
from tests.models.training.test_pairs import FRAMES, _write_pair

SIZE = (640, 480)
CAMERA = Intrinsics(600.0, 600.0, 320.0, 240.0)  # of the pair


class Video:
    """A clip of a moving texture."""

    fps = 30.0

    def __init__(self) -> None:
        rng = np.random.default_rng(8)
        coarse = rng.integers(0, 255, (60, 80, 3))
        self.pictures = [
            np.roll(coarse, 2 * i, axis=1).repeat(8, 0).repeat(8, 1).astype(np.uint8) for i in range(FRAMES)
        ]
        self.next = 0

    @property
    def ended(self) -> bool:
        return self.next == FRAMES

    def read(self) -> Frame:
        frame = Frame(self.pictures[self.next], self.next, self.next / self.fps)
        self.next += 1
        return frame

    def close(self) -> None: ...


class Detector:
    """Knows where the person of the pair is."""

    name = "fake"

    def __init__(self, points_px: np.ndarray) -> None:
        self.points_px = points_px.astype(np.float32)

    def detect(self, frame: Frame) -> Keypoints2D:
        points, scores = self.points_px[frame.frame_id], np.ones(23, np.float32)
        return Keypoints2D(frame.frame_id, frame.captured_at_s, SIZE, points, scores)

    def look_round(self, frame: Frame) -> None: ...
    def reset(self) -> None: ...
    def close(self) -> None: ...


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """A folder with one pair and its features, the .pth of the backbone, and the detector."""
    folder = tmp_path_factory.mktemp("whole")
    weights = write_weights(folder / "resnet18.pth", seed=9)
    export_backbone(weights, folder / "resnet18.onnx")
    (folder / "pairs").mkdir()
    _write_pair(folder / "pairs")
    clip = folder / "pairs" / "clip.npz"
    detector = Detector(np.load(clip)["keypoints_px"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(detect, "open_source", lambda _video, **_options: Video())
        patch.setattr(detect, "make_detector", lambda *_arguments, **_options: detector)
        options = ["--features", "resnet18", "--backbone-weights", str(folder / "resnet18.onnx")]
        assert detect.main(["clip.mp4", str(clip), *options]) == 0
    return folder, weights, detector


@pytest.fixture(scope="module")
def trained(pairs, library, tiny):
    """The checkpoint of a few steps, and what was reported."""
    folder = pairs[0]
    with pytest.MonkeyPatch.context() as patch:
        small(patch)
        wanted = replace(settings(16, autoencoder_share=0.5), pairs=str(folder / "pairs"), pair_share=0.5)
        trainer = Trainer(replace(tiny, backbone="resnet18"), wanted, library, folder / "run")
        before = trainer.model.tpve.upper.visual_encoder.state_dict()
        before = {name: value.clone() for name, value in before.items()}
        reports = run(trainer)
        trainer.save(folder / "run" / "final.pt")
        after = trainer.model.tpve.upper.visual_encoder.state_dict()
    return folder / "run" / "final.pt", reports, before, after


@pytest.mark.slow
def test_both_stages_are_passed_and_every_weight_of_the_branch_learns(trained):
    _, reports, before, after = trained
    assert {report["stage"] for report in reports} == {1, 2}
    assert all(np.isfinite(list(report.values())).all() for report in reports)
    assert all(not torch.equal(before[name], after[name]) for name in before)


@pytest.mark.slow
def test_the_checkpoint_remembers_which_backbone_it_was(trained, pairs):
    data = read_checkpoint(trained[0])
    with np.load(pairs[0] / "pairs" / "clip.npz") as clip:
        assert data["run"]["backbone_weights"] == str(clip["visual_backbone"])
    assert data["config"].backbone == "resnet18"


@pytest.mark.slow
def test_the_engine_runs_the_exported_pair_on_frames(trained, pairs):
    folder, weights, detector = pairs
    out = folder / "weights" / "vtm.onnx"
    assert export.main([str(trained[0]), "--out", str(out), "--backbone-weights", str(weights)]) == 0
    runtime = load_runtime("cpu", on_message=lambda _text: None, path=out)
    looking = with_backbone(detector, load_weights(out).backbone, threads=1)
    window, blind, video = WindowBuilder(runtime.config, CAMERA), WindowBuilder(runtime.config, CAMERA), Video()
    for _ in range(20):
        found = looking.detect(video.read())
        window.push(found)
        blind.push(replace(found, features=None))
    with np.load(folder / "pairs" / "clip.npz") as clip:  # the engine sees what training saw
        evidence = window.window().evidence[0]
        np.testing.assert_allclose(evidence[..., :-1], clip["visual_features"][4:20], rtol=2e-3, atol=1e-3)
    assert (evidence[..., -1] == 1).all()
    seen, unseen = runtime.lift(window.window(), CAMERA), runtime.lift(blind.window(), CAMERA)
    assert np.isfinite(seen.rotations).all()
    assert np.abs(seen.rotations - unseen.rotations).max() > 1e-4  # the picture counts
    runtime.close()


@pytest.mark.slow
def test_it_is_not_exported_with_another_backbone(trained, tmp_path, caplog):
    another, out = write_weights(tmp_path / "another.pth", seed=10), tmp_path / "out" / "vtm.onnx"
    assert export.main([str(trained[0]), "--out", str(out), "--backbone-weights", str(another)]) == 1
    message = next(record.getMessage() for record in caplog.records if record.levelno == logging.ERROR)
    assert "VTM was trained on features of backbone" in message
    assert not list(out.parent.iterdir())


def test_pairs_without_features_are_refused_before_the_run(library, tiny, tmp_path: Path):
    _write_pair(tmp_path)
    wanted = TrainSettings(minutes=1, pairs=str(tmp_path))
    with pytest.raises(ValueError, match=r"no visual_features"):
        Trainer(replace(tiny, backbone="resnet18"), wanted, library, tmp_path / "run")
