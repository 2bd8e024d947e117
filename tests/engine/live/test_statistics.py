"""Figures of a run: percentiles, rates, drops; on a clock that the test turns."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.live.statistics import WINDOW_S, SlidingWindow, StatsCollector, stats_json
from engine.types import Percentiles, TargetState
from models.parts import PART_NAMES


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_percentiles_are_those_of_the_last_seconds_in_ms():
    window = SlidingWindow(5.0)
    for hundredth in range(100):
        window.push(hundredth * 0.01, 9.0)
    for hundredth in range(101):
        window.push(10 + hundredth * 0.01, hundredth / 1000)
    found = window.percentiles_ms(12.0)
    assert (found.p50, found.p95, found.p99) == pytest.approx((50.0, 95.0, 99.0))


def test_without_samples_everything_is_zero_and_not_nan():
    stats = StatsCollector(Clock()).stats(detector="", backend="")
    assert stats.latency_ms == Percentiles(0.0, 0.0, 0.0)
    assert stats.fps == stats.camera_fps == stats.seconds == 0.0


def test_the_rate_is_that_of_the_samples_and_falls_when_they_stop():
    window = SlidingWindow(5.0)
    for frame in range(60):
        window.push(frame / 30)
    last_s = 59 / 30
    assert window.per_second(last_s) == pytest.approx(30)
    assert window.per_second(last_s + 1.9) < 20
    assert window.per_second(last_s + WINDOW_S) == 0


def run(clock: Clock) -> StatsCollector:
    collector = StatsCollector(clock)
    for frame in range(30):
        collector.frame_captured()
        if frame % 10 == 9:
            collector.frames_dropped()
        else:
            collector.stage_took("pose2d", 0.008)
            collector.pose_sent(0.020)
        clock.now_s += 0.04
    return collector


def test_frames_drops_and_poses_are_counted():
    clock = Clock()
    stats = run(clock).stats(detector="blazepose", backend="cpu")
    assert (stats.frames_captured, stats.frames_dropped, stats.poses) == (30, 3, 27)
    assert stats.seconds == pytest.approx(1.2)
    assert stats.camera_fps == pytest.approx(25)
    assert stats.stages["pose2d"].p95 == pytest.approx(8.0)


def test_frames_that_nobody_read_count_as_captured_and_dropped():
    collector = StatsCollector(Clock())
    collector.frames_overtaken(4)
    stats = collector.stats(detector="", backend="")
    assert (stats.frames_captured, stats.frames_dropped) == (4, 4)


def test_after_the_end_the_figures_stay_and_a_resumed_run_goes_on():
    clock = Clock()
    collector = run(clock)
    collector.end()
    ended = collector.stats(detector="", backend="")
    clock.now_s += 60
    assert collector.stats(detector="", backend="") == ended
    collector.resume()
    assert collector.stats(detector="", backend="").seconds == pytest.approx(61.2)


def test_figures_are_computed_ten_times_a_second_at_most_and_counts_are_exact():
    clock = Clock()
    collector = run(clock)
    before = collector.stats(detector="", backend="")
    clock.now_s += 0.05
    collector.pose_sent(5.0)
    soon = collector.stats(detector="", backend="")
    assert soon.poses == before.poses + 1
    assert soon.latency_ms is before.latency_ms
    clock.now_s += 0.06
    assert collector.stats(detector="", backend="").latency_ms.p99 > before.latency_ms.p99


def test_the_last_figures_of_a_run_hold_everything():
    clock = Clock()
    collector = run(clock)
    before = collector.stats(detector="", backend="")
    collector.pose_sent(5.0)
    collector.end()
    assert collector.stats(detector="", backend="").latency_ms.p99 > before.latency_ms.p99


def test_each_parts_confidence_is_averaged_over_the_run():
    collector = run(Clock())
    for value in (0.2, 0.6):
        collector.parts_seen(np.full(6, value, np.float32))
    parts = stats_json(collector.stats(detector="", backend=""), [])["parts"]
    assert set(parts) == set(PART_NAMES)
    assert parts["left_leg"] == pytest.approx(0.4)


def test_stats_json_has_the_keys_of_the_contract_and_is_valid_json():
    stats = run(Clock()).stats(detector="blazepose", backend="cpu", left_out=("limb refinement",))
    target = TargetState("vmc://127.0.0.1:39539", 10, 1200, 5.0, 1, None, "refused")
    found = json.loads(json.dumps(stats_json(stats, [target]), allow_nan=False))
    assert set(found) == {
        *("frames_captured", "frames_dropped", "poses", "seconds", "fps"),
        *("latency_ms", "stages", "detector", "detector_size", "backend", "left_out", "parts", "details", "osc"),
    }
    assert set(found["latency_ms"]) == set(found["stages"]["pose2d"]) == {"p50", "p95", "p99"}
    assert found["left_out"] == ["limb refinement"]
    assert set(found["details"]) == {"hands_per_s", "face_per_s", "latency_ms"}
    assert found["osc"] == [
        {"target": "vmc://127.0.0.1:39539", "packets": 10, "bytes": 1200, "errors": 1, "last_error": "refused"}
    ]


def test_looks_at_hands_and_face_are_counted_each_by_itself_with_their_latency():
    clock = Clock()
    collector = StatsCollector(clock)
    for number in range(60):
        clock.now_s += 1 / 30
        collector.looked_at("face" if number % 2 else "hands", 0.040)
    stats = collector.stats(detector="", backend="")
    assert stats.face_per_s == pytest.approx(15, abs=0.5)
    assert stats.hands_per_s == pytest.approx(15, abs=0.5)
    assert stats.details_latency_ms.p95 == pytest.approx(40)


def test_hands_and_face_are_among_the_parts_of_a_run_that_looked_at_them():
    collector = StatsCollector(Clock())
    collector.parts_seen(np.ones(6, np.float32))
    assert len(collector.stats(detector="", backend="").parts) == 6
    collector.parts_seen(np.zeros(6, np.float32), np.array([0.8, 0.0, 1.0], np.float32))
    collector.parts_seen(np.zeros(6, np.float32), np.array([0.4, 0.0, 1.0], np.float32))
    found = stats_json(collector.stats(detector="", backend=""), [])["parts"]
    assert found["head"] == pytest.approx(1 / 3, abs=0.001)
    assert (found["left_hand"], found["right_hand"], found["face"]) == pytest.approx((0.6, 0.0, 1.0))
