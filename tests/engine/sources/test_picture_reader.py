"""Folders and patterns of pictures as a film."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import CameraError, UsageError
from engine.opencv import cv2
from engine.sources.file_source import open_file
from engine.sources.picture_reader import PictureReader, is_picture_place, picture_files


def write(path: Path, grey: int) -> None:
    path.parent.mkdir(exist_ok=True)
    assert cv2.imwrite(str(path), np.full((24, 32, 3), grey, np.uint8))


def greys(place: str) -> list[int]:
    reader = PictureReader(place, 10.0)
    found = []
    while (picture := reader.read()) is not None:
        found.append(int(picture.bgr[0, 0, 0]))
    return found


def test_a_folder_is_read_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        write(tmp_path / "shots" / f"shot {number}.png", 10 * number)
    (tmp_path / "shots" / "notes.txt").write_text("no picture")
    assert greys(str(tmp_path / "shots")) == [10, 20, 100]


def test_a_missing_number_of_a_pattern_is_a_missing_picture(tmp_path: Path) -> None:
    for number in (7, 8, 11):
        write(tmp_path / f"{number:04d}.png", number)
    write(tmp_path / "12.png", 12)  # not of four digits
    source = open_file(tmp_path / "%04d.png", fps=10.0, paced=False)
    times = []
    while (frame := source.read()) is not None:
        times.append(frame.captured_at_s)
    np.testing.assert_allclose(times, [0.0, 0.1, 0.4])


def test_a_pattern_with_a_star_takes_pictures_only(tmp_path: Path) -> None:
    write(tmp_path / "a1.png", 1)
    write(tmp_path / "a2.jpg", 2)
    (tmp_path / "a3.txt").write_text("no picture")
    assert len(picture_files(str(tmp_path / "a*"))) == 2


def test_a_picture_that_cannot_be_read_costs_itself_and_is_counted(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path / f"{number}.png", number)
    (tmp_path / "1.png").write_bytes(b"no picture")
    (tmp_path / "3.png").touch()
    source = open_file(tmp_path, fps=10.0, paced=False)
    while source.read() is not None:
        continue
    assert source.status == f"2 of the 4 pictures in {tmp_path} could not be read"


def test_a_folder_without_pictures_is_refused_in_one_line(tmp_path: Path) -> None:
    assert not is_picture_place(str(tmp_path))
    with pytest.raises(UsageError, match="folder without pictures"):
        open_file(tmp_path)


def test_only_unreadable_pictures_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"no picture")
    with pytest.raises(CameraError, match="no picture that can be decoded"):
        open_file(tmp_path)
