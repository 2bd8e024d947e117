"""`python -m app.commands.render_pairs`: whole shards that training reads, gone on with where it was stopped."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from app.commands import pair_maker, render_pairs
from app.commands.pair_maker import CONFIG, PairMaker, PairPlan, detected, through_webcam
from engine.errors import DetectorError
from engine.pose2d.weights import WeightPaths
from engine.types import Detection, Frame, Keypoints2D, NoPerson
from models.kinematics import REST_JOINTS
from models.rendering.clip import Clip, ClipStyle
from models.skeleton import JOINT_NAMES, NUM_JOINTS
from models.training.pair_shards import find_shards, read_shard
from models.training.pairs import PairSampler

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared"
SIZE, FRAMES = (64, 48), 4
POINTS = np.random.default_rng(1).uniform(5, 45, (23, 2)).astype(np.float32)


class FakeDetector:
    """Sees somebody but in the first frame of a clip."""

    name = "fake"

    def __init__(self, shift: float = 0.0) -> None:
        self.resets = 0
        self._shift = np.float32(shift)

    def detect(self, frame: Frame) -> Detection:
        if frame.frame_id == 0:
            return NoPerson(0, frame.captured_at_s, SIZE)
        points = POINTS + self._shift
        return Keypoints2D(frame.frame_id, frame.captured_at_s, SIZE, points, np.ones(23, np.float32))

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None: ...


class FakeStudio:
    """Clips of noise; a seed in `fails` ends the run as Ctrl-C would."""

    def __init__(self) -> None:
        self.made: list[int] = []
        self.fails: set[int] = set()

    def clip(self, seed: int) -> Clip:
        if seed in self.fails:
            raise KeyboardInterrupt
        self.made.append(seed)
        return clip_of(seed)


def clip_of(seed: int) -> Clip:
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
    still = np.tile([0.0, 0, 0, 1], (FRAMES, NUM_JOINTS, 1))
    truth = {
        **{
            "K": np.diag([50.0, 50, 1]),
            "R": np.eye(3),
            "t": np.zeros(3),
            "fps": np.float32(30),
            "size": np.array(SIZE),
        },
        **{"rest_joints_m": REST_JOINTS, "height_m": np.float32(1.7), "rotations": still},
        **{"joints_cam_m": np.tile(REST_JOINTS, (FRAMES, 1, 1)), "joint_names": np.array(JOINT_NAMES)},
        **{"keypoints_px": np.zeros((FRAMES, 23, 2)), "visible": np.ones((FRAMES, 23), bool)},
    }
    return Clip("desk", "waist", [picture] * FRAMES, truth)


@pytest.fixture
def stand_in(monkeypatch, tmp_path) -> FakeStudio:
    """No renderer and no network."""
    fake = FakeStudio()
    weights = tmp_path / "weights.tflite"
    weights.write_bytes(b"weights")
    shifts = iter((0.0, 5.0) * 20)
    monkeypatch.setattr(pair_maker, "open_studio", lambda *_arguments: fake)
    monkeypatch.setattr(pair_maker, "BlazePose", lambda *_arguments, **_options: FakeDetector(next(shifts)))
    monkeypatch.setattr(pair_maker, "SIZES", dict.fromkeys(("full", "heavy"), lambda: WeightPaths(weights, weights)))
    for name in ("open_renderer", "open_library"):
        monkeypatch.setattr(pair_maker, name, lambda *_arguments: None)
    return fake


def run(out: Path, *arguments: object) -> int:
    where = ("--renderer", out.parent / "tool", "--mocap", out.parent / "mocap", "--out", out, "--shard", 2)
    return render_pairs.main([*map(str, where), *map(str, arguments)])


def names(out: Path) -> list[str]:
    return sorted(path.name for path in out.iterdir())


def test_every_seed_becomes_a_pair_and_the_same_command_makes_only_what_is_missing(stand_in, tmp_path, capsys):
    out = tmp_path / "pairs"
    assert run(out, "--clips", 4, "--seed", 6, "--processes", 1) == 0
    assert names(out) == [CONFIG, "seed_0000006.pairs.npz", "seed_0000008.pairs.npz"]
    assert "2 new shards, 16 frames" in capsys.readouterr().err
    assert run(out, "--clips", 6, "--seed", 6, "--processes", 1) == 0
    assert stand_in.made == [6, 7, 8, 9, 10, 11]
    assert "1 new shards, 8 frames" in capsys.readouterr().err


def test_a_shard_that_was_interrupted_is_not_there_and_is_made_by_the_next_run(stand_in, tmp_path, capsys):
    out = tmp_path / "pairs"
    stand_in.fails = {3}
    assert run(out, "--clips", 4, "--processes", 1) == 1
    assert "run the same command again to continue" in capsys.readouterr().err
    assert names(out) == [CONFIG, "seed_0000000.pairs.npz"]
    stand_in.fails = set()
    assert run(out, "--clips", 4, "--processes", 1) == 0
    assert [clip.seed for shard in find_shards(out) for clip in read_shard(shard)] == [0, 1, 2, 3]


@pytest.mark.usefixtures("stand_in")
def test_a_shard_holds_what_both_detectors_found_and_the_truth(tmp_path):
    PairMaker(PairPlan(tmp_path, tmp_path, tmp_path, clips=1)).make(3)
    (clip,) = read_shard(tmp_path / "seed_0000003.pairs.npz")
    assert (clip.seed, clip.kind, clip.cut) == (3, "desk", "waist")
    assert clip.found["full"]["keypoint_scores"].sum(-1).tolist() == [0, 23, 23, 23]
    for size, shift in (("full", 0), ("heavy", 5)):
        np.testing.assert_allclose(clip.found[size]["keypoints_px"][1], POINTS + shift, atol=0.13)
    np.testing.assert_allclose(clip.truth["joints_cam_m"][2], REST_JOINTS, atol=0.002)


@pytest.mark.usefixtures("stand_in")
def test_videos_come_with_their_truth_for_other_detectors(tmp_path):
    assert run(tmp_path / "pairs", "--clips", 2, "--processes", 1, "--video") == 0
    truth = np.load(tmp_path / "pairs" / "desk_1_truth.npz")
    np.testing.assert_array_equal(truth["joints_cam_m"], clip_of(1).truth["joints_cam_m"])
    assert (tmp_path / "pairs" / "desk_1.mp4").stat().st_size > 0


@pytest.mark.usefixtures("stand_in")
def test_pairs_of_another_style_are_not_mixed_with_those_that_are_there(tmp_path, capsys):
    out = tmp_path / "pairs"
    assert run(out, "--clips", 2, "--processes", 1) == 0
    kept = json.loads((out / CONFIG).read_text())
    assert kept["style"]["kinds"] == list(ClipStyle().kinds)
    assert set(kept["detectors"]) == {"full", "heavy"}
    assert run(out, "--clips", 2, "--processes", 1, "--frames", 20) == 2
    assert "pass another --out" in told(capsys)


@pytest.mark.usefixtures("stand_in")
def test_shards_are_packed_into_one_file(tmp_path, capsys):
    out, packed = tmp_path / "pairs", tmp_path / "all.pairs.npz"
    assert run(out, "--clips", 6, "--processes", 1) == 0
    assert run(out, "--pack", packed) == 0
    assert "24 frames of 3 shards" in capsys.readouterr().err
    assert [clip.seed for clip in read_shard(packed)] == list(range(6))
    told_of = json.loads((tmp_path / "all.pairs.npz.json").read_text())
    assert (told_of["frames"], told_of["clips"]) == (24, 6)
    assert told_of["clips_by_kind_and_cut"] == {"desk, waist": 6}
    assert told_of["sha256"] == hashlib.sha256(packed.read_bytes()).hexdigest()
    assert told_of["made_with"]["."]["clips_of_a_shard"] == 2
    assert run(tmp_path / "empty", "--pack", packed) == 1
    assert "nothing to join" in told(capsys)


def test_most_clips_come_through_jpeg_and_their_colours_stay_where_they_are():
    pure = dark = 0
    smooth = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    smooth[..., 0] = np.linspace(0, 255, SIZE[0]).astype(np.uint8)  # red, to the right
    for seed in range(80):
        pictures = through_webcam(Clip("desk", "waist", [smooth], {}), np.random.default_rng(seed))
        red = pictures[0][..., ::-1].astype(int)
        assert red[..., 0].mean() > 4 * red[..., 1].mean()
        dark += red[..., 0].mean() < 0.8 * smooth[..., 0].mean()
        pure += not (red - smooth).any()
    assert 12 <= pure <= 40
    assert 7 <= dark <= 27


def test_the_detector_forgets_the_clip_before():
    detector = FakeDetector()
    for _ in range(2):
        detected([np.zeros((SIZE[1], SIZE[0], 3), np.uint8)], detector, 30.0)
    assert detector.resets == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--clips", 0), "--clips"),
        (("--varied", 1.5), "fraction"),
        (("--kinds", "wide"), "no wide; choose from whole"),
        (("--seed", 3), "not the first seed of a shard; pass a multiple of 2"),
    ],
)
def test_wrong_options_end_with_a_usage_line(tmp_path, capsys, arguments, told):
    with pytest.raises(SystemExit) as ended:
        run(tmp_path / "pairs", *arguments)
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_a_missing_renderer_missing_clips_and_missing_weights_are_one_line_each(tmp_path, monkeypatch, capsys):
    assert run(tmp_path / "pairs", "--processes", 2) == 1
    assert "no render_humans.py in it" in told(capsys)
    monkeypatch.setattr(pair_maker, "open_renderer", lambda *_arguments: None)
    assert run(tmp_path / "pairs", "--processes", 2) == 1
    assert str(tmp_path / "mocap") in told(capsys)

    def absent() -> WeightPaths:
        raise DetectorError("no heavy here; run `vtm fetch`")

    for name in ("open_library", "open_studio"):
        monkeypatch.setattr(pair_maker, name, lambda *_arguments: None)
    monkeypatch.setattr(pair_maker, "SIZES", {"heavy": absent})
    assert run(tmp_path / "pairs", "--processes", 2) == 1
    assert "vtm fetch" in told(capsys)


def told(capsys) -> str:
    lines = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert len(lines) == 1
    return lines[0]


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.skipif(not (SHARED / "tools" / "render_humans").is_dir(), reason="no shared/tools beside the checkout")
def test_real_pairs_in_two_processes_are_windows_for_training(tmp_path):
    try:
        for weights in pair_maker.SIZES.values():
            weights()
    except DetectorError as error:
        pytest.skip(str(error))
    out = tmp_path / "pairs"
    where = ("--renderer", SHARED / "tools" / "render_humans", "--assets", tmp_path / "assets", "--out", out)
    what = ("--mocap", SHARED / "data" / "mocap", "--clips", 2, "--frames", 12, "--shard", 1, "--kinds", "steep")
    command = [sys.executable, "-m", "app.commands.render_pairs", *map(str, where), *map(str, what), "--processes", "2"]
    subprocess.run(command, cwd=ROOT, check=True)  # on its own: Qt finds no OpenGL in a process that has the renderer's
    assert len(find_shards(out)) == 2
    batch = PairSampler(out, frames=8).sample(16, torch.Generator().manual_seed(0))
    assert batch.evidence.any()
