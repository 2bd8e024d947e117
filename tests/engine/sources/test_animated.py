"""Animated pictures are films with their own times; pictures that do not move stay pictures."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from engine.opencv import cv2
from engine.sources import animated
from engine.sources.animated import is_animated
from engine.sources.file_source import open_file


def grey(number: int) -> np.ndarray:
    return np.full((48, 64, 3), 10 * number + 20, np.uint8)


def animated_webp(path: Path, frames: int) -> Path:
    animation = cv2.Animation()
    animation.frames = [cv2.cvtColor(grey(number), cv2.COLOR_BGR2BGRA) for number in range(frames)]
    animation.durations = [100, *[40] * (frames - 1)]
    assert cv2.imwriteanimation(str(path), animation)
    return path


def animated_png(path: Path, frames: int) -> Path:
    with av.open(str(path), "w", format="apng") as out:
        stream = out.add_stream("apng", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb24"
        for number in range(frames):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(grey(number), "bgr24").reformat(format="rgb24")))
        out.mux(stream.encode())
    return path


def test_an_animated_webp_is_read_in_blocks_at_its_own_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(animated, "_BLOCK", 4)
    source = open_file(animated_webp(tmp_path / "clip.webp", 10), paced=False)
    frames = []
    while not source.ended:
        frames.append(source.read())
    assert [round(float(frame.bgr.mean()), -1) for frame in frames if frame] == [10 * n + 20 for n in range(10)]
    times = [0.0, *(0.1 + 0.04 * np.arange(9))]
    np.testing.assert_allclose([frame.captured_at_s for frame in frames if frame], times, atol=1e-9)
    assert source.fps == pytest.approx(25)


def test_an_animated_png_is_a_film_by_either_name(tmp_path: Path) -> None:
    for name in ("clip.png", "clip.apng"):
        source = open_file(animated_png(tmp_path / name, 8), paced=False)
        frames = 0
        while not source.ended:
            frames += source.read() is not None
        assert frames == 8


def test_still_pictures_are_no_films(tmp_path: Path) -> None:
    for name in ("still.png", "still.webp", "still.jpg"):
        cv2.imwrite(str(tmp_path / name), grey(3))
        assert not is_animated(tmp_path / name)
        assert open_file(tmp_path / name, paced=False).frames == 1
