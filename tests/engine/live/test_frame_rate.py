"""The camera's rate: of the frames it gives, also those that nobody took."""

from __future__ import annotations

import numpy as np
import pytest

from engine.live.frame_rate import FrameRate
from engine.types import Frame

PICTURE = np.zeros((2, 2, 3), np.uint8)


def periods(numbers: list[int], times_s: list[float]) -> list[float | None]:
    rate = FrameRate()
    return [rate.add(Frame(PICTURE, number, at_s)) for number, at_s in zip(numbers, times_s, strict=True)]


def test_the_rate_is_told_after_some_frames():
    found = periods(list(range(20)), [n / 25 for n in range(20)])
    assert found[:5] == [None] * 5
    assert found[-1] == pytest.approx(0.04)


def test_frames_that_nobody_took_count():
    numbers = list(range(0, 60, 3))
    assert periods(numbers, [n / 30 for n in numbers])[-1] == pytest.approx(1 / 30)


def test_a_camera_that_slows_down_is_noticed_within_seconds():
    times_s = [n / 30 for n in range(90)] + [3 + n / 15 for n in range(60)]
    assert periods(list(range(150)), times_s)[-1] == pytest.approx(1 / 15)


def test_a_file_that_begins_again_is_measured_anew():
    numbers = [*range(30), *range(30)]
    found = periods(numbers, [n / 30 for n in numbers])
    assert found[30] is None
    assert found[-1] == pytest.approx(1 / 30)


def test_frames_without_times_have_no_rate():
    assert periods(list(range(30)), [5.0] * 30) == [None] * 30
