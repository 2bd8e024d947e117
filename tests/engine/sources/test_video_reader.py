"""Videos as people have them: turned, with oblong pixels, interlaced, deep, odd, uneven in time, damaged."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import CameraError
from engine.opencv import cv2
from engine.sources.reader import Picture
from engine.sources.video_reader import VideoReader


def scene(width: int, height: int, number: int = 0) -> NDArray[np.uint8]:
    """Four corners of four brightnesses, and all of it brighter from picture to picture."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = 20 + number
    picture[: height // 2, width // 2 :] = 80 + number
    picture[height // 2 :, : width // 2] = 140 + number
    picture[height // 2 :, width // 2 :] = 200 + number
    return picture


def corners(bgr: NDArray[np.uint8]) -> list[int]:
    """Brightness of the corners: upper left, upper right, lower left, lower right, to the nearest 10."""
    found = bgr[[8, 8, -8, -8], [8, -8, 8, -8]].mean(-1)
    return [round(float(value), -1) for value in found]  # type: ignore[misc]


def write(
    path: Path,
    *,
    size: tuple[int, int] = (64, 48),
    frames: int = 10,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    times: list[float] | None = None,
    step: int = 2,
) -> Path:
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        stream.options = options or {}
        stream.codec_context.time_base = Fraction(1, 1000)
        for number in range(frames if times is None else len(times)):
            frame = av.VideoFrame.from_ndarray(scene(*size, step * number), "bgr24")
            frame.time_base = Fraction(1, 1000)
            frame.pts = round(1000 * (number / 25 if times is None else times[number]))
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def read_all(path: Path) -> tuple[list[Picture], VideoReader]:
    reader = VideoReader(path)
    pictures = []
    while (picture := reader.read()) is not None:
        pictures.append(picture)
    return pictures, reader


ONE = 1 << 16
MATRICES = {
    "upright": (ONE, 0, 0, ONE),
    "quarter": (0, ONE, -ONE, 0),
    "half": (-ONE, 0, 0, -ONE),
    "three quarters": (0, -ONE, ONE, 0),
}


@pytest.mark.parametrize("matrix", MATRICES.values(), ids=MATRICES)
def test_a_phone_video_stands_as_every_player_shows_it(matrix: tuple[int, ...], tmp_path: Path) -> None:
    path = write(tmp_path / "phone.mp4")
    content = bytearray(path.read_bytes())
    start = content.index(b"tkhd") + 44
    a, b, c, d = matrix
    content[start : start + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    player = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    player.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    expected = player.read()[1]
    pictures, _ = read_all(path)
    assert pictures[0].bgr.shape == expected.shape
    assert corners(pictures[0].bgr) == corners(np.asarray(expected, np.uint8))


def test_a_selfie_that_is_stored_mirrored_is_mirrored_back(tmp_path: Path) -> None:
    path = write(tmp_path / "selfie.mp4")
    plain = corners(read_all(path)[0][0].bgr)
    content = bytearray(path.read_bytes())
    start = content.index(b"tkhd") + 44
    content[start : start + 36] = struct.pack(">9i", -ONE, 0, 0, 0, ONE, 0, 64 * ONE, 0, 1 << 30)
    path.write_bytes(content)
    assert corners(read_all(path)[0][0].bgr) == [plain[1], plain[0], plain[3], plain[2]]


@pytest.mark.parametrize(
    ("stored", "aspect", "shown"),
    [
        ((720, 576), Fraction(16, 11), (1047, 576)),
        ((720, 480), Fraction(8, 9), (720, 540)),
        ((64, 48), Fraction(1), (64, 48)),
        ((64, 48), Fraction(1000), (64, 48)),
    ],
)
def test_oblong_pixels_become_square_ones(
    stored: tuple[int, int], aspect: Fraction, shown: tuple[int, int], tmp_path: Path
) -> None:
    pictures, _ = read_all(write(tmp_path / "dv.mp4", size=stored, aspect=aspect, frames=2))
    height, width = pictures[0].bgr.shape[:2]
    assert (width, height) == shown


@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
def test_interlaced_video_has_a_picture_for_each_frame_and_no_comb(codec: str, tmp_path: Path) -> None:
    path = tmp_path / "camcorder.ts"
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.options = {"flags": "+ilme+ildct", "b": "8M"}
        for number in range(12):
            picture = np.full((240, 320, 3), 40, np.uint8)
            picture[::2, 10 * number : 10 * number + 60] = 220  # a bar that moves on between the fields
            picture[1::2, 10 * number + 5 : 10 * number + 65] = 220
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "bgr24")))
        out.mux(stream.encode())
    pictures, _ = read_all(path)
    assert len(pictures) == 12
    np.testing.assert_allclose(np.diff([each.time_s for each in pictures]), 0.04, atol=1e-6)
    comb = np.abs(np.diff(pictures[6].bgr[40:200].mean(-1), axis=0)).max()
    assert comb < 100, "the two fields are seen at once"


@pytest.mark.parametrize(
    ("size", "pixels", "codec"),
    [((64, 48), "yuv420p10le", "libx264"), ((63, 47), "yuv444p", "libx264"), ((64, 48), "yuvj420p", "mjpeg")],
)
def test_deep_and_odd_pictures_keep_size_and_brightness(
    size: tuple[int, int], pixels: str, codec: str, tmp_path: Path
) -> None:
    pictures, _ = read_all(write(tmp_path / "clip.mkv", size=size, pixels=pixels, codec=codec, step=0))
    assert pictures[0].bgr.shape == (size[1], size[0], 3)
    assert pictures[0].bgr.dtype == np.uint8
    assert pictures[0].bgr.flags.c_contiguous
    np.testing.assert_allclose(corners(pictures[0].bgr), [20, 80, 140, 200], atol=10)


def test_a_gif_is_a_film_with_its_own_times(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.gif", codec="gif", pixels="rgb8", times=[0.0, 0.1, 0.5, 0.6])
    pictures, reader = read_all(path)
    np.testing.assert_allclose([each.time_s for each in pictures], [0.0, 0.1, 0.5, 0.6], atol=0.011)
    assert reader.problem is None


def test_uneven_times_are_kept_and_a_long_last_picture_is_no_damage(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.08, 3.0, 3.04, 3.08]
    pictures, reader = read_all(write(tmp_path / "screen.mp4", times=times))
    np.testing.assert_allclose([each.time_s for each in pictures], times, atol=2e-3)
    assert reader.problem is None


def test_a_damaged_frame_costs_itself_and_the_end_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.avi", codec="mjpeg", pixels="yuvj420p", frames=20)
    content = bytearray(path.read_bytes())
    starts = [at for at in range(len(content) - 3) if content[at : at + 3] == b"\xff\xd8\xff"]
    content[starts[7] : starts[8] - 16] = bytes(starts[8] - 16 - starts[7])
    path.write_bytes(content)
    pictures, reader = read_all(path)
    assert len(pictures) == 19
    assert reader.problem == "clip.avi is damaged: 1 of its frames could not be decoded and were skipped"


def test_sound_that_lasts_longer_than_the_picture_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=25)
        sound: Any = out.add_stream("aac", rate=8000, layout="mono")
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(25):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(scene(64, 48, number), "bgr24")))
        out.mux(stream.encode())
        for number in range(40):
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            silence.sample_rate, silence.pts = 8000, 1024 * number
            out.mux(sound.encode(silence))
        out.mux(sound.encode())
    pictures, reader = read_all(path)
    assert len(pictures) == 25
    assert reader.problem is None


def test_a_name_with_a_colon_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "clip.mp4").rename(tmp_path / "take 10:30.mp4")
    monkeypatch.chdir(tmp_path)
    assert len(read_all(Path("take 10:30.mp4"))[0]) == 10


def test_the_film_is_found_beside_a_cover_picture(tmp_path: Path) -> None:
    path = tmp_path / "song.mkv"
    with av.open(str(path), "w") as out:
        cover: Any = out.add_stream("mjpeg", rate=25)
        film: Any = out.add_stream("libx264", rate=25)
        cover.width, cover.height, cover.pix_fmt = 640, 480, "yuvj420p"
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        out.mux(cover.encode(av.VideoFrame.from_ndarray(scene(640, 480), "bgr24")))
        for number in range(25):
            out.mux(film.encode(av.VideoFrame.from_ndarray(scene(64, 48, number), "bgr24")))
        out.mux(cover.encode())
        out.mux(film.encode())
    pictures, _ = read_all(path)
    assert [each.bgr.shape for each in pictures] == [(48, 64, 3)] * 25


def broadcast(path: Path, start_s: float) -> bytes:
    """Two seconds of MPEG-TS with a keyframe each second, on a clock that begins at start_s."""
    with av.open(str(path), "w", format="mpegts") as out:
        stream: Any = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.options = {"g": "25", "bf": "0", "sc_threshold": "0"}
        stream.codec_context.time_base = Fraction(1, 25)
        for number in range(50):
            frame = av.VideoFrame.from_ndarray(scene(64, 48, number), "bgr24")
            frame.pts, frame.time_base = number + round(25 * start_s), Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path.read_bytes()


@pytest.mark.parametrize(("first_s", "second_s"), [(5000.0, 20.0), (20.0, 5000.0)])
def test_a_broadcast_whose_clock_jumps_goes_on_where_it_was(first_s: float, second_s: float, tmp_path: Path) -> None:
    path = tmp_path / "jump.ts"
    path.write_bytes(broadcast(tmp_path / "a.ts", first_s) + broadcast(tmp_path / "b.ts", second_s))
    pictures, reader = read_all(path)
    assert len(pictures) == 100
    np.testing.assert_allclose(np.diff([each.time_s for each in pictures]), 0.04, atol=0.01)
    assert reader.problem is None


def test_a_broadcast_that_begins_between_two_keyframes_says_so(tmp_path: Path) -> None:
    whole = broadcast(tmp_path / "whole.ts", 10.0)
    path = tmp_path / "middle.ts"
    path.write_bytes(whole[:564] + whole[188 * (len(whole) // 188 // 5) :])
    pictures, reader = read_all(path)
    assert len(pictures) == 25
    assert pictures[0].time_s == 0
    assert reader.problem is not None
    assert "begins between two keyframes" in reader.problem


def test_an_avi_without_its_second_half_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number in range(20):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(scene(64, 48, number), "bgr24")))
        out.mux(stream.encode())
    assert read_all(path)[1].problem is None
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    pictures, reader = read_all(path)
    assert 2 < len(pictures) < 15
    assert reader.problem is not None
    assert "is cut off" in reader.problem


def test_sound_alone_is_said(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "song.wav"), "w") as out:
        sound: Any = out.add_stream("pcm_s16le", rate=8000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.int16), "s16", "mono")
        silence.sample_rate = 8000
        out.mux(sound.encode(silence))
    with pytest.raises(CameraError, match="holds sound and no picture"):
        VideoReader(tmp_path / "song.wav")
