"""What is shown over the video and heard: digits, and never "Calibrated" before it is so."""

from __future__ import annotations

import dataclasses

import pytest

from app.cues import DONE, FAILED, GO, TICK, Cue, cue_of, digit, tone_between
from app.window.session import NO_STATS
from engine.osc.demo_pose import wave_pose
from engine.types import Calibration, Pose, RecordingState, Snapshot

NOW_S = 100.0


def snapshot(calibration: Calibration | None = None, *, pose: Pose | None = None, recorded_s: float | None = None):
    recording = None if recorded_s is None else RecordingState("take.npz", recorded_s, 0, 0, None)
    return Snapshot(
        "running", "demo", None, None, pose, NO_STATS, (), (), recording, None, calibration or Calibration(), NOW_S
    )


@pytest.fixture
def somebody() -> Pose:
    return wave_pose(1.7, 0.0)


@pytest.mark.parametrize(
    ("left_s", "shown"), [(3.0, "3"), (2.01, "3"), (2.0, "2"), (0.3, "1"), (0.0, "1"), (9.4, "10")]
)
def test_a_digit_is_the_seconds_that_have_begun(left_s: float, shown: str):
    assert digit(left_s) == shown


def test_a_countdown_is_a_digit_and_each_digit_ticks_once():
    shown: list[Cue | None] = []
    tones = []
    for tenth in range(31):
        counting = Calibration("countdown", NOW_S - tenth / 10, NOW_S + 3.0 - tenth / 10)
        cue = cue_of(snapshot(counting), None)
        tones.append(tone_between(shown[-1] if shown else None, cue))
        shown.append(cue)
    assert [cue.headline for cue in shown if cue is not None][::10] == ["3", "2", "1", "1"]
    assert tones.count(TICK) == 3


def test_while_it_waits_the_performer_is_asked_in_and_then_to_hold_still(somebody: Pose):
    waiting = Calibration("waiting", NOW_S - 1.0, NOW_S + 6.5)
    nobody = cue_of(snapshot(waiting), None)
    assert nobody is not None
    assert (nobody.words, nobody.level, nobody.tone) == ("Step into view", "warning", "")
    assert "7 s" in nobody.line
    lost = cue_of(snapshot(waiting, pose=dataclasses.replace(somebody, tracked=False)), None)
    assert lost == nobody
    seen = cue_of(snapshot(waiting, pose=somebody), None)
    assert seen is not None
    assert seen.words == "Hold still"


def test_calibrated_is_said_when_it_is_done_and_for_a_moment_only(somebody: Pose):
    for state in ("idle", "asked", "countdown", "waiting", "failed"):
        cue = cue_of(snapshot(Calibration(state, NOW_S, NOW_S + 5.0), pose=somebody), None)
        assert cue is None or cue.words != "Calibrated"
    just = cue_of(snapshot(Calibration("done", NOW_S - 0.5, done_at_s=NOW_S - 0.5)), None)
    assert just is not None
    assert (just.words, just.tone) == ("Calibrated", DONE)
    assert cue_of(snapshot(Calibration("done", NOW_S - 3.0, done_at_s=NOW_S - 3.0)), None) is None


def test_a_failure_gives_its_reason_and_sounds_otherwise():
    cue = cue_of(snapshot(Calibration("failed", NOW_S, NOW_S + 6.0, "nobody was seen for 10 s")), None)
    assert cue == Cue("calibrate", "Not\ncalibrated", "Nobody was seen for 10 s", FAILED, "warning", announced=True)


def test_a_take_counts_down_begins_with_a_tone_of_its_own_and_leaves_the_picture_alone():
    counting = cue_of(snapshot(), 1.5)
    assert counting is not None
    assert (counting.kind, counting.headline, counting.tone) == ("record", "2", TICK)
    begun = cue_of(snapshot(recorded_s=0.1), None)
    assert begun is not None
    assert (begun.headline, tone_between(counting, begun)) == ("Recording", GO)
    assert cue_of(snapshot(recorded_s=2.0), None) is None
    assert tone_between(begun, None) == ""


def test_the_same_cue_sounds_once_though_its_line_changes():
    cues = [cue_of(snapshot(Calibration("waiting", 0.0, NOW_S + left)), None) for left in (9.0, 8.0)]
    assert cues[0] != cues[1]
    assert tone_between(cues[0], cues[1]) == ""


def test_a_calibration_comes_before_a_take_that_counts_down_too():
    cue = cue_of(snapshot(Calibration("countdown", NOW_S, NOW_S + 2.0)), 3.0)
    assert cue is not None
    assert cue.kind == "calibrate"
