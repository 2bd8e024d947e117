"""The body mode follows what is seen of the legs: after a second, with hysteresis, faded; a setting overrides it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from engine.solver.body_mode import BodyMode


def run(mode: BodyMode, confidence: float, seconds: float, rate_hz: int = 30) -> list[float]:
    return [mode.push(confidence, 1 / rate_hz) for _ in range(round(seconds * rate_hz))]


def test_the_first_frame_decides_at_once():
    for confidence, weight, name in ((0.1, 1.0, "upper"), (0.9, 0.0, "whole")):
        mode = BodyMode()
        assert mode.push(confidence, 1 / 30) == weight
        assert mode.name == name


@pytest.mark.parametrize("rate_hz", [15, 24, 30, 60])
def test_unseen_legs_fade_out_after_a_second_and_back_in_after_another(rate_hz: int):
    mode = BodyMode()
    run(mode, 0.9, 1.0, rate_hz)
    assert max(run(mode, 0.05, 0.9, rate_hz)) == 0.0
    fade = run(mode, 0.05, 0.8, rate_hz)
    assert fade[-1] == 1.0
    assert all(b - a < 4.0 / rate_hz for a, b in pairwise(fade))
    assert min(run(mode, 0.9, 0.9, rate_hz)) == 1.0
    assert run(mode, 0.9, 0.8, rate_hz)[-1] == 0.0


def test_a_short_occlusion_and_a_half_seen_leg_change_nothing():
    mode = BodyMode()
    run(mode, 0.9, 1.0)
    for _ in range(5):
        run(mode, 0.0, 0.8)
        run(mode, 0.9, 0.1)
    assert mode.name == "whole"
    run(mode, 0.4, 10.0)
    assert mode.name == "whole"
    run(mode, 0.1, 2.0)
    run(mode, 0.4, 10.0)
    assert mode.name == "upper"


@pytest.mark.parametrize(("setting", "weight"), [("whole", 0.0), ("upper", 1.0), ("seated", 1.0)])
def test_a_setting_overrides_what_is_seen(setting: str, weight: float):
    for confidence in (0.0, 1.0):
        mode = BodyMode(setting)
        assert run(mode, confidence, 3.0)[-1] == weight
        assert mode.name == setting


def test_another_setting_fades_in_while_running():
    mode = BodyMode("whole")
    run(mode, 0.9, 1.0)
    mode.setting = "seated"
    fade = run(mode, 0.9, 0.6)
    assert 0.0 < fade[3] < 1.0
    assert fade[-1] == 1.0
