"""Network streams with what goes wrong in them: other sizes, rubbish, silence, a late keyframe. Loopback only."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import av
import numpy as np
import pytest

from engine.opencv import cv2
from engine.sources.stream import StreamCapture


def jpeg(width: int, height: int, grey: int = 90) -> bytes:
    return cv2.imencode(".jpg", np.full((height, width, 3), grey, np.uint8))[1].tobytes()


def part(body: bytes) -> bytes:
    return b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(body) + body + b"\r\n"


@contextmanager
def served(parts: list[bytes]) -> Iterator[str]:
    """The address of a network camera that sends these parts, then closes."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            for each in parts:
                self.wfile.write(each)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/cam.mjpg"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def shapes(url: str) -> list[tuple[int, ...]]:
    capture = StreamCapture(url)
    found = []
    while True:
        good, bgr = capture.read()
        if not good:
            capture.release()
            return found
        found.append(bgr.shape)


def test_a_stream_that_changes_its_size_gives_each_picture_in_its_own() -> None:
    pictures = [jpeg(64, 48)] * 12 + [jpeg(32, 24)] * 12 + [jpeg(48, 64)] * 12
    with served([part(each) for each in pictures]) as url:
        found = shapes(url)
    assert set(found) == {(48, 64, 3), (24, 32, 3), (64, 48, 3)}
    assert len(found) >= 34


@pytest.mark.parametrize("rubbish", [b"no picture at all" * 40, b"", jpeg(64, 48)[:200], b"\xff\xd8\xff\xd9"])
def test_one_bad_picture_costs_itself_and_no_reconnection(rubbish: bytes) -> None:
    good = part(jpeg(64, 48))
    with served([good] * 12 + [part(rubbish)] + [good] * 12) as url:
        found = shapes(url)
    assert 22 <= len(found) <= 25


def test_an_address_that_gives_no_video_is_an_error() -> None:
    with served([b"<html>sign in first</html>"]) as url, pytest.raises((av.FFmpegError, ValueError)):
        StreamCapture(url)


def transport_stream(frames: int, keyframe_every: int) -> list[bytes]:
    """H.264 in MPEG-TS, cut into datagrams, one keyframe in so many pictures."""
    file = BytesIO()
    with av.open(file, "w", format="mpegts") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.options = {"g": str(keyframe_every), "bf": "0", "tune": "zerolatency", "sc_threshold": "0"}
        for number in range(frames):
            ramp = np.tile(np.arange(320, dtype=np.uint8)[None, :, None], (240, 1, 3))
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.roll(ramp, number, 1), "bgr24")))
        out.mux(stream.encode())
    content = file.getvalue()
    return [content[at : at + 7 * 188] for at in range(0, len(content), 7 * 188)]


def test_a_stream_that_is_joined_between_two_keyframes_waits_for_the_next() -> None:
    datagrams = transport_stream(frames=150, keyframe_every=75)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    stop = threading.Event()

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            middle = len(datagrams) // 4
            while not stop.is_set():
                for datagram in datagrams[middle:]:
                    sender.sendto(datagram, ("127.0.0.1", port))
                    if stop.wait(0.01):
                        return
                middle = 0

    thread = threading.Thread(target=send)
    thread.start()
    try:
        capture = StreamCapture(f"udp://127.0.0.1:{port}")
        good, bgr = capture.read()
        capture.release()
    finally:
        stop.set()
        thread.join()
    assert good
    assert bgr.shape == (240, 320, 3)
