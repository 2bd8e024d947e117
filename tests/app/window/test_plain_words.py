"""The banner speaks to a performer; the log keeps the figures."""

from __future__ import annotations

import pytest

from app.window.plain_words import plain_words


@pytest.mark.parametrize(
    "text",
    [
        "2D detector: lite, which takes 224 ms per frame; the next larger one 127; the camera gives 30 frames/s",
        "VTM runs on cpu (tensorrt, tensorrt-rtx, cuda: no NVIDIA GPU; openvino: not installed)",
    ],
)
def test_names_of_parts_stay_in_the_log(text: str) -> None:
    assert plain_words("info", text) == ""
    assert plain_words("warning", text) == text


@pytest.mark.parametrize(
    "text",
    [
        "poses come 480 ms after their frame: heatmap refinement off until there is time",
        "pose2d takes 40 ms, frames come every 33: heavy network off until there is time",
    ],
)
def test_a_busy_computer_is_told_without_milliseconds(text: str) -> None:
    words = plain_words("info", text)
    assert words.startswith("This computer is busy")
    assert not any(letter.isdigit() for letter in words)


def test_other_lines_stay() -> None:
    assert plain_words("info", "Saved take.bvh") == "Saved take.bvh"
    assert plain_words("info", "there is time again: features back on").endswith("all detail is back on")
