"""At rest the filters are slow, in motion at once prompt; part by part."""

from __future__ import annotations

import numpy as np
import pytest

from engine.config import SMOOTHNESS
from engine.solver.settings import CALM, DANCE, PRESETS, STANDARD, settings_for
from engine.solver.stillness import Stillness
from models.parts import NUM_PARTS, PART
from models.skeleton import JOINT

DT_S = 1 / 30
REST = np.full(NUM_PARTS, 0.3, np.float32)


def rested(seconds: float = 3.0) -> Stillness:
    stillness = Stillness()
    for _ in range(round(seconds / DT_S)):
        stillness(REST, DT_S)
    return stillness


def test_a_body_at_rest_is_filtered_hard_and_one_in_motion_as_before():
    joints, root = rested()(REST, DT_S)
    assert joints == pytest.approx(STANDARD.smoothing.still_cutoff)
    assert root == pytest.approx(STANDARD.smoothing.still_cutoff)
    joints, root = Stillness()(REST * 100, DT_S)
    assert joints == pytest.approx(1.0)
    assert root == 1.0


def test_an_arm_that_moves_is_prompt_in_the_very_frame_while_the_rest_stays_calm():
    motion = REST.copy()
    motion[PART["left_arm"]] = 10.0
    joints, root = rested()(motion, DT_S)
    assert joints[JOINT["LeftLowerArm"]] == 1.0
    assert joints[JOINT["RightLowerArm"]] == pytest.approx(STANDARD.smoothing.still_cutoff)
    assert root == pytest.approx(STANDARD.smoothing.still_cutoff)


@pytest.mark.parametrize("rate_hz", [15, 30, 60])
def test_rest_is_believed_only_after_a_while(rate_hz: int):
    stillness = Stillness()
    after = [stillness(REST, 1 / rate_hz)[1] for _ in range(3 * rate_hz)]
    assert after[rate_hz // 5] > 0.5
    assert after[-1] == pytest.approx(STANDARD.smoothing.still_cutoff)


def test_unknown_motion_counts_as_motion_and_what_is_not_a_number_as_rest():
    assert rested()(None, DT_S)[1] == 1.0
    assert rested()(np.full(NUM_PARTS, np.nan, np.float32), DT_S)[1] < 0.5


def test_the_slider_runs_through_the_presets():
    for name, place in SMOOTHNESS.items():
        expected, found = PRESETS[name].smoothing, settings_for(place).smoothing
        assert found.rotations_cutoff_hz == pytest.approx(expected.rotations_cutoff_hz)
        assert found.still_cutoff == pytest.approx(expected.still_cutoff)
    cutoffs = [settings_for(place).smoothing.rotations_cutoff_hz for place in np.linspace(0, 1, 11)]
    assert cutoffs == sorted(cutoffs, reverse=True)
    assert settings_for(-1.0) == settings_for(0.0)
    assert CALM.smoothing.rotations_beta < STANDARD.smoothing.rotations_beta < DANCE.smoothing.rotations_beta
