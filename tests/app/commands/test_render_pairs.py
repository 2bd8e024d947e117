"""`python -m app.commands.render_pairs`: whole pairs that training reads, resumable, clear errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from app.commands import pair_maker, render_pairs
from app.commands.pair_maker import TRUTH, PairMaker, PairPlan, detected, pair_name, through_webcam
from engine.types import Detection, Frame, Keypoints2D, NoPerson
from models.rendering.clip import Clip, ClipStyle
from models.training.pairs import PairSampler, find_pairs

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared"
SIZE, FRAMES = (64, 48), 4
POINTS = np.random.default_rng(1).uniform(5, 45, (23, 2)).astype(np.float32)


class FakeDetector:
    """Sees somebody but in the first frame of a clip."""

    name = "fake"

    def __init__(self) -> None:
        self.resets = 0

    def detect(self, frame: Frame) -> Detection:
        if frame.frame_id == 0:
            return NoPerson(0, frame.captured_at_s, SIZE)
        return Keypoints2D(frame.frame_id, frame.captured_at_s, SIZE, POINTS, np.ones(23, np.float32))

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None: ...


class FakeStudio:
    """Clips whose pictures are as red as their seed."""

    def __init__(self) -> None:
        self.made: list[int] = []

    def clip(self, seed: int) -> Clip:
        self.made.append(seed)
        return clip_of(seed)


def clip_of(seed: int) -> Clip:
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
    return Clip([picture] * FRAMES, {name: np.zeros(3) for name in (*TRUTH, "seed")})


@pytest.fixture
def stand_in(monkeypatch) -> FakeStudio:
    """No renderer and no network."""
    fake = FakeStudio()
    monkeypatch.setattr(pair_maker, "open_studio", lambda *_arguments: fake)
    monkeypatch.setattr(pair_maker, "make_detector", lambda *_arguments, **_options: FakeDetector())
    for name in ("open_renderer", "open_library"):
        monkeypatch.setattr(pair_maker, name, lambda *_arguments: None)
    return fake


def run(out: Path, *arguments: object) -> int:
    where = ("--renderer", out.parent / "tool", "--mocap", out.parent / "mocap", "--out", out)
    return render_pairs.main([*map(str, where), *map(str, arguments)])


def test_every_seed_becomes_a_pair_and_the_same_command_makes_only_what_is_missing(stand_in, tmp_path, capsys):
    out = tmp_path / "pairs"
    assert run(out, "--clips", 3, "--seed", 7, "--processes", 1) == 0
    assert sorted(path.name for path in find_pairs(out)) == ["any_7.npz", "any_8.npz", "any_9.npz"]
    assert "3 new clips, 12 frames" in capsys.readouterr().err
    (out / "any_8.npz").unlink()  # stopped between truth and detections
    assert run(out, "--clips", 4, "--seed", 7, "--processes", 1) == 0
    assert stand_in.made == [7, 8, 9, 8, 10]
    assert not list(out.glob("*.partial"))


@pytest.mark.usefixtures("stand_in")
def test_a_pair_holds_what_training_reads(tmp_path):
    PairMaker(PairPlan(tmp_path, tmp_path, tmp_path)).make(3)
    assert set(np.load(tmp_path / "any_3_truth.npz")) == set(TRUTH)
    found = np.load(tmp_path / "any_3.npz")
    assert found["keypoint_scores"].sum(-1).tolist() == [0, 23, 23, 23]
    np.testing.assert_array_equal(found["keypoints_px"][1], POINTS)


def test_the_same_seed_before_other_cameras_is_another_file():
    assert pair_name(ClipStyle(cameras="any"), 3) != pair_name(ClipStyle(cameras="steep"), 3)


def test_most_clips_come_through_jpeg_and_their_colours_stay_where_they_are():
    pure = 0
    for seed in range(40):
        clip = clip_of(seed)
        smooth = np.zeros_like(clip.pictures[0])
        smooth[..., 0] = np.linspace(0, 255, SIZE[0]).astype(np.uint8)  # red, to the right
        pictures = through_webcam(Clip([smooth], {}), np.random.default_rng(seed))
        difference = np.abs(pictures[0][..., ::-1].astype(int) - smooth)
        assert difference.mean() < 8
        pure += not difference.any()
    assert 8 <= pure <= 24


def test_the_detector_forgets_the_clip_before():
    detector = FakeDetector()
    for _ in range(2):
        detected([np.zeros((SIZE[1], SIZE[0], 3), np.uint8)], detector)
    assert detector.resets == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(("--clips", 0), "--clips"), (("--behind", 1.5), "shares"), (("--cameras", "wide"), "steep")],
)
def test_wrong_options_end_with_a_usage_line(tmp_path, capsys, arguments, told):
    with pytest.raises(SystemExit) as ended:
        run(tmp_path / "pairs", *arguments)
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_a_missing_renderer_and_missing_clips_are_one_line_each(tmp_path, monkeypatch, capsys):
    assert run(tmp_path / "pairs", "--processes", 2) == 1
    assert "no render_humans.py in it" in told(capsys)
    monkeypatch.setattr(pair_maker, "open_renderer", lambda *_arguments: None)
    assert run(tmp_path / "pairs", "--processes", 2) == 1
    assert str(tmp_path / "mocap") in told(capsys)


def told(capsys) -> str:
    lines = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert len(lines) == 1
    return lines[0]


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.skipif(not (SHARED / "tools" / "render_humans").is_dir(), reason="no shared/tools beside the checkout")
def test_real_pairs_in_two_processes_are_windows_for_training(tmp_path):
    out = tmp_path / "pairs"
    where = ("--renderer", SHARED / "tools" / "render_humans", "--assets", tmp_path / "assets", "--out", out)
    what = ("--mocap", SHARED / "data" / "mocap", "--clips", 2, "--frames", 12, "--processes", 2, "--cameras", "steep")
    command = [sys.executable, "-m", "app.commands.render_pairs", *map(str, where), *map(str, what)]
    subprocess.run(command, cwd=ROOT, check=True)  # on its own: Qt finds no OpenGL in a process that has the renderer's
    assert len(find_pairs(out)) == 2
    batch = PairSampler(out, frames=8).sample(16, torch.Generator().manual_seed(0))
    assert batch.evidence.any()
