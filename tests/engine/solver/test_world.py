"""Gravity and floor: steady against noise, following a real change, never jumping."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.solver.floor import Floor, Grounding, heights_over_sole, sole_heights
from engine.solver.gravity import Gravity, angle_between
from engine.solver.placement import Placement
from engine.types import F64
from models.kinematics import forward_kinematics, person_offsets
from models.skeleton import JOINT, NUM_JOINTS

DT_S = 1 / 30


def tilted(degrees: float):
    return np.array([0.0, -math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])


def test_noisy_up_vectors_with_outliers_average_to_the_true_one():
    rng = np.random.default_rng(0)
    gravity = Gravity()
    for frame in range(300):
        wild = rng.normal(0, 1, 3) if frame % 10 == 9 else 0.0
        gravity.push(tilted(15) + rng.normal(0, 0.05, 3) + wild, 0.8, DT_S)
    assert math.degrees(angle_between(gravity.up_cam, tilted(15))) < 1.0


def test_a_short_disturbance_hardly_moves_it_and_a_turned_camera_is_followed():
    gravity = Gravity()
    for _ in range(300):
        gravity.push(tilted(0), 0.8, DT_S)
    for _ in range(15):
        gravity.push(tilted(25), 0.8, DT_S)
    assert math.degrees(angle_between(gravity.up_cam, tilted(0))) < 0.5
    steps = []
    for _ in range(240):
        before = gravity.up_cam
        gravity.push(tilted(25), 0.8, DT_S)
        steps.append(math.degrees(angle_between(before, gravity.up_cam)))
    assert math.degrees(angle_between(gravity.up_cam, tilted(25))) < 3
    assert max(steps) < 3


def test_old_evidence_is_forgotten_a_camera_that_sags_a_little_is_followed_within_a_minute():
    gravity = Gravity()
    for _ in range(round(300 / DT_S)):
        gravity.push(tilted(0), 0.8, DT_S)
    for _ in range(round(60 / DT_S)):
        gravity.push(tilted(3), 0.8, DT_S)  # less than what counts as a turned camera
    assert math.degrees(angle_between(gravity.up_cam, tilted(3))) < 0.3


def standing_soles(offsets: F64, lift: float = 0.0):
    joints, _ = forward_kinematics(np.tile(np.eye(3), (NUM_JOINTS, 1, 1)), offsets, np.array([0.0, lift, 0.0]))
    return sole_heights(joints, offsets)


def test_soles_of_a_standing_person_are_level_and_rise_with_the_body():
    offsets = person_offsets(np.ones(NUM_JOINTS), 1.7)
    low, high = standing_soles(offsets), standing_soles(offsets, 0.3)
    assert np.ptp(low) < 1e-9
    np.testing.assert_allclose(high - low, 0.3)
    np.testing.assert_allclose(low, -offsets[0, 1])


def test_on_tiptoe_the_sole_is_where_the_toes_are():
    offsets = person_offsets(np.ones(NUM_JOINTS), 1.7)
    ankle_m, toes_m = (heights[0] for heights in heights_over_sole(offsets))
    rotations = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    rotations[JOINT["LeftFoot"]] = Rotation.from_euler("x", 40, degrees=True).as_matrix()  # the heel goes up
    joints, _ = forward_kinematics(rotations, offsets, offsets[0])
    left, right = sole_heights(joints, offsets)
    assert left == pytest.approx(joints[JOINT["LeftToes"], 1] - toes_m, abs=1e-9)
    assert left < -0.05
    assert right == pytest.approx(0.0, abs=1e-9)
    standing_on_toes = joints - (0.0, left, 0.0)
    assert sole_heights(standing_on_toes, offsets)[0] == pytest.approx(0.0, abs=1e-9)
    assert standing_on_toes[JOINT["LeftFoot"], 1] > ankle_m + 0.05


def test_the_floor_is_at_the_feet_at_once_and_jumps_do_not_lift_it():
    floor = Floor()
    assert floor.push(np.array([-0.9, -0.9]), DT_S) == -0.9
    for frame in range(300):
        jump = 0.4 if frame % 60 < 15 else 0.0
        floor.push(np.array([-0.9, -0.88]) + jump, DT_S)
    assert abs(floor.height_m + 0.9) < 0.02


def test_the_floor_drifts_slowly():
    floor = Floor()
    for _ in range(90):
        floor.push(np.array([-0.9, -0.9]), DT_S)
    heights = [floor.push(np.array([-1.1, -1.1]), DT_S) for _ in range(300)]
    assert np.abs(np.diff(heights)).max() < 0.05 * DT_S
    assert heights[-1] < -1.0


def test_changing_gravity_turns_the_world_about_the_anchor():
    placement = Placement()
    anchor = np.array([0.5, 0.2, 3.0])
    placement.anchor(anchor)
    for degrees in (0, 10, 20):
        placement.set_up(tilted(degrees))
        np.testing.assert_allclose(placement.R @ anchor + placement.translation(-0.9), [0, 0.9, 0], atol=1e-12)


def test_a_body_that_drifts_off_the_floor_is_brought_back_within_two_seconds():
    grounding = Grounding()
    for _ in range(60):
        rise_m = grounding.push(np.array([0.12, 0.3]), DT_S)
    assert abs(rise_m + 0.12) < 0.01


def test_a_jump_is_not_grounded_away():
    grounding = Grounding()
    for _ in range(60):
        grounding.push(np.array([0.0, 0.0]), DT_S)
    rises = [grounding.push(np.array([0.4, 0.4]), DT_S) for _ in range(15)]
    assert max(np.abs(rises)) < 0.02


def test_the_body_is_never_moved_by_a_jerk():
    rng = np.random.default_rng(6)
    grounding = Grounding()
    rises = [grounding.push(rng.normal(0, 0.3, 2), DT_S) for _ in range(300)]
    assert np.abs(np.diff(rises)).max() < 0.08
    assert np.abs(rises).max() <= 0.3


def leaning(degrees: float) -> np.ndarray:
    """Up as a camera sees it that looks down by so much."""
    return Rotation.from_euler("x", degrees, degrees=True).as_matrix() @ np.array([0.0, -1.0, 0.0])


def test_without_legs_a_camera_is_nearly_level_whatever_a_leaning_trunk_says():
    gravity = Gravity()
    for _ in range(90):
        up = gravity.push_without_legs(leaning(20.0), 0.5, 1 / 30)
    assert 2.0 < np.degrees(angle_between(up, leaning(0.0))) < 9.0


def test_what_was_found_with_legs_stays_when_they_are_gone():
    gravity = Gravity()
    for _ in range(90):
        gravity.push(leaning(15.0), 0.9, 1 / 30)
    for _ in range(300):
        up = gravity.push_without_legs(leaning(-20.0), 0.5, 1 / 30)
    assert np.degrees(angle_between(up, leaning(15.0))) < 0.5


def test_legs_that_come_into_view_have_the_say_within_a_second():
    gravity = Gravity()
    for _ in range(300):
        gravity.push_without_legs(leaning(0.0), 0.5, 1 / 30)
    for _ in range(30):
        up = gravity.push(leaning(12.0), 0.9, 1 / 30)
    assert np.degrees(angle_between(up, leaning(12.0))) < 5.0
