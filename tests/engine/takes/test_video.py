"""The video beside a take: every second of it shows what was captured in that second."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from engine.errors import OutputError, UsageError
from engine.opencv import cv2
from engine.takes import video as video_module
from engine.takes.video import VideoRecorder
from engine.types import Frame


def _frame(number: int, time_s: float, size: tuple[int, int] = (64, 48)) -> Frame:
    """A grey picture whose brightness tells its number."""
    return Frame(np.full((size[1], size[0], 3), 10 * number, np.uint8), number, time_s)


def _numbers(path: Path) -> list[int]:
    capture = cv2.VideoCapture(str(path))
    numbers = []
    while True:
        read, picture = capture.read()
        if not read:
            capture.release()
            return numbers
        numbers.append(round(float(picture.mean()) / 10))


def test_late_frames_are_repeated_and_early_ones_left_out(tmp_path: Path) -> None:
    recorder = VideoRecorder(tmp_path / "take.mkv", fps=10)
    for number, time_s in enumerate([5.0, 5.1, 5.4, 5.5, 5.51, 5.6]):
        recorder.write(_frame(number, time_s))
    assert recorder.close() == tmp_path / "take.mkv"
    assert _numbers(tmp_path / "take.mkv") == [0, 1, 1, 1, 2, 4, 5]
    assert recorder.lost == 0


def test_closing_twice_is_harmless_and_later_frames_are_ignored(tmp_path: Path) -> None:
    recorder = VideoRecorder(tmp_path / "take.mkv", fps=10)
    recorder.write(_frame(3, 0.0))
    recorder.close()
    recorder.write(_frame(4, 0.1))
    recorder.close()
    assert _numbers(tmp_path / "take.mkv") == [3]


def test_an_encoder_that_is_behind_never_blocks_and_loses_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_module, "_QUEUE_FRAMES", 2)
    goes_on, encode = threading.Event(), VideoRecorder._encode

    def held_up(self: VideoRecorder) -> None:
        goes_on.wait(10)
        encode(self)

    monkeypatch.setattr(VideoRecorder, "_encode", held_up)
    recorder = VideoRecorder(tmp_path / "take.mkv", fps=10)
    for number in range(10):
        recorder.write(_frame(number, number / 10))
    assert recorder.lost == 8
    goes_on.set()
    recorder.close()


def test_a_camera_that_changes_its_size_keeps_the_last_fitting_picture(tmp_path: Path) -> None:
    recorder = VideoRecorder(tmp_path / "take.mkv", fps=10)
    for number, size in enumerate([(64, 48), (32, 24), (64, 48)]):
        recorder.write(_frame(number, number / 10, size))
    recorder.close()
    assert _numbers(tmp_path / "take.mkv") == [0, 0, 2]


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot record video"):
        VideoRecorder(tmp_path / "file" / "take.mkv")
    with pytest.raises(UsageError, match=r"NAME\.mkv"):
        VideoRecorder(tmp_path / "take.mp4")
    empty = VideoRecorder(tmp_path / "empty.mkv")
    with pytest.raises(OutputError, match="no picture arrived"):
        empty.close()
    assert not (tmp_path / "empty.mkv").exists()
    gap = VideoRecorder(tmp_path / "gap.mkv")
    gap.write(_frame(0, 0.0))
    gap.write(_frame(1, 3600.0))
    with pytest.raises(OutputError, match="no picture for more than 120 s"):
        gap.close()
