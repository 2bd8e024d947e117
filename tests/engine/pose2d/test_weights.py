"""Networks in the cache: which there are, whether they are the published ones, and which size stands in for which."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.errors import DetectorError
from engine.pose2d import weights as w


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("VTM_CACHE", str(folder))
    return folder


@pytest.fixture
def filled(cache: Path, weights: w.WeightPaths) -> Path:
    """The person finder and full."""
    cache.mkdir()
    shutil.copy(weights.person, cache / w.PERSON.name)
    shutil.copy(weights.landmarks, cache / w.LANDMARKS.name)
    return cache


def test_an_empty_cache_is_missing_and_says_how_to_fetch(cache: Path) -> None:
    state = w.weights_state()
    assert (state.state, state.folder, state.sizes) == ("missing", cache, ())
    assert "vtm fetch" in state.fix
    with pytest.raises(DetectorError, match="vtm fetch"):
        w.installed_weights()


def test_one_size_is_enough_to_be_ready_and_the_others_can_be_fetched(filled: Path) -> None:
    state = w.weights_state()
    assert (state.state, state.sizes) == ("ready", ("full",))
    assert "vtm fetch" in state.fix
    assert w.installed_weights("full") == w.WeightPaths(filled / w.PERSON.name, filled / w.LANDMARKS.name, "full")
    with pytest.raises(DetectorError, match=r"pose_landmark_heavy.tflite is not in .*vtm fetch"):
        w.installed_weights("heavy")


def test_without_the_person_finder_nothing_is_ready(filled: Path) -> None:
    (filled / w.PERSON.name).unlink()
    assert w.weights_state().state == "missing"
    with pytest.raises(DetectorError, match=r"pose_detection.tflite is not in"):
        w.installed_weights()


@pytest.mark.parametrize("file", [w.PERSON, w.LANDMARKS])
def test_a_changed_file_is_noticed_and_refused(filled: Path, file: w.WeightFile) -> None:
    assert w.weights_state().state == "ready"
    with (filled / file.name).open("ab") as out:
        out.write(b"x")
    assert w.file_state(file) == "tampered"
    assert w.weights_state().state == "tampered"
    with pytest.raises(DetectorError, match=r"wrong sha256.*vtm fetch"):
        w.installed_weights()


def test_a_file_of_the_right_length_with_other_contents_is_no_network(filled: Path) -> None:
    (filled / w.LITE.name).write_bytes(bytes(w.LITE.num_bytes))
    assert w.file_state(w.LITE) == "tampered"
    assert w.weights_state().sizes == ("full",)


@pytest.mark.parametrize(
    ("wanted", "there", "taken"),
    [
        ("heavy", ("lite", "full", "heavy"), "heavy"),
        ("heavy", ("lite", "full"), "full"),
        ("heavy", ("lite",), "lite"),
        ("lite", ("full", "heavy"), "full"),
        ("full", ("lite", "heavy"), "lite"),
    ],
)
def test_the_next_smaller_size_stands_in_else_the_smallest_larger_one(
    wanted: str, there: tuple[str, ...], taken: str
) -> None:
    assert w.nearest_size(wanted, there) == taken


def test_sizes_are_told_from_small_to_large() -> None:
    assert list(w.BY_SIZE) == ["lite", "full", "heavy"]
    lengths = [file.num_bytes for file in w.BY_SIZE.values()]
    assert lengths == sorted(lengths)
