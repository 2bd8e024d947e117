"""Euler angles of a BVH rebuild the rotations they came from, at the poles too, and do not jump from frame to frame."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.motion.euler import continuous_deg, euler_deg


@pytest.mark.parametrize("pole_deg", [90.0, -90.0])
def test_at_the_poles_all_of_the_turn_is_given_to_z_without_a_warning(pole_deg: float) -> None:
    for other in (0.0, 35.0, -170.0):
        turn = Rotation.from_euler("ZXY", [other, pole_deg, 20.0], degrees=True)
        angles = euler_deg(turn.as_quat())
        assert angles[2] == 0.0
        assert (Rotation.from_euler("ZXY", angles, degrees=True).inv() * turn).magnitude() < 1e-4


def test_angles_keep_the_shape_of_the_rotations() -> None:
    turns = Rotation.random(6, random_state=1)
    angles = euler_deg(turns.as_quat().reshape(2, 3, 4))
    assert angles.shape == (2, 3, 3)
    back = Rotation.from_euler("ZXY", angles.reshape(-1, 3), degrees=True)
    assert (back.inv() * turns).magnitude().max() < 1e-9


def test_continuous_angles_have_no_jump_and_are_the_same_rotations() -> None:
    times = np.linspace(0, 4, 400)
    turns = Rotation.from_rotvec(np.stack([2.5 * np.sin(times), 3 * times, np.cos(2 * times)], axis=1))
    angles = continuous_deg(euler_deg(turns.as_quat())[:, None])[:, 0]
    assert np.abs(np.diff(angles, axis=0)).max() < 30
    back = Rotation.from_euler("ZXY", angles, degrees=True)
    assert (back.inv() * turns).magnitude().max() < 1e-6
