"""`python -m models.evaluate`: tables for people and as JSON, failures as one line."""

from __future__ import annotations

import json
import logging
import subprocess
from dataclasses import replace

import numpy as np
import pytest
import torch

from models import evaluate
from models.evaluation import detections
from models.mocap.library import save_library
from models.vtm.vtm import VTM
from tests.engine.vtm.constant_onnx import Answer, write_weights
from tests.models.evaluation.test_clips import files


@pytest.fixture(autouse=True)
def same_threads():
    """The command sets them for the whole process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def weights(tmp_path, tiny):
    return write_weights(tmp_path / "weights" / "vtm.onnx", tiny, Answer.t_pose())


@pytest.fixture
def clips(tmp_path):
    """A folder as `--clips` takes it, its detections already made."""
    folder = tmp_path / "clips"
    folder.mkdir()
    (folder / "standing.mp4").write_bytes(b"")
    detections, _ = files(folder)
    (tmp_path / "found").mkdir()
    detections.rename(tmp_path / "found" / "standing.npz")
    return folder


def run(tmp_path, weights, *more: object) -> int:
    return evaluate.main(
        [
            "--weights",
            str(weights),
            "--mocap",
            str(tmp_path / "none"),
            "--cache",
            str(tmp_path / "none.npz"),
            "--detections",
            str(tmp_path / "found"),
            *map(str, more),
        ]
    )


def test_json_holds_the_tables_that_the_data_at_hand_allow(tmp_path, weights, clips, capsys):
    assert run(tmp_path, weights, "--clips", clips, "--json") == 0
    tables = json.loads(capsys.readouterr().out)
    assert "mocap" not in tables
    assert tables["clips"]["standing"]["vtm"]["limbs"]["pa_mpjpe_mm"] < 0.1
    assert tables["clips_overall"]["over_detector"]["vtm"] == {"mpjpe_mm": None, "pa_mpjpe_mm": None}  # it has no error
    assert tables["weights"] == "vtm.onnx"


def test_people_get_a_table_with_one_row_per_way_of_seeing(tmp_path, weights, clips, capsys):
    assert run(tmp_path, weights, "--clips", clips) == 0
    text = capsys.readouterr().out
    assert "standing: 21 of 21 frames seen" in text
    for row in ("vtm ", "vtm keypoints alone", "detector"):
        assert any(line.strip().startswith(row.strip()) for line in text.splitlines())


@pytest.fixture
def mocap(tmp_path, library) -> tuple[object, ...]:
    """The options for the made-up clips."""
    (tmp_path / "mocap").mkdir()
    save_library(library, tmp_path / "mocap.npz")
    return ("--mocap", tmp_path / "mocap", "--cache", tmp_path / "mocap.npz", "--windows", 10)


@pytest.fixture
def checkpoint(tmp_path, tiny):
    """An untrained network."""
    torch.manual_seed(0)
    model = VTM(tiny)
    data = {"config": tiny.to_dict(), "model": model.state_dict(), "ema": model.state_dict(), "progress": {}}
    torch.save(data, tmp_path / "final.pt")
    return tmp_path / "final.pt"


def test_the_mocap_table_comes_first_when_there_is_mocap(tmp_path, weights, clips, mocap, capsys):
    assert run(tmp_path, weights, *mocap, "--clips", clips) == 0
    text = capsys.readouterr().out
    assert text.startswith("Validation split, 10 windows")
    assert "Look-ahead" not in text  # needs a checkpoint


def test_a_checkpoint_adds_look_ahead_and_latents(tmp_path, weights, clips, mocap, checkpoint, capsys):
    assert run(tmp_path, weights, *mocap, "--clips", clips, "--checkpoint", checkpoint, "--json") == 0
    tables = json.loads(capsys.readouterr().out)
    assert tables["latents"]["vtm"]["upper"]["distance_over_spread"] > 0
    assert set(tables["look_ahead"]["vtm"]["frames"]) == {"0", "2", "4"}
    assert "agreement" not in tables
    assert tables["mocap"]["with_evidence"]["limbs"]["mpjpe_mm"] > 0  # what the model card is filled from


def test_a_peer_gets_its_rows(tmp_path, weights, clips, mocap, checkpoint, capsys):
    options = ("--peer", f"plain={checkpoint}", "--tables", "peers", "clips", "--json")
    assert run(tmp_path, weights, *mocap, "--clips", clips, *options) == 0
    tables = json.loads(capsys.readouterr().out)
    assert set(tables) == {"weights", "config", "peers", "clips", "clips_overall"}
    assert tables["peers"]["plain"]["with_evidence"]["limbs"]["mpjpe_mm"] > 0
    assert tables["clips"]["standing"]["plain"]["limbs"]["mpjpe_mm"] > 0


def test_a_network_that_reads_pictures_is_told_in_one_line(tmp_path, weights, mocap, tiny, caplog):
    config = replace(tiny, backbone="resnet18")
    state = VTM(config).state_dict()
    torch.save({"config": config.to_dict(), "model": state, "ema": state, "progress": {}}, tmp_path / "other.pt")
    assert run(tmp_path, weights, *mocap, "--peer", f"other={tmp_path / 'other.pt'}") == 1
    assert "other reads resnet18; these windows have landmarks" in caplog.records[-1].getMessage()


def test_weights_that_disagree_with_the_checkpoint_end_in_1(tmp_path, weights, mocap, checkpoint, caplog, capsys):
    options = ("--agreement", "--tables", "agreement", "--checkpoint", checkpoint)
    assert run(tmp_path, weights, *mocap, *options) == 1
    assert "distance between their joints" in capsys.readouterr().out
    assert "expected less than 1 mm; export again" in caplog.records[-1].getMessage()


def test_the_picture_is_drawn_from_the_mocap_table(tmp_path, weights, mocap):
    out = tmp_path / "views.png"
    assert run(tmp_path, weights, *mocap, "--tables", "mocap", "--picture", out) == 0
    assert out.read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_made_is_told_before_the_work(tmp_path, weights, mocap, caplog):
    assert run(tmp_path, weights, *mocap, "--picture", tmp_path / "none" / "views.png") == 1
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "expected FILE.png in a folder" in caplog.records[0].getMessage()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--agreement",), "need --checkpoint"),
        (("--tables", "latents"), "need --checkpoint"),
        (("--tables", "errors"), "pass --pairs FOLDER"),
        (("--tables", "clips", "--picture", "x.png"), "add it to --tables"),
        (("--tables", "poetry"), "poetry"),
        (("--windows", "0"), "expected 1 or more"),
        (("--peer", "plain"), "expected NAME=CHECKPOINT"),
        (("--peer", "vtm=x.pt"), "choose another name"),
    ],
)
def test_wrong_usage_is_told_with_exit_code_2(tmp_path, weights, capsys, options, why):
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, weights, *options)
    assert ended.value.code == 2
    assert why in capsys.readouterr().err


def test_a_detector_that_fails_is_told_in_one_line(tmp_path, weights, clips, caplog, monkeypatch):
    (tmp_path / "found" / "standing.npz").unlink()

    def failed(command: list[str], **_options: object) -> subprocess.CompletedProcess:
        return subprocess.CompletedProcess(command, 1, "", "vtm: no weights\n")

    monkeypatch.setattr(detections.subprocess, "run", failed)
    assert run(tmp_path, weights, "--clips", clips) == 1
    message = caplog.records[-1].getMessage()
    assert "the detector failed: vtm: no weights" in message
    assert "\n" not in message


@pytest.mark.parametrize("what", ["weights", "clips", "truth", "peer", "cache"])
def test_what_is_missing_is_one_line_and_exit_code_1(tmp_path, weights, clips, caplog, what):
    folder = clips
    if what == "weights":
        weights.unlink()
    elif what == "clips":
        folder = tmp_path / "empty"
        folder.mkdir()
    elif what == "truth":
        np.savez(clips / "standing_truth.npz", nothing=1)
    options = ("--peer", "plain=none.pt") if what == "peer" else ()
    if what == "cache":
        (tmp_path / "none.npz").write_bytes(b"cut")
    assert run(tmp_path, weights, "--clips", folder, *options) == 1
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "\n" not in errors[0]
