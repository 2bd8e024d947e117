"""Feet that carry stand still, come off softly, and their bones keep their lengths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.solver.body import LOWER_LEGS, UPPER_LEGS, Body, above_floor, with_ankles_at
from engine.solver.feet import FeetLock
from engine.solver.floor import heights_over_sole, sole_heights
from models.kinematics import forward_kinematics, person_offsets
from models.skeleton import FEET, JOINT, NUM_JOINTS

DT_S = 1 / 30
FEET_LIST = list(FEET)
OFFSETS = person_offsets(np.ones(NUM_JOINTS), 1.7)
BOTH, NONE = np.ones(2, np.float32), np.zeros(2, np.float32)


def standing(root: Sequence[float] = (0.0, 0.9, 0.0), knee_bend_deg: float = 20.0):
    rotations = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    for side in ("Left", "Right"):
        for name, degrees in (("UpperLeg", -knee_bend_deg), ("LowerLeg", 2 * knee_bend_deg), ("Foot", -knee_bend_deg)):
            rotations[JOINT[side + name]] = Rotation.from_euler("x", degrees, degrees=True).as_matrix()
    joints, turned = forward_kinematics(rotations, OFFSETS, np.array(root))
    return Body(rotations, joints, turned)


def consistent(body: Body):
    joints, turned = forward_kinematics(body.rotations, OFFSETS, body.joints[0])
    np.testing.assert_allclose(joints, body.joints, atol=1e-9)
    np.testing.assert_allclose(turned, body.turned, atol=1e-9)


@pytest.mark.parametrize("knee_bend_deg", [0.0, 1.0, 20.0])
def test_ankles_come_where_they_should_and_the_feet_keep_their_orientation(knee_bend_deg: float):
    rng = np.random.default_rng(0)
    body = standing(knee_bend_deg=knee_bend_deg)
    for _ in range(20):
        targets = body.joints[FEET_LIST] + rng.uniform(0.03, 0.06, (2, 3)) * (1, 1, -1)
        bent = with_ankles_at(body, targets)
        consistent(bent)
        np.testing.assert_allclose(bent.joints[FEET_LIST], targets, atol=1e-6)
        np.testing.assert_allclose(bent.turned[FEET_LIST], body.turned[FEET_LIST], atol=1e-9)


def test_an_ankle_out_of_reach_is_stretched_to_and_no_further():
    body = standing()
    bent = with_ankles_at(body, body.joints[FEET_LIST] - (0.0, 0.5, 0.0))
    consistent(bent)
    length = np.linalg.norm(bent.joints[FEET_LIST] - bent.joints[UPPER_LEGS], axis=1)
    assert (length < np.linalg.norm(OFFSETS[LOWER_LEGS], axis=1) + np.linalg.norm(OFFSETS[FEET_LIST], axis=1)).all()


def test_a_straight_knee_bends_forward():
    body = standing(knee_bend_deg=0.0)
    bent = with_ankles_at(body, body.joints[FEET_LIST] + (0.0, 0.1, 0.0))
    assert (bent.joints[LOWER_LEGS, 2] > body.joints[LOWER_LEGS, 2] + 0.1).all()


def test_targets_where_the_ankles_are_change_nothing():
    body = standing()
    same = with_ankles_at(body, body.joints[FEET_LIST])
    np.testing.assert_allclose(same.joints, body.joints, atol=1e-6)


def test_standing_feet_hold_still_while_the_root_trembles():
    rng = np.random.default_rng(1)
    lock, feet, loose = FeetLock(), [], []
    for _ in range(120):
        body = standing(root=np.array([0.0, 0.9, 0.0]) + rng.normal(0, 0.01, 3))
        loose.append(body.joints[FEET_LIST])
        held = lock(body, BOTH, np.zeros(2), DT_S)
        consistent(held)
        feet.append(held.joints[FEET_LIST])
    assert np.std(feet[30:], axis=0)[:, [0, 2]].max() < 0.1 * np.std(loose, axis=0).max()


@pytest.mark.parametrize("contacts", [BOTH, np.array([1, 0], np.float32)])
def test_the_root_gives_way_before_the_legs_do(contacts):
    """One camera sees depth badly: a body that drifts over feet that carry is moved back, its knees stay as seen."""
    lock, drift = FeetLock(), 0.04
    lock(standing(), contacts, np.zeros(2), DT_S)
    for _ in range(30):
        held = lock(standing(root=(0.0, 0.9, drift)), contacts, np.zeros(2), DT_S)
    assert held.joints[0, 2] < 0.2 * drift
    knees = Rotation.from_matrix(held.rotations[LOWER_LEGS]).magnitude()
    np.testing.assert_allclose(knees, np.radians(40), atol=np.radians(1))
    np.testing.assert_allclose(held.joints[FEET_LIST, 2][contacts > 0], standing().joints[FEET_LIST[0], 2], atol=3e-3)


def test_without_contact_nothing_is_changed():
    lock, body = FeetLock(), standing()
    assert lock(body, NONE, np.zeros(2), DT_S) is body


def test_lock_and_release_never_pop_while_walking():
    lock, last, steps = FeetLock(), None, []
    for frame in range(240):
        body = standing(root=(0.0, 0.9, 0.012 * frame))  # gliding at 0.36 m/s: contacts that are wrong
        contacts = np.array([frame % 40 < 20, frame % 40 >= 20], np.float32)
        feet = lock(body, contacts, np.zeros(2), DT_S).joints[[*FEET_LIST, 0]]
        if last is not None:
            steps.append(np.linalg.norm(feet - last, axis=-1).max())
        last = feet
    assert max(steps) < 0.045


def test_a_floating_foot_in_contact_settles_on_the_floor():
    lock = FeetLock()
    for _ in range(120):
        held = lock(standing(), BOTH, np.array([0.03, 0.03]), DT_S)
    np.testing.assert_allclose(held.joints[FEET_LIST, 1], standing().joints[FEET_LIST, 1] - 0.03, atol=3e-3)


@pytest.mark.parametrize("pitch_deg", [-30.0, 0.0, 25.0, 60.0])
@pytest.mark.parametrize("sunk_m", [0.0, 0.03, 0.08])
def test_no_sole_sinks_into_the_floor_and_bones_keep_their_lengths(pitch_deg: float, sunk_m: float):
    body = standing((0.0, OFFSETS[0, 1] - sunk_m, 0.0), knee_bend_deg=0.0)
    rotations = body.rotations.copy()
    rotations[FEET_LIST] = Rotation.from_euler("x", pitch_deg, degrees=True).as_matrix()
    joints, turned = forward_kinematics(rotations, OFFSETS, body.joints[0])
    shown = above_floor(Body(rotations, joints, turned), *heights_over_sole(OFFSETS), 0.008)
    consistent(shown)
    assert sole_heights(shown.joints, OFFSETS).min() > -0.0085


def test_feet_on_the_floor_are_left_alone():
    body = standing((0.0, OFFSETS[0, 1], 0.0), knee_bend_deg=0.0)
    assert above_floor(body, *heights_over_sole(OFFSETS), 0.008) is body
