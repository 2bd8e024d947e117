"""An unseen lower body stands or sits still: planted feet, true bone lengths, chest and arms as they were seen."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.solver.body import LOWER_LEGS, UPPER_LEGS, Body
from engine.solver.floor import sole_heights
from engine.solver.stance import SEATED, UPPER, LowerBody, Stance, blended, facing
from models.kinematics import forward_kinematics, person_offsets, posed
from models.skeleton import FEET, JOINT, NUM_JOINTS

DT_S = 1 / 30
OFFSETS = person_offsets(np.ones(NUM_JOINTS), 1.7)
CHEST, HEAD, HIPS = JOINT["UpperChest"], JOINT["Head"], JOINT["Hips"]
ABOVE = [JOINT[name] for name in ("UpperChest", "Neck", "Head", "LeftUpperArm", "LeftLowerArm", "RightHand")]
BOTH = pytest.mark.parametrize("stance", [UPPER, SEATED], ids=lambda stance: stance.name)


def guessed(seed: int = 0, lean_deg: float = 0.0, turn_deg: float = 0.0, root=(0.3, 0.7, -0.2)) -> Body:
    """A trunk that leans and turns over legs that somebody made up."""
    rng = np.random.default_rng(seed)
    rotations = Rotation.from_rotvec(rng.normal(0, 0.4, (NUM_JOINTS, 3))).as_matrix()
    rotations[0] = Rotation.from_euler("YX", [turn_deg, lean_deg], degrees=True).as_matrix()
    rotations[1 : CHEST + 1] = np.eye(3)
    joints, turned = posed(rotations[None], OFFSETS, np.array([root]))
    return Body(rotations, joints[0], turned[0])


def consistent(body: Body):
    joints, turned = forward_kinematics(body.rotations, OFFSETS, body.joints[0])
    np.testing.assert_allclose(joints, body.joints, atol=1e-9)
    np.testing.assert_allclose(turned, body.turned, atol=1e-9)


@BOTH
def test_chest_arms_and_head_keep_the_orientation_that_was_seen(stance: Stance):
    body = guessed(1, lean_deg=20, turn_deg=30)
    shown = LowerBody()(body, OFFSETS, stance, DT_S)
    consistent(shown)
    np.testing.assert_allclose(shown.turned[ABOVE], body.turned[ABOVE], atol=1e-9)


@BOTH
def test_both_soles_lie_on_the_floor_whatever_the_trunk_does(stance: Stance):
    lower = LowerBody()
    for seed in range(20):
        shown = lower(guessed(seed, lean_deg=3 * seed - 20, turn_deg=4 * seed - 40), OFFSETS, stance, DT_S)
        np.testing.assert_allclose(sole_heights(shown.joints, OFFSETS), 0.0, atol=2e-3)


@BOTH
def test_the_feet_stay_where_they_were_planted_while_the_trunk_moves(stance: Stance):
    lower = LowerBody()
    first = lower(guessed(0), OFFSETS, stance, DT_S).joints[list(FEET)]
    for frame in range(60):
        body = guessed(0, lean_deg=15 * math.sin(frame / 9), root=(0.3 + 0.1 * math.sin(frame / 7), 0.5, -0.2))
        shown = lower(body, OFFSETS, stance, DT_S)
        np.testing.assert_allclose(shown.joints[list(FEET)], first, atol=2e-3)


@BOTH
def test_hips_sway_with_the_trunk_and_never_travel(stance: Stance):
    lower = LowerBody()
    start = lower(guessed(0), OFFSETS, stance, DT_S).joints[HIPS]
    for shift_m in (0.05, 0.3, 3.0):
        hips = lower(guessed(0, root=(0.3 + shift_m, 0.7, -0.2)), OFFSETS, stance, DT_S).joints[HIPS]
        assert 0.01 < hips[0] - start[0] <= stance.sway_limit_m + 1e-9
        assert hips[1] == pytest.approx(start[1], abs=0.02)


def test_standing_thighs_are_upright_and_seated_ones_point_forward():
    for stance, low, high in ((UPPER, 0, 12), (SEATED, 75, 100)):
        shown = LowerBody()(guessed(3, lean_deg=15), OFFSETS, stance, DT_S)
        thighs = shown.joints[LOWER_LEGS] - shown.joints[UPPER_LEGS]
        angles = np.degrees(np.arccos(-thighs[:, 1] / np.linalg.norm(thighs, axis=1)))
        assert (angles >= low).all()
        assert (angles <= high).all()
        assert (thighs[:, 2] > -0.02).all()


def test_a_standing_person_is_as_tall_as_they_are():
    shown = LowerBody()(guessed(0), OFFSETS, UPPER, DT_S)
    assert shown.joints[HIPS, 1] == pytest.approx(OFFSETS[0, 1], abs=0.01)
    assert shown.joints[HEAD, 1] > 1.4


def test_a_planted_place_holds_against_what_is_guessed():
    lower = LowerBody()
    lower.plant(np.array([0.0, 0.0]), 0.0)
    shown = lower(guessed(0, root=(2.0, 0.1, 5.0)), OFFSETS, UPPER, DT_S)
    np.testing.assert_allclose(shown.joints[HIPS][[0, 2]], 0.0, atol=1e-9)


def test_feet_turn_after_somebody_who_stays_turned_but_not_after_a_glance():
    lower = LowerBody()
    lower.plant(np.zeros(2), 0.0)
    for _ in range(30):
        glance = lower(guessed(0, turn_deg=80), OFFSETS, UPPER, DT_S)
    assert abs(facing(glance.turned[FEET[0]])) < 0.15
    for _ in range(30 * 40):
        stays = lower(guessed(0, turn_deg=80), OFFSETS, UPPER, DT_S)
    assert facing(stays.turned[FEET[0]]) > math.radians(80) - UPPER.turn_limit - 0.05


def test_a_bow_is_no_turn():
    for lean_deg in (0, 45, 95):
        assert facing(Rotation.from_euler("YX", [30, lean_deg], degrees=True).as_matrix()) == pytest.approx(
            math.radians(30)
        )


def test_fading_starts_and_ends_at_the_two_bodies_and_keeps_bone_lengths():
    seen = guessed(5)
    stance = LowerBody()(seen, OFFSETS, SEATED, DT_S)
    for weight, expected in ((0.0, seen), (1.0, stance)):
        np.testing.assert_allclose(blended(seen, stance, weight, OFFSETS).joints, expected.joints, atol=1e-9)
    middle = blended(seen, stance, 0.4, OFFSETS)
    consistent(middle)
    assert np.linalg.norm(middle.joints - seen.joints) < np.linalg.norm(stance.joints - seen.joints)
