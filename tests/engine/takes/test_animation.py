"""Animated WebP: pictures, times and an endless loop, read back chunk by chunk after the format's specification."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import OutputError
from engine.takes.animation import write_animation


def chunks(data: bytes) -> list[tuple[str, bytes]]:
    """Name and content of each chunk of a RIFF file."""
    assert data[:4] == b"RIFF"
    assert data[8:12] == b"WEBP"
    found, at = [], 12
    while at < len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        found.append((data[at : at + 4].decode(), data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found


def moving_square(count: int) -> list[np.ndarray]:
    pictures = [np.full((48, 64, 3), 40, np.uint8) for _ in range(count)]
    for number, picture in enumerate(pictures):
        picture[10:30, 5 * number : 5 * number + 15] = (0, 200, 255)
    return pictures


def test_each_picture_is_shown_until_the_time_of_the_next(tmp_path: Path):
    write_animation(tmp_path / "a.webp", moving_square(4), [10.0, 10.1, 10.25, 10.3])
    frames = [content for name, content in chunks((tmp_path / "a.webp").read_bytes()) if name == "ANMF"]
    assert [int.from_bytes(content[12:15], "little") for content in frames][:3] == [100, 150, 50]


def test_it_has_the_size_of_the_pictures_and_plays_without_end(tmp_path: Path):
    write_animation(tmp_path / "a.webp", moving_square(3), [0.0, 0.1, 0.2])
    found = dict(chunks((tmp_path / "a.webp").read_bytes()))
    width, height = (int.from_bytes(found["VP8X"][at : at + 3], "little") + 1 for at in (4, 7))
    assert (width, height) == (64, 48)
    assert int.from_bytes(found["ANIM"][4:6], "little") == 0


def test_lower_quality_is_a_smaller_file(tmp_path: Path):
    noise = np.random.default_rng(1).integers(0, 255, (3, 48, 64, 3), np.uint8)
    for quality in (5, 95):
        write_animation(tmp_path / f"{quality}.webp", list(noise), [0.0, 0.1, 0.2], quality)
    assert (tmp_path / "5.webp").stat().st_size < (tmp_path / "95.webp").stat().st_size / 2


def test_one_picture_or_no_folder_is_one_line(tmp_path: Path):
    with pytest.raises(OutputError, match="two pictures or more, got 1"):
        write_animation(tmp_path / "a.webp", moving_square(1), [0.0])
    with pytest.raises(OutputError, match="cannot write"):
        write_animation(tmp_path / "gone" / "a.webp", moving_square(2), [0.0, 0.1])
