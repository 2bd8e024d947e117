"""The poses that check a receiver are what they are called."""

from __future__ import annotations

import numpy as np
import pytest

from engine.osc.demo_pose import t_pose, wave_pose
from models.skeleton import JOINT


def test_the_t_pose_is_identity_with_arms_out_and_the_feet_on_the_floor() -> None:
    pose = t_pose(1.8)
    np.testing.assert_array_equal(pose.rotations_xyzw, np.tile([0, 0, 0, 1], (22, 1)))
    left, right = pose.joints_world_m[JOINT["LeftHand"]], pose.joints_world_m[JOINT["RightHand"]]
    assert left[0] > 0.5 > -0.5 > right[0]
    assert 0 < pose.joints_world_m[:, 1].min() < 0.06
    assert 1.5 < pose.joints_world_m[JOINT["Head"]][1] < 1.8


def test_the_wave_moves_the_raised_right_hand_and_lowers_the_left() -> None:
    poses = [wave_pose(1.7, n / 20) for n in range(20)]
    hands = np.array([pose.joints_world_m[JOINT["RightHand"]] for pose in poses])
    elbow = poses[0].joints_world_m[JOINT["RightLowerArm"]]
    assert (hands[:, 1] > elbow[1] + 0.15).all()
    assert np.ptp(hands[:, 0]) > 0.1
    assert poses[0].joints_world_m[JOINT["LeftHand"]][1] < 1.0
    np.testing.assert_allclose(hands[0], wave_pose(1.7, 1.0).joints_world_m[JOINT["RightHand"]], atol=1e-6)


@pytest.mark.parametrize("height_m", [1.2, 2.0])
def test_they_are_as_tall_as_told(height_m: float) -> None:
    assert t_pose(height_m).joints_world_m[JOINT["Head"]][1] / height_m == pytest.approx(0.89, abs=0.04)
