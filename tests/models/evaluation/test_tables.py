"""Which tables are made: those that are wanted and whose data is at hand."""

from __future__ import annotations

import logging
import os
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from models.evaluation import detections
from models.evaluation.clips import ClipError
from models.evaluation.predict import Predictor
from models.evaluation.tables import DEFAULT, NEED_CHECKPOINT, TABLES, Bench, make_tables
from tests.models.evaluation.test_clips import files


@pytest.fixture
def clips(tmp_path):
    """A folder as `--clips` takes it, its detections already made."""
    folder = tmp_path / "clips"
    folder.mkdir()
    (folder / "standing.mp4").write_bytes(b"")
    found, _ = files(folder)
    (tmp_path / "found").mkdir()
    found.rename(tmp_path / "found" / "standing.npz")
    return folder


def test_without_data_nothing_is_made(weights):
    assert make_tables(Bench(Predictor(weights), 4), TABLES) == {}


def test_without_a_checkpoint_what_needs_one_is_left_out(weights, library):
    tables = make_tables(Bench(Predictor(weights), 4, library), ["look_ahead", "latents", "agreement", "injected"])
    assert set(tables) == {"injected"}


def test_a_peer_that_is_a_checkpoint_has_look_ahead_and_latents_too(weights, library, untrained):
    bench = Bench(Predictor(weights), 8, library, None, {"plain": untrained})
    tables = make_tables(bench, ["look_ahead", "latents"])
    assert set(tables["look_ahead"]) == set(tables["latents"]) == {"plain"}
    tables = make_tables(replace(bench, checkpoint=untrained), ["look_ahead", "latents"])
    assert set(tables["look_ahead"]) == set(tables["latents"]) == {"vtm", "plain"}
    assert tables["latents"]["vtm"] == tables["latents"]["plain"]


def test_agreement_is_made_only_when_it_is_asked_for():
    assert set(NEED_CHECKPOINT) < set(TABLES)
    assert "agreement" not in DEFAULT


def test_only_the_wanted_tables_are_made_and_each_is_told(weights, library, caplog):
    with caplog.at_level(logging.INFO, "models.evaluate"):
        tables = make_tables(Bench(Predictor(weights), 4, library), ["actions", "mocap"])
    assert list(tables) == ["mocap", "actions"]
    assert [record.getMessage().split(":")[0] for record in caplog.records] == ["mocap", "actions"]


def test_peers_are_beside_vtm_in_every_table_of_networks(weights, library, clips, tmp_path):
    predictor = Predictor(weights)
    bench = Bench(predictor, 6, library, None, {"plain": predictor}, (clips,), tmp_path / "found")
    tables = make_tables(bench, ["peers", "actions", "sequences", "missing", "injected", "clips"])
    assert "plain" in tables["peers"]
    assert set(tables["actions"]["actions"]["other"]) == {"vtm", "plain"}
    assert tables["sequences"]["plain"] == tables["sequences"]["with_evidence"]
    assert set(tables["missing"]["parts"]["legs"]) == set(tables["injected"]) == {"vtm", "plain"}
    assert tables["clips"]["standing"]["plain"] == tables["clips"]["standing"]["vtm"]
    assert "plain" in tables["clips_overall"]["rows"]


def test_a_video_newer_than_its_detections_is_detected_again(clips, tmp_path, monkeypatch):
    calls = []

    def detect(command: list[str], **_options: object) -> subprocess.CompletedProcess:
        calls.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(detections.subprocess, "run", detect)
    cache = tmp_path / "found"
    assert [clip.name for clip in detections.read_clips(clips, cache)] == ["standing"]
    assert not calls
    os.utime(clips / "standing.mp4", (2e9, 2e9))
    detections.read_clips(clips, cache)
    assert calls[0][1:3] == ["-m", "app.commands.detect"]


def test_a_truth_without_its_video_is_told_in_one_line(clips, tmp_path):
    (clips / "standing.mp4").unlink()
    with pytest.raises(ClipError, match=r"standing\.mp4: no such video") as error:
        detections.read_clips(clips, tmp_path / "found")
    assert "\n" not in str(error.value)


def test_a_folder_without_clips_is_told_in_one_line(tmp_path):
    with pytest.raises(ClipError, match="pass --clips"):
        detections.read_clips(tmp_path, tmp_path)
    np.savez(tmp_path / "x_truth.npz", nothing=1)
    with pytest.raises(ClipError, match="no such video"):
        detections.read_clips(tmp_path, tmp_path)


def test_a_clip_in_which_the_detector_sees_nobody_is_left_out_and_told(weights, clips, tmp_path, caplog):
    whole = tmp_path / "found" / "standing.npz"
    arrays = dict(np.load(whole))
    arrays["keypoint_scores"] = arrays["keypoint_scores"] * 0
    for name in ("standing_truth.npz", "standing.mp4"):
        (clips / name.replace("standing", "empty")).write_bytes((clips / name).read_bytes())
    np.savez(tmp_path / "found" / "empty.npz", **arrays)
    bench = Bench(Predictor(weights), 4, clips=(clips,), detections=tmp_path / "found")
    with caplog.at_level(logging.WARNING, "models.evaluate"):
        tables = make_tables(bench, ["clips"])
    assert set(tables["clips"]) == {"standing"}
    assert "skipped: empty, where the detector sees no person" in caplog.text
