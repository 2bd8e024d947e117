"""A live source without frames: noticed in time, at the output's rate, and over once the pose is at rest."""

from __future__ import annotations

import numpy as np
import pytest

from engine.live.silence import EASES_S, NOTICED_S, Silence
from engine.solver.settings import STANDARD

POLL_S = 0.1
LATENCY_S = 0.06


def after_frames(period_s: float, *, live: bool = True, number: int = 60) -> tuple[Silence, float]:
    """Return it after some frames, and the time when the last one had been solved."""
    silence, now_s = Silence(), 0.0
    for frame in range(number):
        now_s = frame * period_s + LATENCY_S
        silence.frame_came(now_s - LATENCY_S, now_s, live=live)
    return silence, now_s


def poses_without_frames(
    silence: Silence, now_s: float, for_s: float, rate_hz: float = 0.0
) -> list[tuple[float, float]]:
    """Return (time, capture time) of each pose that is due, asked as the solve thread does."""
    due, end_s = [], now_s + for_s
    while now_s < end_s:
        now_s += silence.wait_s(rate_hz, POLL_S)
        at_s = silence.lost_at_s(now_s)
        if at_s is not None:
            due.append((now_s, at_s))
    return due


@pytest.mark.parametrize("fps", [60.0, 30.0, 15.0])
def test_a_camera_without_frames_is_noticed_before_the_hold_of_a_lost_pose_is_over(fps: float):
    silence, now_s = after_frames(1 / fps)
    captured_at_s = now_s - LATENCY_S
    first_s, at_s = poses_without_frames(silence, now_s, 1.0)[0]
    assert NOTICED_S <= first_s - now_s <= STANDARD.lost.hold_s
    assert NOTICED_S <= at_s - captured_at_s <= STANDARD.lost.hold_s


@pytest.mark.parametrize("fps", [30.0, 10.0, 3.0, 1.0])
def test_frames_that_come_at_the_cameras_own_pace_or_a_little_late_are_no_silence(fps: float):
    silence, now_s = after_frames(1 / fps)
    late_s = max(2.5 / fps, NOTICED_S) - POLL_S
    assert poses_without_frames(silence, now_s, late_s) == []


@pytest.mark.parametrize("fps", [30.0, 3.0, 1.0])
def test_a_slow_camera_that_stops_begins_with_the_held_pose_too_and_moves_on_in_small_steps(fps: float):
    silence, now_s = after_frames(1 / fps)
    captured_at_s = now_s - LATENCY_S
    times = [at_s - captured_at_s for _now_s, at_s in poses_without_frames(silence, now_s, 9.0)]
    assert times[0] <= STANDARD.lost.hold_s
    assert np.diff(times).min() > 0
    assert np.diff(times).max() <= POLL_S + 1e-9


@pytest.mark.parametrize(
    ("fps", "rate_hz", "expected_hz"), [(30, 0, 30), (60, 0, 60), (5, 0, 24), (30, 120, 120), (30, 20, 20)]
)
def test_poses_come_at_the_rate_of_the_output_or_else_of_the_camera(fps: float, rate_hz: float, expected_hz: float):
    silence, now_s = after_frames(1 / fps)
    due = poses_without_frames(silence, now_s, 3.0, rate_hz)
    assert 1 / np.diff([now_s for now_s, _at_s in due]).mean() == pytest.approx(expected_hz, rel=0.05)


def test_after_a_hold_up_of_this_program_the_pose_moves_on_without_a_jump():
    silence, now_s = after_frames(1 / 30)
    captured_at_s = now_s - LATENCY_S
    at_s = silence.lost_at_s(now_s + 3600.0)
    assert at_s is not None
    assert at_s - captured_at_s <= STANDARD.lost.hold_s


def test_it_ends_when_the_pose_has_long_been_at_rest_and_its_confidence_is_0():
    silence, now_s = after_frames(1 / 30)
    captured_at_s = now_s - LATENCY_S
    due = poses_without_frames(silence, now_s, 20.0)
    last_s = due[-1][1] - captured_at_s
    assert EASES_S < last_s < EASES_S + 0.2
    lost = STANDARD.lost
    assert last_s > max(lost.hold_s + lost.relax_s, lost.fade_s)
    assert silence.wait_s(0.0, POLL_S) == POLL_S  # and costs nothing any more


def test_a_pose_without_a_frame_is_never_later_than_the_frame_that_comes_next():
    silence, now_s = after_frames(1 / 30)
    for due_s, at_s in poses_without_frames(silence, now_s, 2.0):
        assert at_s <= due_s - LATENCY_S + 1e-9


def test_a_file_is_never_silent():
    silence, now_s = after_frames(1 / 30, live=False)
    assert poses_without_frames(silence, now_s, 30.0) == []


def test_before_the_first_frame_nothing_is_due():
    assert Silence().lost_at_s(100.0) is None


def test_frames_that_another_thread_keeps_back_are_excused():
    silence, now_s = after_frames(1 / 30)
    silence.excuse(now_s + 5.0)
    assert silence.lost_at_s(now_s + 5.0 + NOTICED_S / 2) is None
    assert silence.lost_at_s(now_s + 5.0 + NOTICED_S + 0.01) is not None


def test_frames_that_come_back_end_it_and_a_second_silence_is_like_the_first():
    silence, now_s = after_frames(1 / 30)
    first = poses_without_frames(silence, now_s, 20.0)
    for frame in range(30):
        back_s = now_s + 20.0 + frame / 30
        silence.frame_came(back_s - LATENCY_S, back_s, live=True)
        assert silence.lost_at_s(back_s + 0.03) is None
    assert len(poses_without_frames(silence, back_s, 20.0)) == pytest.approx(len(first), abs=2)
