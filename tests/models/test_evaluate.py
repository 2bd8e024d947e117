"""`python -m models.evaluate`: tables for people and as JSON, failures as one line."""

from __future__ import annotations

import json
import logging
import subprocess

import numpy as np
import pytest

from models import evaluate
from models.mocap.library import save_library
from tests.engine.vtm.constant_onnx import Answer, write_weights
from tests.models.evaluation.test_clips import files


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


def test_people_get_a_table_with_one_row_per_way_of_seeing(tmp_path, weights, clips, capsys):
    assert run(tmp_path, weights, "--clips", clips) == 0
    text = capsys.readouterr().out
    assert "standing: 21 of 21 frames seen" in text
    for row in ("vtm ", "vtm keypoints alone", "detector"):
        assert any(line.strip().startswith(row.strip()) for line in text.splitlines())


def test_the_mocap_table_comes_first_when_there_is_mocap(tmp_path, weights, clips, library, capsys):
    (tmp_path / "mocap").mkdir()
    save_library(library, tmp_path / "mocap.npz")
    arguments = ("--mocap", tmp_path / "mocap", "--cache", tmp_path / "mocap.npz", "--windows", 10)
    assert run(tmp_path, weights, *arguments, "--clips", clips) == 0
    assert capsys.readouterr().out.startswith("Validation split, 10 windows")


def test_a_detector_that_fails_is_told_in_one_line(tmp_path, weights, clips, caplog, monkeypatch):
    (tmp_path / "found" / "standing.npz").unlink()

    def failed(command: list[str], **_options: object) -> subprocess.CompletedProcess:
        return subprocess.CompletedProcess(command, 1, "", "vtm: no weights\n")

    monkeypatch.setattr(evaluate.subprocess, "run", failed)
    assert run(tmp_path, weights, "--clips", clips) == 1
    message = caplog.records[-1].getMessage()
    assert "the detector failed: vtm: no weights" in message
    assert "\n" not in message


@pytest.mark.parametrize("what", ["weights", "clips", "truth"])
def test_what_is_missing_is_one_line_and_exit_code_1(tmp_path, weights, clips, caplog, what):
    folder = clips
    if what == "weights":
        weights.unlink()
    elif what == "clips":
        folder = tmp_path / "empty"
        folder.mkdir()
    else:
        np.savez(clips / "standing_truth.npz", nothing=1)
    assert run(tmp_path, weights, "--clips", folder) == 1
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "\n" not in errors[0]
