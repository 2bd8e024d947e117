"""Cameras and streams: a fake device, and a real stream over HTTP that is killed and comes back."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import CameraError
from engine.opencv import cv2
from engine.sources import live_source
from engine.sources.base import Source
from engine.sources.live_source import LiveSource
from engine.sources.open_source import STREAM_START_S, open_source
from engine.sources.orientation import Orientation
from engine.types import Frame

PICTURE = np.zeros((24, 32, 3), np.uint8)
PICTURE[:, :16] = 200
QUICK = (0.02,)


class FakeCapture:
    """Gives so many pictures, one each few milliseconds, then fails; or hangs; remembers who touched it."""

    def __init__(self, pictures: int, *, hang: threading.Event | None = None) -> None:
        self._left, self._hang = pictures, hang
        self.released = False
        self.threads: set[str] = set()

    def read(self) -> tuple[bool, NDArray[Any]]:
        self.threads.add(threading.current_thread().name)
        assert not self.released
        time.sleep(0.002)
        if self._left == 0:
            if self._hang is not None:
                self._hang.wait(20.0)
            return False, np.empty(0)
        self._left -= 1
        return True, PICTURE.copy()

    def get(self, propId: int, /) -> float:
        return 15.0 if propId == cv2.CAP_PROP_FPS else 0.0

    def release(self) -> None:
        self.threads.add(threading.current_thread().name)
        self.released = True


def live(opener: Callable[[], FakeCapture | None], **settings: Any) -> LiveSource:
    return LiveSource(
        "Webcam", opener, first_frame_s=5.0, failure=lambda: "Webcam gives no picture", back_off_s=QUICK, **settings
    )


def next_frame(source: Source, patience_s: float = 10.0) -> Frame:
    until_s = time.monotonic() + patience_s
    while time.monotonic() < until_s:
        frame = source.read()
        if frame is not None:
            return frame
    pytest.fail(f"no frame in {patience_s} s; status: {source.status}")


def test_frames_carry_the_clock_at_arrival_and_rising_numbers() -> None:
    ticks = iter(range(1000))
    source = live(lambda: FakeCapture(500), clock=lambda: float(next(ticks)))
    frames = [next_frame(source) for _ in range(5)]
    source.close()
    assert [frame.captured_at_s for frame in frames] == [float(frame.frame_id) for frame in frames]
    assert (np.diff([frame.frame_id for frame in frames]) >= 1).all()
    assert (source.name, source.image_size, source.fps, source.live) == ("Webcam", (32, 24), 15.0, True)


def test_frames_nobody_reads_are_counted_and_the_newest_is_given() -> None:
    source = live(lambda: FakeCapture(10_000))
    next_frame(source)
    time.sleep(0.1)
    late = next_frame(source)
    source.close()
    assert source.dropped > 3
    assert late.frame_id >= source.dropped


def test_mirror_swaps_left_and_right() -> None:
    source = live(lambda: FakeCapture(1000), orientation=Orientation(mirror=True))
    frame = next_frame(source)
    source.close()
    np.testing.assert_array_equal(frame.bgr, PICTURE[:, ::-1])


def test_a_camera_that_vanishes_is_opened_again_and_the_run_goes_on() -> None:
    captures = [FakeCapture(3), FakeCapture(2000)]
    opened: list[FakeCapture] = []
    back = threading.Event()

    def opener() -> FakeCapture | None:
        if opened and not back.is_set():
            return None
        opened.append(captures[len(opened)])
        return opened[-1]

    source = live(opener)
    first = next_frame(source)
    until_s = time.monotonic() + 5.0
    while source.status is None and time.monotonic() < until_s:
        source.read()
    assert source.status == "Webcam stopped, trying again"
    assert not source.ended
    back.set()
    later = next_frame(source)
    assert source.status is None
    source.close()
    assert later.frame_id > first.frame_id
    assert [capture.released for capture in captures] == [True, True]


def test_only_the_cameras_own_thread_touches_the_device() -> None:
    capture = FakeCapture(1000)
    source = live(lambda: capture)
    next_frame(source)
    source.close()
    assert capture.threads == {"vtm-camera"}
    assert capture.released


def test_a_driver_that_hangs_does_not_hang_the_reader() -> None:
    release = threading.Event()
    source = live(lambda: FakeCapture(1, hang=release))
    next_frame(source)
    started_s = time.monotonic()
    assert source.read() is None
    assert time.monotonic() - started_s < 1.0
    until_s = time.monotonic() + 5.0
    while source.status is None and time.monotonic() < until_s:
        source.read()
    assert source.status is not None
    assert "no picture for" in source.status
    release.set()
    source.close()


def test_a_driver_that_raises_is_shown_and_tried_again() -> None:
    calls = iter([FakeCapture(1), OSError("unplugged"), FakeCapture(5000)])
    gate = threading.Event()

    def opener() -> FakeCapture:
        item = next(calls)
        if isinstance(item, OSError):
            raise item
        if item._left > 1:
            gate.wait(5.0)
        return item

    source = live(opener)
    next_frame(source)
    until_s = time.monotonic() + 5.0
    while "unplugged" not in (source.status or "") and time.monotonic() < until_s:
        time.sleep(0.01)
    assert "unplugged" in (source.status or "")
    gate.set()
    next_frame(source)
    source.close()


def test_a_camera_that_never_gives_a_picture_is_one_error_at_the_start() -> None:
    with pytest.raises(CameraError, match="gives no picture"):
        live(lambda: FakeCapture(0))
    with pytest.raises(CameraError, match="gives no picture"):
        live(lambda: None)


def test_a_start_that_takes_long_is_told_and_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_source, "PATIENCE_S", 0.05)
    said: list[str] = []
    gate = threading.Event()

    def opener() -> FakeCapture:
        gate.wait(5.0)
        return FakeCapture(1000)

    def told(text: str) -> None:
        said.append(text)
        gate.set()

    source = live(opener, on_message=told)
    assert next_frame(source).frame_id >= 0
    source.close()
    assert said == ["Webcam: waiting for its first whole picture, up to 5 s"]


def test_a_stream_that_is_joined_between_keyframes_has_twelve_seconds_at_least() -> None:
    assert STREAM_START_S >= 12.0


def test_closing_ends_a_read_that_waits() -> None:
    release = threading.Event()
    source = live(lambda: FakeCapture(1, hang=release))
    next_frame(source)
    threading.Timer(0.05, release.set).start()
    source.close()
    source.close()
    assert source.ended
    assert source.read() is None


class MjpegServer:
    """A network camera: multipart JPEG on the loopback, about 50 pictures a second."""

    def __init__(self, port: int = 0) -> None:
        stop = self._stop = threading.Event()
        jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
                while not stop.wait(0.02):
                    try:
                        self.wfile.write(head + jpeg + b"\r\n")
                    except OSError:
                        return

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def kill(self) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def network_camera(port: int = 0) -> Iterator[MjpegServer]:
    server = MjpegServer(port)
    try:
        yield server
    finally:
        server.kill()


def test_a_network_camera_may_be_switched_off_and_on_again(capfd: pytest.CaptureFixture[str]) -> None:
    with network_camera() as server:
        port = server.port
        source = open_source(f"http://127.0.0.1:{port}/cam.mjpg")
        frames = [next_frame(source) for _ in range(5)]
        assert frames[0].image_size == source.image_size == (64, 48)
        assert source.live
        assert (np.diff([frame.captured_at_s for frame in frames]) > 0).all()
    until_s = time.monotonic() + 8.0
    while source.status is None and time.monotonic() < until_s:
        started_s = time.monotonic()
        source.read()
        assert time.monotonic() - started_s < 1.0
    assert source.status is not None
    assert "trying again" in source.status
    while source.read() is not None:
        continue  # what was on its way
    with network_camera(port):
        assert next_frame(source).frame_id > frames[-1].frame_id
        assert source.status is None
        source.close()
    assert capfd.readouterr() == ("", "")


def test_a_dead_address_is_one_line_and_quick(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    started_s = time.monotonic()
    with pytest.raises(CameraError, match="gives no picture; check the address"):
        open_source(f"http://127.0.0.1:{port}/cam.mjpg")
    assert time.monotonic() - started_s < 6.0
    assert capfd.readouterr() == ("", "")
