"""A comparison against the truth: angle, single answers, and the mean of both."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.viewpoints.fit import F64
from engine.viewpoints.pair_errors import TrueView, pair_errors
from engine.viewpoints.track import Track

Yaw = Callable[[float], F64]
Make = Callable[..., Track]


def test_the_mean_of_two_poor_depths_is_nearer_to_the_truth_than_either(make_track: Make, yaw: Yaw) -> None:
    true = [TrueView(make_track(yaw(degrees)).joints_m, yaw(degrees)) for degrees in (0, 90)]
    a, b = (make_track(yaw(degrees), depth_m=0.1) for degrees in (0, 90))
    found = pair_errors(a, b, *true)
    assert found.true_angle_deg == pytest.approx(90.0)
    assert found.angle_off_deg < 2.0
    assert found.a_mm > 50
    assert found.fused_over_single < 0.7


def test_perfect_answers_have_no_error(make_track: Make, yaw: Yaw) -> None:
    a, b = (make_track(yaw(degrees)) for degrees in (0, 60))
    found = pair_errors(a, b, TrueView(a.joints_m, yaw(0)), TrueView(b.joints_m, yaw(60)))
    assert found.a_mm == pytest.approx(0.0, abs=1e-6)
    assert found.b_mm == pytest.approx(0.0, abs=1e-6)
    assert found.fused_mm < 2.0
    assert found.ours_mm < 2.0 < found.detector_mm
