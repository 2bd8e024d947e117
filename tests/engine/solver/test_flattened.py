"""Feet that carry and nearly lie flat are laid flat; tiptoes, heels and feet in the air stay as they are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.solver.body import STEEP_RAD, Body, flattened
from models.kinematics import forward_kinematics, person_offsets
from models.skeleton import FEET, JOINT, NUM_JOINTS, TOES

OFFSETS = np.asarray(person_offsets(np.ones(NUM_JOINTS), 1.7))
FLAT_DEG = np.degrees(np.arcsin(OFFSETS[TOES[0], 1] / np.linalg.norm(OFFSETS[TOES[0]])))


def standing(down_deg: float) -> Body:
    """Both feet turned down by so much from flat, the body turned to the side."""
    rotations = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    rotations[0] = Rotation.from_euler("y", 40, degrees=True).as_matrix()
    for foot in FEET:
        rotations[foot] = Rotation.from_euler("x", down_deg, degrees=True).as_matrix()
    joints, turned = forward_kinematics(rotations[None], OFFSETS, OFFSETS[None, 0])
    return Body(rotations, joints[0], turned[0])


def pitch_deg(body: Body) -> np.ndarray:
    along = body.joints[list(TOES)] - body.joints[list(FEET)]
    return np.degrees(np.arcsin(along[:, 1] / np.linalg.norm(along, axis=-1))) - FLAT_DEG


@pytest.mark.parametrize("down_deg", [-6.0, 3.0, 6.0])
def test_a_foot_that_carries_is_laid_flat_and_keeps_its_heading_and_length(down_deg: float):
    body = standing(down_deg)
    flat = flattened(body, OFFSETS, np.ones(2))
    np.testing.assert_allclose(pitch_deg(flat), 0.0, atol=1e-6)
    before, after = (one.joints[list(TOES)] - one.joints[list(FEET)] for one in (body, flat))
    np.testing.assert_allclose(np.linalg.norm(after, axis=-1), np.linalg.norm(before, axis=-1))
    np.testing.assert_allclose(np.arctan2(after[:, 0], after[:, 2]), np.arctan2(before[:, 0], before[:, 2]), atol=1e-6)
    others = [joint for joint in range(NUM_JOINTS) if joint not in TOES]
    np.testing.assert_array_equal(flat.joints[others], body.joints[others])


def test_joints_follow_from_the_rotations():
    flat = flattened(standing(5.0), OFFSETS, np.ones(2))
    joints, turned = forward_kinematics(flat.rotations[None], OFFSETS, flat.joints[None, 0])
    np.testing.assert_allclose(joints[0], flat.joints, atol=1e-9)
    np.testing.assert_allclose(turned[0], flat.turned, atol=1e-9)


@pytest.mark.parametrize(("down_deg", "contact"), [(np.degrees(STEEP_RAD) + 1, 1.0), (-35.0, 1.0), (5.0, 0.0)])
def test_tiptoes_heels_and_feet_in_the_air_stay(down_deg: float, contact: float):
    body = standing(down_deg)
    np.testing.assert_allclose(pitch_deg(flattened(body, OFFSETS, np.full(2, contact))), pitch_deg(body), atol=1e-6)


def test_a_foot_that_rises_to_its_toes_does_not_jump():
    angles = np.arange(0.0, 30.0, 0.25)
    pitches = [pitch_deg(flattened(standing(angle), OFFSETS, np.ones(2)))[0] for angle in angles]
    steps = np.diff(pitches)
    assert steps.max() < 1e-6
    assert steps.min() > -0.9
    half = pitch_deg(flattened(standing(5.0), OFFSETS, np.array([0.5, 1.0])))
    assert half[0] == pytest.approx(-2.5, abs=0.05)
    assert JOINT["LeftFoot"] == FEET[0]
