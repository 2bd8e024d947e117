"""One-Euro: steady at rest, prompt in motion, the same at any frame rate."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from engine.solver.one_euro import OneEuro, OneEuroRotations, Settling

ONE = np.ones(1)


def test_the_first_value_passes_and_a_constant_stays():
    smooth = OneEuro(1.5 * ONE, 0.5 * ONE)
    for _ in range(10):
        assert smooth(np.array([3.0]), 1 / 30) == 3.0


def test_noise_at_rest_is_reduced_to_less_than_half():
    rng = np.random.default_rng(0)
    smooth = OneEuro(1.0 * ONE, 0.05 * ONE)
    noise = rng.normal(0, 0.01, 600)
    out = np.array([smooth(np.array([value]), 1 / 30)[0] for value in noise])
    assert out[60:].std() < 0.5 * noise.std()


def test_a_fast_ramp_lags_less_with_beta():
    lags = []
    for beta in (0.0, 1.0):
        smooth = OneEuro(1.0 * ONE, beta * ONE)
        for frame in range(60):
            out = smooth(np.array([frame * 0.2]), 1 / 30)
        lags.append(59 * 0.2 - out[0])
    assert lags[1] < 0.5 * lags[0]


def test_the_step_response_depends_on_time_and_not_on_the_frame_rate():
    ends = []
    for rate in (30, 120):
        smooth = OneEuro(1.0 * ONE, 0.0 * ONE)
        smooth(np.zeros(1), 1 / rate)
        for _ in range(rate // 2):
            out = smooth(np.ones(1), 1 / rate)
        ends.append(out[0])
    assert abs(ends[0] - ends[1]) < 0.02


def test_caution_slows_the_answer():
    prompt, slow = (OneEuro(1.0 * ONE, 0.0 * ONE) for _ in range(2))
    for value in (0.0, 1.0):
        a, b = prompt(np.array([value]), 1 / 30), slow(np.array([value]), 1 / 30, caution=0.2)
    assert b < a


def test_rotations_follow_a_turn_past_180_degrees_whatever_the_signs_of_the_quaternions():
    smooth = OneEuroRotations(1.5, 1.0)
    for frame in range(200):
        turn = Rotation.from_rotvec(np.tile([0, np.radians(3.0 * frame), 0], (22, 1)))
        out = smooth(Rotation.from_quat(turn.as_quat() * (-1) ** frame), 1 / 30)
        assert len(out) == 22
        assert np.degrees((turn.inv() * out).magnitude()).max() < 12


def test_rotation_noise_is_reduced():
    rng = np.random.default_rng(4)
    smooth = OneEuroRotations(1.5, 0.5)
    noise = Rotation.from_rotvec(rng.normal(0, 0.02, (300 * 22, 3))).as_quat().reshape(300, 22, 4)
    out = np.stack([smooth(Rotation.from_quat(quaternions), 1 / 30).as_quat() for quaternions in noise])
    angle_in = Rotation.from_quat(noise[60:].reshape(-1, 4)).magnitude().mean()
    angle_out = Rotation.from_quat(out[60:].reshape(-1, 4)).magnitude().mean()
    assert angle_out < 0.6 * angle_in


def at_rest(values: np.ndarray) -> np.ndarray:
    """What comes out of a filter that is told of rest."""
    smooth = OneEuro(1.6 * ONE, 0.0 * ONE)
    return np.array([smooth(np.array([value]), 1 / 30, caution=0.08)[0] for value in values])


def test_at_rest_an_error_that_stays_is_made_good_within_half_a_second():
    noise = np.random.default_rng(1).normal(0, 0.01, 150)
    step = np.where(np.arange(150) < 100, 0.0, 1.0)
    out = at_rest(step + noise)
    assert abs(out[99]) < 0.02
    assert out[115] > 0.9


def test_at_rest_noise_alone_is_not_taken_for_such_an_error():
    noise = np.random.default_rng(2).normal(0, 0.01, 600)
    out = at_rest(noise)
    assert np.abs(np.diff(out[60:])).mean() < 0.04 * np.abs(np.diff(noise)).mean()


def test_settling_forgets_with_its_filter():
    settling = Settling()
    for _ in range(30):
        off = settling(np.ones((1, 3)), 1 / 30)
    assert off[0, 0] == 1.0
    settling.reset()
    assert settling(np.zeros((1, 3)), 1 / 30)[0, 0] == 0.0
