"""Heads of their own: within what necks can do, often far, never with a jerk; the rest of the body stays."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from models.rendering.heads import LIMITS_DEG, head_angles, with_own_head
from models.skeleton import JOINT, NUM_JOINTS

RATE_HZ = 30.0


def many(count: int = 300) -> np.ndarray:
    return np.stack([head_angles(60, RATE_HZ, np.random.default_rng(seed)) for seed in range(count)])


def test_heads_go_as_far_as_a_neck_and_no_farther():
    reach = np.abs(many()).max((0, 1))
    assert (reach <= LIMITS_DEG).all()
    assert (reach > 0.9 * np.array(LIMITS_DEG)).all()
    wide = np.abs(many()[:, 30]) > 0.5 * np.array(LIMITS_DEG)
    assert (wide.mean(0) > 0.05).all()
    calm = (np.abs(many()) < 0.4 * np.array(LIMITS_DEG)).all((1, 2))
    assert calm.mean() > 0.15


def test_heads_do_not_jump():
    per_frame = np.abs(np.diff(many(), axis=1)).max((0, 1))
    assert (per_frame < np.array([50.0, 30.0, 32.0])).all()  # a whole reversal in a fifth of a second
    assert np.median(np.abs(np.diff(many(), axis=1))) < 1.0


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_neck_and_head_take_half_of_the_angle_each_and_nothing_else_moves(axis):
    angles = np.zeros((4, 3))
    angles[:, axis] = [-40, 0, 20, 35]
    still = np.tile(np.eye(3), (4, NUM_JOINTS, 1, 1))
    turned = with_own_head(still, angles, chest=0.0)
    whole = Rotation.from_matrix(turned[:, JOINT["Neck"]] @ turned[:, JOINT["Head"]])
    np.testing.assert_allclose(np.degrees(whole.magnitude()), np.abs(angles[:, axis]), atol=1e-6)
    others = [joint for name, joint in JOINT.items() if name not in ("Neck", "Head")]
    np.testing.assert_array_equal(turned[:, others], still[:, others])


def test_the_chest_follows_the_eyes_where_it_is_asked_to():
    still = np.tile(np.eye(3), (2, NUM_JOINTS, 1, 1))
    turned = with_own_head(still, np.array([[60.0, 0, 0], [0, 0, 0]]), chest=0.5)
    chest = Rotation.from_matrix(turned[:, JOINT["Spine"]] @ turned[:, JOINT["Chest"]])
    np.testing.assert_allclose(np.degrees(chest.as_rotvec()), [[0, 30, 0], [0, 0, 0]], atol=1e-6)
