"""Files as sources: pace, order, rotation, and every way a file can be broken. The clock is a fake."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.errors import CameraError, UsageError
from engine.opencv import cv2
from engine.sources.file_source import FileSource, open_file
from engine.sources.orientation import Orientation
from engine.types import Frame

FPS = 25.0
SIZE = (64, 48)


class FakeClock:
    """Time passes only while sleeping."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now_s += seconds


def write_video(path: Path, frames: int, codec: str = "MJPG") -> Path:
    """Each picture is brighter than the one before; its left half is black."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), FPS, SIZE)
    for index in range(frames):
        picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        picture[:, SIZE[0] // 2 :] = 20 + 4 * index
        writer.write(picture)
    writer.release()
    return path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.avi", 20)


def read_all(source: FileSource) -> list[Frame]:
    frames = []
    while not source.ended:
        frame = source.read()
        if frame is not None:
            frames.append(frame)
    return frames


def brightness(frame: Frame) -> float:
    return float(frame.bgr[:, -SIZE[0] // 4 :].mean())


def test_converting_gives_every_frame_in_order_with_file_time_and_never_sleeps(video: Path) -> None:
    clock = FakeClock()
    source = open_file(video, paced=False, clock=clock, sleep=clock.sleep)
    frames = read_all(source)
    assert [frame.frame_id for frame in frames] == list(range(20))
    np.testing.assert_allclose([frame.captured_at_s for frame in frames], np.arange(20) / FPS, atol=1e-6)
    assert (np.diff([brightness(frame) for frame in frames]) > 2).all()
    assert clock.sleeps == []
    assert source.read() is None
    assert source.status is None


def test_a_paced_file_gives_each_frame_when_its_time_has_come(video: Path) -> None:
    clock = FakeClock()
    frames = read_all(open_file(video, clock=clock, sleep=clock.sleep))
    np.testing.assert_allclose([frame.captured_at_s for frame in frames], 100.0 + np.arange(20) / FPS, atol=1e-6)


def test_a_paced_file_that_fell_behind_does_not_rush(video: Path) -> None:
    clock = FakeClock()
    source = open_file(video, clock=clock, sleep=clock.sleep)
    source.read()
    clock.now_s += 10.0  # the computer slept
    times = [frame.captured_at_s for frame in read_all(source)]
    np.testing.assert_allclose(np.diff(times), 1 / FPS, atol=1e-6)


def test_a_reader_gets_none_during_a_long_gap_so_that_it_can_be_stopped(
    video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    source = open_file(video, clock=clock, sleep=clock.sleep)
    source.read()
    assert source._next is not None
    monkeypatch.setattr(source, "_next", type(source._next)(source._next.bgr, 3.0))
    waits = 0
    while (frame := source.read()) is None:
        waits += 1
        assert not source.ended
    assert waits == 5
    assert frame.captured_at_s == pytest.approx(103.0)
    assert max(clock.sleeps) <= 0.5


def test_a_looped_file_goes_on_in_number_and_time(video: Path) -> None:
    source = open_file(video, paced=False, loop=True)
    frames = [source.read() for _ in range(50)]
    assert [frame.frame_id for frame in frames if frame] == list(range(50))
    np.testing.assert_allclose(np.diff([frame.captured_at_s for frame in frames if frame]), 1 / FPS, atol=1e-6)
    assert frames[0] is not None
    assert frames[20] is not None
    assert brightness(frames[0]) == pytest.approx(brightness(frames[20]), abs=1)


def test_mirror_swaps_left_and_right(video: Path) -> None:
    plain, mirrored = (
        open_file(video, paced=False).read(),
        open_file(video, paced=False, orientation=Orientation(mirror=True)).read(),
    )
    assert plain is not None
    assert mirrored is not None
    np.testing.assert_array_equal(plain.bgr, mirrored.bgr[:, ::-1])
    assert mirrored.bgr.flags.c_contiguous


def test_a_phone_video_with_rotation_in_its_header_stands_upright(tmp_path: Path) -> None:
    path = write_video(tmp_path / "phone.mp4", 3, "mp4v")
    content = bytearray(path.read_bytes())
    quarter_turn = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    start = content.index(b"tkhd") + 44
    content[start : start + 36] = quarter_turn
    path.write_bytes(content)
    source = open_file(path, paced=False)
    frame = source.read()
    assert frame is not None
    assert source.image_size == frame.image_size == (SIZE[1], SIZE[0])


@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
def test_interlaced_video_has_a_picture(codec: str, tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    path = tmp_path / "camcorder.ts"
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.options = {"flags": "+ilme+ildct"}
        for _ in range(10):
            picture = av.VideoFrame.from_ndarray(np.full((240, 320, 3), 180, np.uint8), "bgr24")
            out.mux(stream.encode(picture))
        out.mux(stream.encode())
    frames = read_all(open_file(path, paced=False))
    assert len(frames) == 10
    assert all(abs(float(frame.bgr.mean()) - 180) < 5 for frame in frames)


def test_a_closed_file_has_ended(video: Path) -> None:
    source = open_file(video, paced=False)
    source.read()
    source.close()
    source.close()
    assert source.ended
    assert source.read() is None


def cut_in_half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def test_a_truncated_file_plays_what_is_there_and_says_so(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.avi", 40)
    cut_in_half(path)
    source = open_file(path, paced=False)
    frames = read_all(source)
    assert 5 < len(frames) < 35
    assert source.status is not None
    assert "cut off" in source.status


def broken_text(path: Path) -> None:
    path.write_text("no video at all\n" * 100)


def broken_noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(0).bytes(20_000))


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda _: None, UsageError, "there is no file"),
        (Path.mkdir, UsageError, "is a folder"),
        (Path.touch, CameraError, "0 bytes"),
        (broken_text, CameraError, "is not a video"),
        (broken_noise, CameraError, "is not a video"),
    ],
)
def test_a_file_that_cannot_be_played_is_one_line_that_names_it(
    make: Callable[[Path], None],
    error: type[Exception],
    words: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "clip.txt"
    make(path)
    with pytest.raises(error, match=words) as caught:
        open_file(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_an_mp4_cut_off_before_its_index_is_refused_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_video(tmp_path / "clip.mp4", 30, "mp4v")
    cut_in_half(path)
    with pytest.raises(CameraError, match="index is missing"):
        open_file(path)
    assert capfd.readouterr() == ("", "")
