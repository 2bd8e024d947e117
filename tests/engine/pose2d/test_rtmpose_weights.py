"""RTMPose's files: found where they lie, fetched whole or not at all."""

from __future__ import annotations

import io
import urllib.request
import zipfile
from pathlib import Path

import pytest

from engine.errors import DetectorError
from engine.pose2d import rtmpose_weights as w

PERSON_URL = "https://example.invalid/yolox_m.zip"
POSE_URL = "https://example.invalid/rtmpose_m.zip"


class Response(io.BytesIO):
    """What urlopen gives."""

    def __init__(self, content: bytes, length: int | None = None) -> None:
        super().__init__(content)
        self.headers = {"Content-Length": str(len(content) if length is None else length)}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VTM_CACHE", str(tmp_path / "ours"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "theirs"))
    monkeypatch.setattr(w, "import_rtmlib_urls", lambda: (PERSON_URL, POSE_URL))
    return tmp_path / "ours" / "rtmpose"


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def serve(monkeypatch: pytest.MonkeyPatch, response: Response | Exception) -> list[str]:
    asked: list[str] = []

    def urlopen(url: str, timeout: float) -> Response:
        assert timeout > 0
        asked.append(url)
        if isinstance(response, Exception):
            raise response
        return Response(response.getvalue(), int(response.headers["Content-Length"]))

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    return asked


def test_files_in_our_cache_or_in_rtmlibs_are_used_without_asking_anybody(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = serve(monkeypatch, OSError("no network"))
    theirs = tmp_path / "theirs" / "hub" / "checkpoints"
    for folder, name in ((cache, "yolox_m.onnx"), (theirs, "rtmpose_m.onnx")):
        folder.mkdir(parents=True)
        (folder / name).write_bytes(b"network")
    expected = w.RtmPaths(cache / "yolox_m.onnx", theirs / "rtmpose_m.onnx")
    assert w.local_weights() == w.ensure_rtm_weights() == expected
    assert asked == []


@pytest.mark.usefixtures("cache")
def test_an_empty_cache_has_no_local_files() -> None:
    assert w.local_weights() is None


def test_fetching_unpacks_the_network_reports_progress_and_leaves_nothing_else(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"network" * 100_000
    serve(monkeypatch, Response(zipped("20230831/rtmpose/end2end.onnx", content)))
    seen: list[tuple[int, int]] = []
    paths = w.ensure_rtm_weights(lambda done, total: seen.append((done, total)))
    assert paths.person.read_bytes() == paths.pose.read_bytes() == content
    assert sorted(path.name for path in cache.iterdir()) == ["rtmpose_m.onnx", "yolox_m.onnx"]
    assert all(done <= total for done, total in seen)
    assert seen[-1][0] == seen[-1][1]


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (OSError("no route"), "no route"),
        (Response(zipped("readme.txt", b"")), r"holds no end2end\.onnx"),
        (Response(b"half of it", length=20), "got 10 of 20 bytes"),
    ],
)
def test_a_fetch_that_fails_is_one_line_and_leaves_nothing(
    response: Response | Exception, words: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, response)
    with pytest.raises(DetectorError, match=words) as caught:
        w.ensure_rtm_weights()
    assert "--detector blazepose" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(cache.iterdir()) == []


@pytest.mark.usefixtures("cache")
def test_an_address_without_transport_security_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(w, "import_rtmlib_urls", lambda: ("http://example.invalid/a.zip", POSE_URL))
    with pytest.raises(DetectorError, match="expected an https address"):
        w.ensure_rtm_weights()


def test_rtmlib_names_two_networks() -> None:
    pytest.importorskip("rtmlib")
    person, pose = w.import_rtmlib_urls()
    assert "yolox" in person
    assert "halpe26" in pose
