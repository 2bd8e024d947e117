"""Lids: shut is 1 and open is 0 for narrow and wide eyes, by what is open for this performer."""

from __future__ import annotations

import numpy as np
import pytest

from engine.solver.lids import (
    MIN_OPEN_GAP,
    SHUT_GAP,
    TYPICAL,
    WINK_BEYOND,
    LearnedLids,
    OpenLids,
    as_seen,
    closedness,
)

NARROW = OpenLids(np.full(2, 0.021), np.full(2, 0.47))


def test_typical_lids_open_and_shut() -> None:
    assert closedness(TYPICAL.gap, TYPICAL.score) == pytest.approx([0, 0])
    assert closedness(np.array([SHUT_GAP, 0.05]), np.array([0.8, 0.1])) == pytest.approx([1, 0])
    assert closedness(np.full(2, 0.029), np.full(2, 0.4)) == pytest.approx([0.5, 0.5])


def test_one_measure_alone_is_half_a_blink() -> None:
    assert closedness(np.full(2, SHUT_GAP), np.full(2, 0.1)) == pytest.approx([0.5, 0.5])
    assert closedness(np.full(2, 0.05), np.full(2, 0.9)) == pytest.approx([0.5, 0.5])


def test_narrow_eyes_that_are_open_are_open_once_they_are_known() -> None:
    assert closedness(NARROW.gap, NARROW.score).min() > 0.5
    assert closedness(NARROW.gap, NARROW.score, NARROW) == pytest.approx([0, 0])
    assert closedness(np.full(2, SHUT_GAP), np.full(2, 0.9), NARROW) == pytest.approx([1, 1])


def test_open_lids_are_learned_while_the_performer_blinks() -> None:
    learned = LearnedLids()
    for number in range(150):
        blinking = number % 10 == 9
        gap, score = (0.008, 0.8) if blinking else (0.021, 0.47)
        opened = learned.see(np.full(2, gap), np.full(2, score))
    assert closedness(NARROW.gap, NARROW.score, opened).max() < 0.2
    assert closedness(np.full(2, SHUT_GAP), np.full(2, 0.8), opened).min() > 0.9


def test_the_first_views_change_little_and_shut_eyes_are_never_taken_for_open_ones() -> None:
    learned = LearnedLids()
    first = learned.see(np.full(2, SHUT_GAP), np.full(2, 0.9))
    assert first.gap == pytest.approx(TYPICAL.gap, abs=0.006)
    for _ in range(400):
        opened = learned.see(np.zeros(2), np.full(2, 0.95))
    assert opened.gap == pytest.approx([MIN_OPEN_GAP] * 2)
    assert closedness(np.zeros(2), np.full(2, 0.95), opened) == pytest.approx([1, 1])


def test_a_broken_view_changes_nothing_and_each_eye_is_learned_by_itself() -> None:
    learned = LearnedLids()
    broken = np.full(2, np.nan)
    assert learned.see(broken, np.zeros(2)) is TYPICAL
    for _ in range(100):
        opened = learned.see(np.array([0.02, 0.06]), np.zeros(2))
    again = learned.see(broken, np.zeros(2))
    assert again.gap == pytest.approx(opened.gap)
    assert opened.gap == pytest.approx([0.02, 0.06], abs=0.004)


def test_a_wink_is_stretched_and_small_differences_are_not() -> None:
    assert as_seen(np.array([0.5, 0.5 - WINK_BEYOND]), 0.0) == pytest.approx([0.5, 0.5 - WINK_BEYOND])
    wink = as_seen(np.array([0.6, 0.2]), 0.0)
    assert wink.mean() == pytest.approx(0.4)
    assert wink[0] - wink[1] > 0.7
    assert as_seen(np.array([1.0, 0.0]), 0.0) == pytest.approx([1, 0])


@pytest.mark.parametrize(("yaw_deg", "far"), [(45.0, 0), (-45.0, 1)])
def test_the_far_eye_does_what_the_near_one_does(yaw_deg: float, far: int) -> None:
    closed = np.array([0.3, 0.3])
    closed[far] = 0.9
    assert as_seen(closed, yaw_deg) == pytest.approx([0.3, 0.3])


def test_what_the_far_eye_says_fades_as_the_head_turns() -> None:
    closed = np.array([0.9, 0.5])
    fading = [as_seen(closed, yaw)[0] for yaw in np.arange(15.0, 36.0, 0.5)]
    assert np.abs(np.diff(fading)).max() < 0.1
    assert fading[0] > fading[-1] == pytest.approx(0.5)
