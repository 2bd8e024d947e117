"""RTMPose's files: found where they lie, fetched whole or not at all, and never used with another checksum."""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import DetectorError
from engine.networks.download import Progress
from engine.pose2d import rtmpose_weights as w

PERSON, POSE = b"the people finder" * 100, b"the keypoints" * 100


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of ours; two small networks are the published ones."""
    monkeypatch.setenv("VTM_CACHE", str(tmp_path / "ours"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "theirs"))
    monkeypatch.setattr(w, "require_rtmlib", lambda: None)
    for name, content in (("PERSON", PERSON), ("POSE", POSE)):
        archive = zipped(f"20230831/{name}/end2end.onnx", content)
        monkeypatch.setattr(w, name, w.RtmFile(name.lower(), sha256(archive), sha256(content)))
    return tmp_path / "ours" / "rtmpose"


Server = Callable[[str], bytes]


def good_server(url: str) -> bytes:
    name = Path(url).stem.upper()
    return zipped(f"20230831/{name}/end2end.onnx", {"PERSON": PERSON, "POSE": POSE}[name])


def serve(monkeypatch: pytest.MonkeyPatch, server: Server) -> list[str]:
    """Answer downloads; returns the addresses that were asked for."""
    asked: list[str] = []

    def download(url: str, target: Path, _sha256: str, progress: Progress | None) -> Path:
        asked.append(url)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(server(url))
        if progress is not None:
            progress(1, 1)
        return target

    monkeypatch.setattr(w, "download", download)
    return asked


def no_network(_url: str) -> bytes:
    raise OSError("no route")


def test_files_in_our_cache_or_in_rtmlibs_are_used_without_asking_anybody(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = serve(monkeypatch, no_network)
    theirs = tmp_path / "theirs" / "hub" / "checkpoints"
    for folder, name, content in ((cache, "person.onnx", PERSON), (theirs, "pose.onnx", POSE)):
        folder.mkdir(parents=True)
        (folder / name).write_bytes(content)
    assert w.ensure_rtm_weights() == w.RtmPaths(cache / "person.onnx", theirs / "pose.onnx")
    assert asked == []


def test_a_file_that_is_not_the_published_one_is_fetched_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = serve(monkeypatch, good_server)
    w.ensure_rtm_weights()
    (cache / "pose.onnx").write_bytes(POSE + b"x")
    w.ensure_rtm_weights()
    assert [Path(url).name for url in asked] == ["person.zip", "pose.zip", "pose.zip"]
    assert (cache / "pose.onnx").read_bytes() == POSE


def test_fetching_unpacks_the_networks_reports_progress_and_leaves_nothing_else(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, good_server)
    seen: list[tuple[int, int]] = []
    paths = w.ensure_rtm_weights(lambda done, total: seen.append((done, total)))
    assert (paths.person.read_bytes(), paths.pose.read_bytes()) == (PERSON, POSE)
    assert sorted(path.name for path in cache.iterdir()) == ["person.onnx", "pose.onnx"]
    assert seen == [(1, 1), (1, 1)]


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (no_network, "no route"),
        (lambda _url: zipped("readme.txt", b""), r"holds no end2end\.onnx"),
        (lambda _url: zipped("a/end2end.onnx", b"evil"), "does not have sha256"),
        (lambda _url: b"no archive", "not a zip"),
    ],
)
@pytest.mark.usefixtures("cache")
def test_a_fetch_that_fails_is_one_line_and_gives_no_network(
    server: Server, words: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, server)
    with pytest.raises(DetectorError, match=words) as caught:
        w.ensure_rtm_weights()
    assert "--detector blazepose" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not cache.exists() or not list(cache.glob("*.onnx")) + list(cache.glob("*.unpacked"))


def test_a_missing_rtmlib_is_said_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rtmlib", None)
    with pytest.raises(DetectorError, match=r"pip install --no-deps rtmlib"):
        w.ensure_rtm_weights()


def test_the_networks_are_rtmlibs_own_and_come_over_https() -> None:
    rtmlib = pytest.importorskip("rtmlib")
    mode = rtmlib.BodyWithFeet.MODE["balanced"]
    assert (w.PERSON.url, w.POSE.url) == (mode["det"], mode["pose"])
    assert all(url.startswith("https://") for url in (w.PERSON.url, w.POSE.url))
