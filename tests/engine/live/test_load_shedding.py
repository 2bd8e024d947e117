"""Detail is given up one thing at a time when poses come late, and comes back with room; on a clock the test turns."""

from __future__ import annotations

import pytest

from engine.live.load_shedding import (
    BUDGET_S,
    DOWN_AFTER_S,
    FIRST_DOWN_AFTER_S,
    LONGEST_WAIT_S,
    ROOM_S,
    UP_AFTER_S,
    LoadShedding,
)

LATE_S, FINE_S, BETWEEN_S = 2 * BUDGET_S, 0.5 * ROOM_S, 0.5 * (BUDGET_S + ROOM_S)
FRAME_S = 1 / 30


class Stage:
    """A control with two stages whose times and latency the test sets."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.lines: list[str] = []
        self.control = LoadShedding(lambda: self.now_s, lambda level, text: self.lines.append(f"{level}: {text}"))
        self.control.offer("pose2d", ("features", "heatmaps"))
        self.control.offer("vtm", ("limbs",))
        self.took = {"pose2d": 0.010, "vtm": 0.005}

    def run(self, seconds: float, latency_s: float) -> None:
        for _ in range(round(seconds / FRAME_S)):
            self.now_s += FRAME_S
            for stage, took_s in self.took.items():
                self.control.took(stage, took_s)
            self.control.pose_sent(latency_s)

    def until(self, names: tuple[str, ...], latency_s: float, most_s: float) -> float:
        """Seconds until exactly these are left out."""
        started_s = self.now_s
        while self.control.names != names:
            assert self.now_s - started_s < most_s, f"after {most_s} s {self.control.names} are left out"
            self.run(FRAME_S, latency_s)
        return self.now_s - started_s


def test_the_busiest_stage_gives_up_one_thing_after_the_other():
    stage = Stage()
    stage.until(("features",), LATE_S, 3.0)
    assert (stage.control.left_out("pose2d"), stage.control.left_out("vtm")) == (1, 0)
    assert stage.until(("features", "heatmaps"), LATE_S, 3.0) >= DOWN_AFTER_S
    stage.until(("features", "heatmaps", "limbs"), LATE_S, 3.0)
    stage.run(30.0, LATE_S)
    assert stage.control.names == ("features", "heatmaps", "limbs")


def test_the_slower_stage_goes_first():
    stage = Stage()
    stage.took["vtm"] = 0.050
    stage.until(("limbs",), LATE_S, 3.0)
    assert stage.control.left_out("vtm") == 1


def test_one_line_tells_each_change():
    stage = Stage()
    stage.until(("features",), LATE_S, 3.0)
    stage.until((), FINE_S, 30.0)
    assert stage.lines == [
        "info: poses come 140 ms after their frame: features off until there is time",
        "info: there is time again: features back on",
    ]


def test_a_short_hitch_changes_nothing():
    stage = Stage()
    stage.run(5.0, FINE_S)
    for _ in range(20):
        stage.run(FRAME_S, 0.5)
        stage.run(3.0, FINE_S)
    assert stage.lines == []


def test_between_the_limits_all_stays_as_it_is():
    stage = Stage()
    stage.run(60.0, BETWEEN_S)
    assert stage.control.names == ()
    stage.until(("features",), LATE_S, 3.0)
    stage.run(60.0, BETWEEN_S)
    assert stage.control.names == ("features",)


def test_what_went_last_comes_back_first_and_slowly():
    stage = Stage()
    stage.until(("features", "heatmaps"), LATE_S, 6.0)
    assert stage.until(("features",), FINE_S, 30.0) >= UP_AFTER_S
    assert stage.until((), FINE_S, 30.0) >= UP_AFTER_S


def test_detail_that_was_too_much_waits_longer_each_time_and_not_for_ever():
    stage = Stage()
    waits = []
    for _ in range(7):
        stage.until(("features",), LATE_S, 3.0)
        waits.append(stage.until((), FINE_S, LONGEST_WAIT_S + 5.0))
    assert waits[0] < 1.2 * UP_AFTER_S
    assert waits[1] == pytest.approx(2 * UP_AFTER_S, rel=0.1)
    assert waits[-1] == pytest.approx(waits[-2], rel=0.05)


def test_a_pause_is_no_lateness():
    stage = Stage()
    for _ in range(10):
        stage.run(0.9 * DOWN_AFTER_S, LATE_S)
        stage.now_s += 5.0
    assert stage.lines == []


def test_a_stage_opened_anew_leaves_nothing_out():
    stage = Stage()
    stage.took["vtm"] = 0.050
    stage.until(("limbs", "features"), LATE_S, 6.0)
    stage.control.offer("pose2d", ())
    assert stage.control.names == ("limbs",)
    stage.run(20.0, LATE_S)
    assert stage.control.names == ("limbs",)


COSTS_S = (0.050, 0.015, 0.010)


class Sizes(Stage):
    """A camera of 30 frames a second before a detector of three sizes, whose time follows the one that runs."""

    def __init__(self, busy: float = 1.0) -> None:
        super().__init__()
        self.busy = busy
        self.control.offer("pose2d", ("heavy network", "full network", "heatmaps"), 2)
        self.control.frames_come(FRAME_S)
        self.control.choose_size("pose2d", [busy * cost_s for cost_s in COSTS_S])

    @property
    def size(self) -> int:
        return min(self.control.left_out("pose2d"), 2)

    def run(self, seconds: float, latency_s: float) -> None:
        for _ in range(round(seconds / FRAME_S)):
            self.took["pose2d"] = self.busy * COSTS_S[self.size]
            super().run(FRAME_S, latency_s)


@pytest.mark.parametrize(("busy", "size"), [(0.4, 0), (0.51, 1), (1.0, 1), (1.7, 2), (9.0, 2)])
def test_the_largest_network_is_taken_that_leaves_a_quarter_of_the_time_between_frames(busy, size):
    stage = Sizes(busy)
    assert stage.size == size
    assert stage.control.names == ()  # a smaller network is no detail that is left out
    assert stage.lines == []


def test_a_smaller_network_takes_over_when_frames_come_faster_than_they_are_read():
    stage = Sizes(0.4)
    stage.run(5.0, FINE_S)
    assert stage.size == 0
    stage.busy = 0.8  # another program wants the processor
    stage.run(4.0, FINE_S)
    assert stage.size == 1
    assert stage.lines == ["info: pose2d takes 40 ms, frames come every 33: heavy network off until there is time"]


def test_networks_go_before_any_other_detail_even_of_a_slower_stage():
    stage = Sizes(0.1)
    stage.took["vtm"] = 0.100
    stage.run(2.0, LATE_S)
    assert (stage.size, stage.control.names) == (1, ())
    stage.run(2.0, LATE_S)
    assert (stage.size, stage.control.names) == (2, ())
    stage.until(("limbs",), LATE_S, 3.0)
    assert stage.size == 2


def test_a_network_that_does_not_keep_up_takes_nothing_else_with_it():
    stage = Sizes(9.0)
    stage.run(60.0, FINE_S)
    assert stage.control.names == ()


def test_a_larger_network_comes_back_when_there_is_time_for_it_and_not_before():
    stage = Sizes(1.0)
    stage.run(200.0, FINE_S)
    assert stage.size == 1
    stage.busy = 0.4  # the other program has ended
    stage.run(UP_AFTER_S + 1.0, FINE_S)
    assert stage.size == 0
    assert stage.lines == ["info: there is time again: heavy network back on"]


def test_a_camera_that_slows_down_in_the_dark_leaves_time_for_a_larger_network():
    stage = Sizes(0.6)
    stage.run(30.0, FINE_S)
    assert stage.size == 1
    stage.control.frames_come(2 * FRAME_S)
    stage.run(UP_AFTER_S + 1.0, FINE_S)
    assert stage.size == 0


def test_detail_comes_back_before_larger_networks_do():
    stage = Sizes(0.3)
    stage.took["vtm"] = 0.001
    stage.until(("heatmaps",), LATE_S, 10.0)
    assert stage.size == 2
    stage.until((), FINE_S, UP_AFTER_S + 2.0)
    assert stage.size == 2
    stage.run(2 * UP_AFTER_S + 2.0, FINE_S)
    assert stage.size == 0


def test_another_detector_is_chosen_anew():
    stage = Sizes(1.0)
    stage.control.offer("pose2d", ("heatmaps",))
    assert stage.control.left_out("pose2d") == 0
    stage.run(30.0, FINE_S)
    assert stage.lines == []


def test_what_is_first_goes_before_anything_of_the_body_and_sooner():
    stage = Stage()
    stage.control.offer("details", ("hand rate", "hands"), first=True)
    assert stage.until(("hand rate",), LATE_S, 3.0) < DOWN_AFTER_S
    assert stage.until(("hand rate", "hands"), LATE_S, 3.0) >= FIRST_DOWN_AFTER_S
    assert stage.until(("hand rate", "hands", "features"), LATE_S, 3.0) >= DOWN_AFTER_S
    assert stage.control.left_out_of("details") == ("hand rate", "hands")


def test_a_larger_network_of_the_body_stays_while_there_is_something_else_to_give_up():
    stage = Stage()
    stage.control.offer("pose2d", ("heavy", "heatmaps"), 1)
    stage.control.offer("details", ("hands",), first=True)
    stage.control.frames_come(FRAME_S)
    stage.took["pose2d"] = 2 * FRAME_S  # slower than the frames come, though the latency is fine
    stage.until(("hands",), FINE_S, 3.0)
    assert stage.control.left_out("pose2d") == 0
    assert "frames come every 33" in stage.lines[-1]
    stage.run(2 * DOWN_AFTER_S, FINE_S)
    assert stage.control.left_out("pose2d") == 1
