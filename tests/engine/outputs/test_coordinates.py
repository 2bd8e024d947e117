"""Unity's axes mirror ours in x; Euler angles rebuild the matrices they came from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.outputs.coordinates import SignContinuity, unity_matrices, unity_positions, unity_quaternions
from engine.outputs.euler import continuous_deg, euler_unity_deg, euler_zxy_deg

TURNS = Rotation.random(500, random_state=3)


def test_turning_then_mirroring_is_mirroring_then_turning() -> None:
    points = np.random.default_rng(0).normal(size=(500, 3))
    turned = Rotation.from_quat(unity_quaternions(TURNS.as_quat())).apply(unity_positions(points))
    np.testing.assert_allclose(turned, unity_positions(TURNS.apply(points)), atol=1e-6)


def test_matrices_and_quaternions_mirror_alike() -> None:
    by_matrix = unity_matrices(TURNS.as_matrix())
    by_quaternion = Rotation.from_quat(unity_quaternions(TURNS.as_quat())).as_matrix()
    np.testing.assert_allclose(by_matrix, by_quaternion, atol=1e-6)


def test_our_left_is_unitys_left() -> None:
    np.testing.assert_array_equal(unity_positions(np.array([1.0, 2.0, 3.0], np.float32)), [-1.0, 2.0, 3.0])


def test_signs_stay_continuous_through_whole_turns() -> None:
    continuous = SignContinuity()
    angles = np.linspace(0, 6 * np.pi, 200)
    frames = [continuous(Rotation.from_rotvec([[0, a, 0], [a, 0, 0]]).as_quat(canonical=True)) for a in angles]
    steps = np.einsum("njk,njk->nj", np.array(frames[1:]), np.array(frames[:-1]))
    assert steps.min() > 0.99
    assert min(frame[:, 3].min() for frame in frames) < -0.9


@pytest.mark.parametrize(
    ("function", "sequence", "order"), [(euler_zxy_deg, "ZXY", [0, 1, 2]), (euler_unity_deg, "YXZ", [1, 0, 2])]
)
def test_euler_angles_agree_with_scipy(function: Callable[..., np.ndarray], sequence: str, order: list[int]) -> None:
    ours = function(TURNS.as_matrix())
    scipys = TURNS.as_euler(sequence, degrees=True)[:, order]
    np.testing.assert_allclose(ours, scipys, atol=1e-6)


@pytest.mark.parametrize("pole_deg", [90.0, -90.0])
def test_euler_angles_rebuild_the_rotation_at_the_poles(pole_deg: float) -> None:
    for other in (0.0, 35.0, -170.0):
        R = Rotation.from_euler("ZXY", [other, pole_deg, 20.0], degrees=True).as_matrix()
        back = Rotation.from_euler("ZXY", euler_zxy_deg(R), degrees=True).as_matrix()
        np.testing.assert_allclose(back, R, atol=1e-4)
        U = Rotation.from_euler("YXZ", [other, pole_deg, 20.0], degrees=True).as_matrix()
        x, y, z = euler_unity_deg(U)
        np.testing.assert_allclose(Rotation.from_euler("YXZ", [y, x, z], degrees=True).as_matrix(), U, atol=1e-4)


def test_continuous_angles_have_no_jump_and_are_the_same_rotations() -> None:
    times = np.linspace(0, 4, 400)
    turns = Rotation.from_rotvec(np.stack([2.5 * np.sin(times), 3 * times, np.cos(2 * times)], axis=1))
    angles = continuous_deg(euler_zxy_deg(turns.as_matrix())[:, None])[:, 0]
    assert np.abs(np.diff(angles, axis=0)).max() < 30
    back = Rotation.from_euler("ZXY", angles, degrees=True)
    assert (back.inv() * turns).magnitude().max() < 1e-6
