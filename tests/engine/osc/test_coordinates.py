"""Unity's axes mirror ours in x, and signs of quaternions do not jump."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from engine.osc.coordinates import SignContinuity, unity_positions, unity_quaternions

TURNS = Rotation.random(500, random_state=3)


def test_turning_then_mirroring_is_mirroring_then_turning() -> None:
    points = np.random.default_rng(0).normal(size=(500, 3))
    turned = Rotation.from_quat(unity_quaternions(TURNS.as_quat())).apply(unity_positions(points))
    np.testing.assert_allclose(turned, unity_positions(TURNS.apply(points)), atol=1e-6)


def test_our_left_is_unitys_left() -> None:
    np.testing.assert_array_equal(unity_positions(np.array([1.0, 2.0, 3.0], np.float32)), [-1.0, 2.0, 3.0])


def test_signs_stay_continuous_through_whole_turns() -> None:
    make_continuous = SignContinuity()
    frames = []
    for angle in np.linspace(0, 6 * np.pi, 200):
        turns = Rotation.from_rotvec([[0, angle, 0], [angle, 0, 0]]).as_quat(canonical=True)
        given = turns.ravel().tolist()
        frames.append(np.array(make_continuous(given)).reshape(2, 4))
        assert given == turns.ravel().tolist(), "other targets read the same list"
    steps = np.einsum("njk,njk->nj", np.array(frames[1:]), np.array(frames[:-1]))
    assert steps.min() > 0.99
    assert min(frame[:, 3].min() for frame in frames) < -0.9


def test_one_joint_that_jumps_is_turned_back_and_the_others_stay() -> None:
    make_continuous = SignContinuity()
    turns = Rotation.random(22, random_state=4).as_quat(canonical=True)
    first = make_continuous(turns.ravel().tolist())
    assert first == turns.ravel().tolist()
    turns[7] *= -1
    assert make_continuous(turns.ravel().tolist()) == first
    assert make_continuous((-turns).ravel().tolist()) == first
