"""`vtm fetch` and the doctor's rows of the detector's networks: what is there, what is not, and what to do."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.commands.doctor import _details_weights, _weights
from app.commands.fetch import run_fetch
from engine.details import weights as details
from engine.errors import DetectorError
from engine.pose2d import weight_sources, weights
from engine.pose2d.weights import FILES, LANDMARKS, PERSON, WeightFile
from tests.detector_weights import weights_for_tests


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no network."""
    weights_for_tests()
    monkeypatch.setenv("VTM_CACHE", str(tmp_path))

    def offline(_progress: object, _files: Sequence[WeightFile] = FILES) -> None:
        raise DetectorError("could not download pose_landmark_heavy.tflite (offline); check the network")

    monkeypatch.setattr(weight_sources, "ensure_weights", offline)

    def no_details(_progress: object, _files: Sequence[WeightFile] = FILES) -> None:
        raise DetectorError("could not download face_blendshapes.tflite (offline); check the network")

    monkeypatch.setattr(details, "ensure_details", no_details)
    return tmp_path


def fill(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person finder and full."""
    monkeypatch.delenv("VTM_CACHE")
    there = weights.cache_folder()
    monkeypatch.setenv("VTM_CACHE", str(cache))
    for file in (PERSON, LANDMARKS):
        shutil.copy(there / file.name, cache / file.name)


def test_with_nothing_there_and_offline_fetching_is_an_error(cache: Path) -> None:
    with pytest.raises(DetectorError, match="offline"):
        run_fetch()
    assert not list(cache.iterdir())


def test_a_size_that_cannot_be_had_is_told_with_those_that_can_be_used(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(cache, monkeypatch)
    assert run_fetch() == 1
    *_, body, hands_and_face = (line for line in capsys.readouterr().err.splitlines() if ";" in line)
    assert body.startswith("vtm: BlazePose full can be used; could not download pose_landmark_heavy.tflite")
    assert hands_and_face.startswith("vtm: the body can be tracked, hands or face cannot; could not download face_")


def test_when_all_are_there_nothing_is_downloaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("engine.networks.weight_files.file_state", lambda _file: "ready")
    monkeypatch.setattr(weight_sources, "ensure_weights", lambda *_arguments: pytest.fail("asked for a download"))
    monkeypatch.setattr(details, "ensure_details", lambda *_arguments: pytest.fail("asked for a download"))
    assert run_fetch() == 0
    err = capsys.readouterr().err
    assert "detector weights are ready in" in err
    assert "hand and face weights are ready in" in err


def test_without_the_networks_of_hands_and_face_the_doctor_says_how_to_get_them_and_nothing_fails(cache: Path) -> None:
    del cache
    rows = list(_details_weights())
    assert [row.good for row in rows] == [None] * 4
    assert rows[2].fix == "5 MB, for hands and face: run `vtm fetch` to download the networks"


def test_the_doctor_has_a_row_for_each_size(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(cache, monkeypatch)
    rows = {row.topic: row for row in _weights()}
    assert rows["detector weights"].good is True
    assert rows["BlazePose full"].good is True
    assert rows["BlazePose heavy"].good is None  # not needed
    assert rows["BlazePose heavy"].fix == "28 MB: run `vtm fetch` to download the networks"


def test_the_doctor_tells_when_nothing_is_there_and_when_a_file_was_changed(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert next(iter(_weights())).good is False
    fill(cache, monkeypatch)
    (cache / PERSON.name).write_bytes(b"evil")
    row = next(iter(_weights()))
    assert (row.good, row.seen.split(",")[0]) == (False, "tampered")
    assert "vtm fetch" in row.fix


def test_only_the_bodys_networks_are_fetched_for_a_run(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(cache, monkeypatch)
    run_fetch(body_only=True)
    assert "hand" not in capsys.readouterr().err
