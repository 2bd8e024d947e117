"""Unity's axes mirror ours in x; Euler angles rebuild the matrices they came from."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.osc.coordinates import SignContinuity, unity_positions, unity_quaternions
from engine.osc.euler import continuous_deg, euler_unity_deg, euler_zxy_deg
from engine.osc.quaternions import conjugate, product, turned

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


def test_products_and_turns_of_quaternions_are_scipys() -> None:
    a, b = Rotation.random(100, random_state=1), Rotation.random(100, random_state=2)
    v = np.random.default_rng(0).normal(size=(100, 3))
    same = np.abs((product(a.as_quat(), b.as_quat()) * (a * b).as_quat()).sum(-1))
    np.testing.assert_allclose(same, 1.0, atol=1e-6)
    np.testing.assert_allclose(turned(a.as_quat(), v), a.apply(v), atol=1e-6)
    np.testing.assert_allclose(turned(conjugate(a.as_quat()), v), a.inv().apply(v), atol=1e-6)


def test_bvhs_euler_angles_agree_with_scipy() -> None:
    np.testing.assert_allclose(euler_zxy_deg(TURNS.as_matrix()), TURNS.as_euler("ZXY", degrees=True), atol=1e-6)


def test_unitys_euler_angles_agree_with_scipy() -> None:
    ours = [euler_unity_deg(*quaternion) for quaternion in TURNS.as_quat().tolist()]
    np.testing.assert_allclose(ours, TURNS.as_euler("YXZ", degrees=True)[:, [1, 0, 2]], atol=1e-6)


@pytest.mark.parametrize("pole_deg", [90.0, -90.0])
def test_euler_angles_rebuild_the_rotation_at_the_poles(pole_deg: float) -> None:
    for other in (0.0, 35.0, -170.0):
        R = Rotation.from_euler("ZXY", [other, pole_deg, 20.0], degrees=True)
        back = Rotation.from_euler("ZXY", euler_zxy_deg(R.as_matrix()), degrees=True)
        assert (back.inv() * R).magnitude() < 1e-4
        U = Rotation.from_euler("YXZ", [other, pole_deg, 20.0], degrees=True)
        x, y, z = euler_unity_deg(*U.as_quat().tolist())
        assert (Rotation.from_euler("YXZ", [y, x, z], degrees=True).inv() * U).magnitude() < 1e-4


def test_continuous_angles_have_no_jump_and_are_the_same_rotations() -> None:
    times = np.linspace(0, 4, 400)
    turns = Rotation.from_rotvec(np.stack([2.5 * np.sin(times), 3 * times, np.cos(2 * times)], axis=1))
    angles = continuous_deg(euler_zxy_deg(turns.as_matrix())[:, None])[:, 0]
    assert np.abs(np.diff(angles, axis=0)).max() < 30
    back = Rotation.from_euler("ZXY", angles, degrees=True)
    assert (back.inv() * turns).magnitude().max() < 1e-6
