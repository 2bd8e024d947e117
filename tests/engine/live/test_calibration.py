"""The calibration's state machine on a fake clock: nobody in view is never calibrated, and nothing lasts for ever."""

from __future__ import annotations

import math
import threading

import pytest

from engine.live.calibration import (
    ANNOUNCED_S,
    FAILED_S,
    GAP_S,
    PATIENCE_S,
    STEADY_S,
    CalibrationControl,
    announced,
    cancelled,
    done,
    in_new_world,
    moved_on,
    started,
)
from engine.solver.settings import STANDARD
from engine.types import NOT_CALIBRATED, Calibration


class Stage:
    """A control with its clock, a camera at 30 Hz, and what was said."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.said: list[tuple[str, str]] = []
        self.control = CalibrationControl(lambda: self.now_s, lambda level, text: self.said.append((level, text)))
        self.calibrated_at_s: list[float] = []

    @property
    def state(self) -> str:
        return self.control.state().state

    def frames(self, seconds: float, *, confidence: float = 0.9, step_s: float = 1 / 30) -> None:
        """What the solve thread does with each frame."""
        end_s = self.now_s + seconds
        while self.now_s + step_s <= end_s:
            self.now_s += step_s
            due = confidence > 0.0 and self.control.due(self.now_s)
            if due:
                self.calibrated_at_s.append(self.now_s)
            self.control.solved(self.now_s, confidence, calibrated=due)
        self.now_s = end_s


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_at_once_with_somebody_in_view_is_done_with_the_next_frame(stage: Stage):
    stage.frames(1.0)
    stage.control.start(0.0)
    assert stage.state == "waiting"
    stage.frames(0.05)
    assert stage.state == "done"
    assert len(stage.calibrated_at_s) == 1
    assert [level for level, _ in stage.said] == ["info"]


def test_the_countdown_ends_at_its_time_and_never_before(stage: Stage):
    stage.control.start(3.0)
    began_s = stage.now_s
    stage.frames(2.95)
    assert stage.state == "countdown"
    assert stage.control.state().until_s == began_s + 3.0
    stage.frames(0.2)
    assert stage.state == "done"
    assert stage.calibrated_at_s[0] == pytest.approx(began_s + 3.0, abs=0.05)


def test_with_nobody_in_view_it_waits_then_fails_with_a_reason_and_is_never_done(stage: Stage):
    stage.control.start(0.0)
    stage.frames(PATIENCE_S - 0.1, confidence=0.0)
    assert stage.state == "waiting"
    stage.frames(0.2, confidence=0.0)
    failed = stage.control.state()
    assert (failed.state, failed.reason) == ("failed", "nobody was seen for 10 s")
    assert stage.calibrated_at_s == []
    assert stage.said == [("warning", "not calibrated: nobody was seen for 10 s; calibrate again")]
    stage.frames(FAILED_S, confidence=0.0)
    assert stage.state == "idle"
    assert len(stage.said) == 1


def test_without_a_picture_the_reason_says_so(stage: Stage):
    stage.frames(1.0)
    stage.control.start(3.0)
    stage.now_s += 3.0 + PATIENCE_S
    assert stage.control.state().reason == "no picture came for 10 s"


def test_somebody_who_comes_back_is_waited_for_until_the_pose_is_theirs_alone(stage: Stage):
    stage.frames(1.0)
    stage.control.start(0.0)
    stage.control.solved(stage.now_s, 0.0, calibrated=False)
    back_s = stage.now_s
    stage.frames(2.0)
    assert stage.calibrated_at_s[0] - back_s == pytest.approx(STEADY_S, abs=0.08)


@pytest.mark.parametrize("confidence", [0.0, 0.1])
def test_a_view_that_is_broken_or_unsure_again_and_again_is_not_steady(stage: Stage, confidence: float):
    stage.control.start(0.0)
    for _ in range(10):
        stage.frames(STEADY_S - 0.1)
        stage.frames(0.1, confidence=confidence)
    assert stage.state == "waiting"
    assert stage.calibrated_at_s == []


def test_frames_after_a_silence_are_no_steady_view(stage: Stage):
    stage.frames(1.0)
    stage.control.start(0.0)
    stage.now_s += GAP_S + 0.1
    stage.frames(STEADY_S - 0.1)
    assert stage.state == "waiting"


def test_a_gap_is_what_the_solver_calls_a_gap():
    assert STANDARD.smoothing.gap_s == GAP_S


def test_an_answer_that_was_not_used_is_not_done(stage: Stage):
    stage.frames(1.0)
    stage.control.start(0.0)
    assert stage.control.due(stage.now_s)
    stage.control.solved(stage.now_s, 0.0, calibrated=True)  # the solver called the frame lost
    assert stage.state == "waiting"


@pytest.mark.parametrize("countdown_s", [0.0, 5.0])
def test_it_can_be_called_off_at_any_time_and_what_held_before_holds(stage: Stage, countdown_s: float):
    stage.control.start(countdown_s)
    stage.control.cancel()
    assert stage.state == "idle"
    stage.control.start(0.0)
    stage.frames(1.0)
    first = stage.control.state()
    assert first.state == "done"
    stage.control.start(countdown_s)
    stage.control.cancel()
    assert stage.control.state() == first
    assert len(stage.said) == 1


def test_a_failure_after_a_calibration_ends_in_that_calibration(stage: Stage):
    stage.control.start(0.0)
    stage.frames(1.0)
    stage.control.start(0.0)
    stage.frames(PATIENCE_S + 0.1, confidence=0.0)
    assert stage.state == "failed"
    stage.frames(FAILED_S + 0.1, confidence=0.0)
    assert stage.state == "done"
    assert len(stage.calibrated_at_s) == 1


def test_asking_twice_neither_begins_the_countdown_anew_nor_the_wait(stage: Stage):
    stage.control.start(3.0)
    first = stage.control.state()
    stage.now_s += 1.0
    stage.control.start(3.0)
    stage.control.announce()
    assert stage.control.state() == first
    stage.now_s += 2.5
    waiting = stage.control.state()
    assert waiting.until_s == first.until_s + PATIENCE_S
    stage.control.start(3.0)
    assert stage.control.state() == waiting


def test_an_announcement_that_nothing_follows_fails(stage: Stage):
    stage.control.announce()
    assert stage.state == "asked"
    stage.now_s += ANNOUNCED_S
    assert stage.control.state().reason.startswith("it was announced")


def test_an_announcement_is_followed_by_the_calibration(stage: Stage):
    stage.frames(1.0)
    stage.control.announce()
    stage.control.start(0.0)
    stage.frames(0.05)
    assert stage.state == "done"


def test_another_source_is_not_calibrated_and_one_under_way_goes_on(stage: Stage):
    stage.control.start(0.0)
    stage.frames(1.0)
    stage.control.new_world()
    assert stage.state == "idle"
    stage.control.start(0.0)
    stage.control.new_world()
    assert stage.state == "waiting"
    stage.frames(STEADY_S - 0.1)
    assert stage.state == "waiting"
    stage.frames(0.2)
    assert stage.state == "done"


def test_a_lost_world_is_not_remembered_by_a_calibration_that_fails(stage: Stage):
    stage.control.start(0.0)
    stage.frames(1.0)
    stage.control.start(5.0)
    stage.control.new_world()
    stage.control.cancel()
    assert stage.state == "idle"


def test_no_transition_leads_to_done_but_a_person_seen_while_it_waits():
    values = [Calibration(state, 0.0, 1.0) for state in ("idle", "asked", "countdown", "waiting", "failed")]
    for value in values:
        for after in (announced(value, 0.5), started(value, 0.5, 0.0), started(value, 0.5, 3.0), cancelled(value, 0.5)):
            assert after.state != "done"
        for now_s in (0.5, 2.0, 100.0, math.inf):
            assert moved_on(value, now_s).state != "done"
        assert in_new_world(value, 0.5).state != "done"
        assert (done(value, 0.5).state == "done") == (value.state == "waiting")
    assert not NOT_CALIBRATED.active


def test_every_state_under_way_ends_by_itself():
    for value in (
        announced(NOT_CALIBRATED, 0.0),
        started(NOT_CALIBRATED, 0.0, 10.0),
        started(NOT_CALIBRATED, 0.0, 0.0),
    ):
        assert value.active
        after, now_s = value, 0.0
        while after.active:
            now_s = after.until_s
            assert math.isfinite(now_s)
            after = moved_on(after, now_s)
        assert moved_on(after, after.until_s).state == "idle"


def test_a_failure_is_said_once_whoever_looks(stage: Stage):
    stage.control.start(0.0)
    stage.now_s += PATIENCE_S
    threads = [threading.Thread(target=stage.control.state) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stage.said) == 1
