"""Downloads, from a server on this computer: resumed where they broke off, and nothing gets its name unchecked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from engine.networks.download import download

CONTENT = bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves `content`; breaks the connection after `breaks_after` bytes of a request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.breaks_after: int | None = None
        self.ranges = True
        self.asked: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/network.onnx"


class Handler(BaseHTTPRequestHandler):
    """One GET, with or without a Range."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        asked = self.headers.get("Range")
        server.asked.append(asked)
        start = int(re.findall(r"\d+", asked)[0]) if asked and server.ranges else 0
        if self.path.endswith(".gone"):
            self.send_error(404)
            return
        if start and start >= len(server.content):
            self.send_error(416)
            return
        body = server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: server.breaks_after])

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_a_file_arrives_whole_with_progress_and_nothing_beside_it(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    target = download(server.url, tmp_path / "cache" / "a.onnx", SHA256, lambda done, total: seen.append((done, total)))
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["a.onnx"]
    assert seen == sorted(seen)
    assert seen[-1] == (len(CONTENT), len(CONTENT))


def test_what_is_here_already_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        download(server.url, tmp_path / "a.onnx", SHA256)
    assert server.asked == [None]


def test_a_broken_download_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    server.breaks_after = 300_000
    with pytest.raises(OSError, match=r"\d"):
        download(server.url, tmp_path / "a.onnx", SHA256)
    assert [path.name for path in tmp_path.iterdir()] == ["a.onnx.partial"]
    server.breaks_after = None
    assert download(server.url, tmp_path / "a.onnx", SHA256).read_bytes() == CONTENT
    assert server.asked == [None, "bytes=262144-"]  # whole chunks are kept
    assert [path.name for path in tmp_path.iterdir()] == ["a.onnx"]


@pytest.mark.parametrize("kept", [b"of another file", CONTENT + b"too much"])
def test_a_rest_that_does_not_fit_is_fetched_once_more_from_the_start(
    kept: bytes, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "a.onnx.partial").write_bytes(kept)
    assert download(server.url, tmp_path / "a.onnx", SHA256).read_bytes() == CONTENT
    assert server.asked == [f"bytes={len(kept)}-", None]


def test_a_server_that_cannot_resume_sends_all_of_it(server: Server, tmp_path: Path) -> None:
    server.ranges = False
    (tmp_path / "a.onnx.partial").write_bytes(CONTENT[:1000])
    assert download(server.url, tmp_path / "a.onnx", SHA256).read_bytes() == CONTENT


def test_another_content_is_refused_and_nothing_is_kept(server: Server, tmp_path: Path) -> None:
    server.content = b"evil" * 1000
    with pytest.raises(ValueError, match="does not match"):
        download(server.url, tmp_path / "a.onnx", SHA256)
    assert list(tmp_path.iterdir()) == []
    assert len(server.asked) == 1


def test_a_server_that_says_no_is_an_error_of_the_network(server: Server, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="404"):
        download(server.url + ".gone", tmp_path / "a.onnx", SHA256)
    assert list(tmp_path.iterdir()) == []
