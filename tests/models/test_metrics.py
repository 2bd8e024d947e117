"""Accuracy measures: what they must forgive, and what they must not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from models.metrics import (
    acceleration_error,
    angle_errors_deg,
    foot_sliding_mm,
    jitter,
    length_error_percent,
    mpjpe,
    path_length,
    position_errors,
    procrustes_aligned,
    resting_feet,
    rigid_aligned,
    root_aligned,
    scale_aligned,
    trajectory_error,
    trajectory_error_percent,
)
from models.skeleton import JOINT, LIMBS

HIPS = (JOINT["LeftUpperLeg"], JOINT["RightUpperLeg"])
TRUTH = np.random.default_rng(0).normal(size=(6, 22, 3))
TURN = Rotation.from_rotvec([0.4, -1.2, 0.7]).as_matrix()


def test_mpjpe_of_a_known_shift_is_its_length_and_root_alignment_takes_it_away():
    shifted = TRUTH + np.array([0.03, 0.0, 0.04])
    np.testing.assert_allclose(mpjpe(shifted, TRUTH), 0.05)
    assert position_errors(shifted, TRUTH, HIPS, LIMBS)["mpjpe_mm"] == pytest.approx(0, abs=1e-9)


def test_mpjpe_counts_only_the_joints_asked_for_in_mm():
    wrong = TRUTH.copy()
    wrong[:, JOINT["LeftHand"], 1] += 0.012
    wrong[:, JOINT["Head"], 1] += 5.0
    assert position_errors(wrong, TRUTH, HIPS, LIMBS)["mpjpe_mm"] == pytest.approx(1.0)


def test_root_alignment_puts_the_middle_of_the_hips_at_the_origin():
    np.testing.assert_allclose(root_aligned(TRUTH, HIPS)[:, list(HIPS)].mean(1), 0, atol=1e-12)


def test_n_mpjpe_forgives_scale_and_mpjpe_does_not():
    errors = position_errors(1.3 * TRUTH, TRUTH, HIPS, LIMBS)
    assert errors["n_mpjpe_mm"] == pytest.approx(0, abs=1e-9)
    assert errors["mpjpe_mm"] > 50


def test_scale_alignment_is_the_best_scale():
    guess = TRUTH + np.random.default_rng(1).normal(size=TRUTH.shape) * 0.3
    best = ((scale_aligned(guess, TRUTH) - TRUTH) ** 2).sum((1, 2))
    for factor in (0.97, 1.03):
        assert (((scale_aligned(guess, TRUTH) * factor - TRUTH) ** 2).sum((1, 2)) > best).all()


def test_pa_mpjpe_forgives_any_turn_shift_and_scale():
    errors = position_errors(0.6 * TRUTH @ TURN.T + (1, 2, 3), TRUTH, HIPS, LIMBS)
    assert errors["pa_mpjpe_mm"] == pytest.approx(0, abs=1e-9)
    assert errors["n_mpjpe_mm"] > 50


def test_pa_mpjpe_does_not_forgive_a_mirror_image():
    mirrored = TRUTH * (-1, 1, 1)
    aligned = procrustes_aligned(mirrored, TRUTH)
    assert mpjpe(aligned, TRUTH).min() > 0.1
    for before, after in zip(mirrored, aligned, strict=True):
        assert np.linalg.det(linear_part(before, after)) > 0  # turned, not mirrored back


def linear_part(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(3, 3) M with after = before M + shift."""
    return np.linalg.lstsq(before - before.mean(0), after - after.mean(0))[0]


def test_pa_alignment_never_does_worse_than_scale_alignment():
    guess = TRUTH + np.random.default_rng(2).normal(size=TRUTH.shape) * 0.2
    squares = [((aligned - TRUTH) ** 2).sum((1, 2)) for aligned in (procrustes_aligned(guess, TRUTH), guess)]
    assert (squares[0] <= squares[1]).all()


def test_jitter_of_a_parabola_is_zero_and_of_a_cubic_is_known():
    time_s = np.arange(20)[:, None, None] / 30
    parabola = 0.5 * 9.81 * time_s**2 * np.ones((1, 22, 3))
    assert jitter(parabola, 30) == pytest.approx(0, abs=1e-6)
    cubic = np.zeros((20, 22, 3))
    cubic[..., 0] = time_s[..., 0] ** 3  # third derivative 6
    assert jitter(cubic, 30) == pytest.approx(0.6)


def test_acceleration_error_is_that_of_gravity_when_the_guess_does_not_fall():
    time_s = np.arange(20)[:, None, None] / 60
    falling = np.zeros((20, 22, 3))
    falling[..., 1] = -0.5 * 9.81 * time_s[..., 0] ** 2
    assert acceleration_error(falling * 0, falling, 60) == pytest.approx(9.81)
    assert acceleration_error(falling + time_s, falling, 60) == pytest.approx(0, abs=1e-6)


def test_foot_sliding_is_the_speed_of_the_foot_that_should_rest():
    feet = np.zeros((10, 2, 3))
    feet[:, 0, 0] = np.arange(10) * 0.004  # the left slides 4 mm per frame
    feet[:, 1, 2] = np.arange(10) * 0.1  # the right steps
    resting = np.zeros((10, 2), bool)
    assert foot_sliding_mm(feet, resting) == 0.0
    resting[:, 0] = True
    assert foot_sliding_mm(feet, resting) == pytest.approx(4.0)


def test_a_foot_that_has_just_landed_is_not_called_sliding():
    feet = np.zeros((4, 2, 3))
    feet[0, 0, 0] = 1.0  # in the air, then at rest
    resting = np.array([[False, False], [True, False], [True, False], [True, False]])
    assert foot_sliding_mm(feet, resting) == 0.0


def test_a_foot_rests_where_it_is_slow_and_low():
    feet = np.zeros((60, 2, 3))
    feet[:, 0, 0] = np.arange(60) * (0.14 / 30)  # creeps
    feet[:, 1, 0] = np.arange(60) * (0.16 / 30)  # slides
    resting = resting_feet(feet, 30)
    assert resting[:, 0].all()
    assert not resting[:, 1].any()
    lifted = np.zeros((60, 2, 3))
    lifted[30:, 1, 1] = 0.1  # held up, and still
    resting = resting_feet(lifted, 30)
    assert resting[:, 0].all()
    assert resting[:29, 1].all()
    assert not resting[29:, 1].any()
    assert not resting_feet(feet[:1], 30).any()  # one frame does not tell


def test_angles_of_the_hips_are_told_apart():
    truth = np.tile(np.eye(3), (5, 22, 1, 1))
    guess = truth.copy()
    guess[:, 0] = Rotation.from_rotvec([0.2, 0, 0]).as_matrix()
    guess[:, 7] = Rotation.from_rotvec([0, 0.42, 0]).as_matrix()
    others, hips = angle_errors_deg(guess, truth)
    assert others == pytest.approx(np.degrees(0.42) / 21, abs=1e-5)
    assert hips == pytest.approx(np.degrees(0.2), abs=1e-5)


def test_length_errors_are_percent_of_the_true_length():
    truth = np.array([[0.2, 0.4]])
    assert length_error_percent(truth * [[1.1, 0.9]], truth) == pytest.approx(10.0)
    assert length_error_percent(truth, truth) == 0.0


PATH = np.cumsum(np.random.default_rng(3).normal(size=(50, 3)) * 0.05, axis=0)


def test_a_trajectory_turned_and_moved_has_no_error_and_a_scaled_one_has():
    moved = PATH @ TURN.T + (3, -1, 2)
    assert trajectory_error_percent(moved, PATH) == pytest.approx(0, abs=1e-9)
    assert trajectory_error_percent(1.2 * moved, PATH) > 0.3


def test_rigid_alignment_neither_scales_nor_mirrors():
    mirrored = rigid_aligned(PATH * (-1, 1, 1), PATH)
    assert np.linalg.norm(mirrored - PATH, axis=-1).mean() > 0.02
    assert np.linalg.det(linear_part(PATH * (-1, 1, 1), mirrored)) == pytest.approx(1)
    np.testing.assert_allclose(
        np.linalg.norm(np.diff(rigid_aligned(2 * PATH, PATH), axis=0), axis=-1),
        2 * np.linalg.norm(np.diff(PATH, axis=0), axis=-1),
    )


def test_trajectory_error_is_told_in_percent_of_the_path():
    straight = np.zeros((11, 3))
    straight[:, 0] = np.linspace(0, 10, 11)
    off = straight.copy()
    off[::2, 1] += 0.1
    off[1::2, 1] -= 0.1
    assert trajectory_error_percent(off, straight) == pytest.approx(1.0, rel=0.05)
    assert trajectory_error(off, straight) == pytest.approx(0.1, rel=0.05)
    assert path_length(straight) == pytest.approx(10.0)
