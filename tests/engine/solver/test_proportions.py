"""Bone lengths: found in about two seconds, symmetric, human, and constant from then on."""

from __future__ import annotations

import numpy as np
import pytest

from engine.solver.proportions import Proportions, weighted_median
from engine.solver.settings import STANDARD
from engine.types import F64
from models.kinematics import stature
from models.skeleton import JOINT, MIRROR_JOINTS, NUM_JOINTS

DT_S = 1 / 30


def person(rng: np.random.Generator):
    ratio = rng.uniform(0.9, 1.1, NUM_JOINTS)
    return (ratio + ratio[list(MIRROR_JOINTS)]) / 2


def feed(
    proportions: Proportions,
    ratio: F64,
    rng: np.random.Generator,
    seconds: float,
    noise: float = 0.04,
    confidence: float = 0.9,
):
    for _ in range(round(seconds / DT_S)):
        proportions.push(ratio + rng.normal(0, noise, NUM_JOINTS), confidence, DT_S)


def test_a_person_is_found_within_two_seconds_in_spite_of_outliers():
    rng = np.random.default_rng(0)
    ratio, proportions = person(rng), Proportions(1.7)
    for frame in range(60):
        wild = 3.0 if frame % 5 == 0 else 0.0
        proportions.push(ratio + rng.normal(0, 0.04, NUM_JOINTS) + wild, 0.9, DT_S)
    assert np.abs(proportions.ratio - ratio).max() < 0.05


def test_lengths_freeze_and_are_then_exactly_constant():
    rng = np.random.default_rng(1)
    proportions = Proportions(1.7)
    feed(proportions, person(rng), rng, 5)
    assert proportions.frozen
    frozen = proportions.offsets_m.copy()
    feed(proportions, person(rng), rng, 10)
    np.testing.assert_array_equal(proportions.offsets_m, frozen)


def test_lengths_never_jump_after_the_first_third_of_a_second():
    rng = np.random.default_rng(2)
    proportions = Proportions(1.7)
    feed(proportions, np.full(NUM_JOINTS, 1.3), rng, 0.4, noise=0.3, confidence=1.0)
    before = proportions.ratio.copy()
    for _ in range(90):
        proportions.push(np.full(NUM_JOINTS, 1.3) + rng.normal(0, 0.3, NUM_JOINTS), 1.0, DT_S)
        assert np.abs(proportions.ratio - before).max() < 0.002
        before = proportions.ratio.copy()


def test_the_first_third_of_a_second_brings_the_lengths_near_at_once():
    rng = np.random.default_rng(5)
    ratio, proportions = person(rng), Proportions(1.7)
    feed(proportions, ratio, rng, 0.34, noise=0.01)
    assert np.abs(proportions.ratio - ratio).max() < 0.4 * np.abs(ratio - 1).max()


def test_the_first_frames_are_drawn_to_the_usual_person():
    proportions = Proportions(1.7)
    off = np.full(NUM_JOINTS, 1.3)
    proportions.push(off, 1.0, DT_S)
    first = proportions.ratio[1:] - 1.0
    np.testing.assert_allclose(first, 0.3 * DT_S / (DT_S + 0.1), rtol=1e-6)
    for _ in range(8):
        proportions.push(off, 1.0, DT_S)
    assert (proportions.ratio[1:] - 1.0 > 2 * first).all()


def test_left_equals_right_within_human_limits_and_the_stature_is_the_height():
    rng = np.random.default_rng(3)
    proportions = Proportions(1.83)
    feed(proportions, rng.uniform(0.2, 2.5, NUM_JOINTS), rng, 6)
    np.testing.assert_allclose(proportions.ratio, proportions.ratio[list(MIRROR_JOINTS)])
    assert proportions.ratio.min() >= STANDARD.proportions.ratio_limits[0]
    assert proportions.ratio.max() <= STANDARD.proportions.ratio_limits[1]
    assert float(stature(proportions.offsets_m)) == pytest.approx(1.83)


def test_the_same_person_coming_back_keeps_the_lengths_and_another_one_gets_new_ones():
    rng = np.random.default_rng(4)
    first, proportions = np.ones(NUM_JOINTS), Proportions(1.7)
    second = first.copy()
    second[1:] = np.where(np.arange(NUM_JOINTS - 1) % 2, 1.2, 0.85)
    second = (second + second[list(MIRROR_JOINTS)]) / 2
    feed(proportions, first, rng, 5)
    frozen = proportions.offsets_m.copy()
    proportions.suspect_another_person()
    feed(proportions, first, rng, 6)
    np.testing.assert_array_equal(proportions.offsets_m, frozen)
    proportions.suspect_another_person()
    feed(proportions, second, rng, 10)
    assert proportions.frozen
    assert np.abs(proportions.ratio - second)[1:].max() < 0.06


def test_views_without_confidence_do_not_freeze_anything():
    rng = np.random.default_rng(5)
    proportions = Proportions(1.7)
    feed(proportions, person(rng), rng, 8, confidence=0.0)
    assert not proportions.frozen
    np.testing.assert_allclose(proportions.ratio, 1)


def test_the_weighted_median_ignores_samples_without_weight():
    samples = np.array([[1.0, 5.0], [2.0, 6.0], [100.0, -100.0]])
    np.testing.assert_array_equal(weighted_median(samples, np.array([1.0, 1.5, 0.0])), [2.0, 6.0])


def test_the_person_scales_with_the_height():
    proportions = Proportions(1.6)
    small = proportions.offsets_m.copy()
    proportions.set_height(1.92)
    np.testing.assert_allclose(proportions.offsets_m, small * 1.2)
    assert proportions.offsets_m[JOINT["Hips"], 1] > 0.9
