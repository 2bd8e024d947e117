"""Forward kinematics and the person's own skeleton."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from models.kinematics import (
    REST_LENGTHS,
    STATURE,
    forward_kinematics,
    hips_height,
    person_offsets,
    posed,
    ratio_offsets,
    stature,
)
from models.skeleton import JOINT, JOINT_NAMES, MIRROR_JOINTS, NUM_JOINTS, PARENTS, REST_OFFSETS, SOLE

IDENTITY = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))


def random_pose(seed: int, shape: tuple[int, ...] = ()) -> np.ndarray:
    count = int(np.prod(shape, dtype=int)) * NUM_JOINTS
    return Rotation.random(count, random_state=seed).as_matrix().reshape(*shape, NUM_JOINTS, 3, 3)


def test_the_t_pose_stands_on_the_floor_with_the_left_at_plus_x():
    joints, turned = forward_kinematics(IDENTITY, REST_OFFSETS, REST_OFFSETS[0])
    np.testing.assert_array_equal(turned, IDENTITY)
    assert joints[JOINT["Hips"], 1] == 1.0
    assert joints[:, 1].min() == pytest.approx(SOLE)
    assert joints[JOINT["LeftHand"], 0] > 0.7
    assert joints[JOINT["RightHand"], 0] == -joints[JOINT["LeftHand"], 0]
    assert joints[:, 1].argmax() == JOINT["Head"]


def test_posing_level_by_level_is_forward_kinematics():
    rotations, roots = random_pose(7, (5,)), np.random.default_rng(7).normal(0, 1, (5, 3))
    found = posed(rotations, REST_OFFSETS, roots)
    for part, expected in zip(found, forward_kinematics(rotations, REST_OFFSETS, roots), strict=True):
        np.testing.assert_allclose(part, expected, atol=1e-12)


def test_bone_lengths_do_not_depend_on_the_pose():
    joints, _ = forward_kinematics(random_pose(0, (20,)), REST_OFFSETS, np.zeros((20, 3)))
    parents = list(PARENTS[1:])
    lengths = np.linalg.norm(joints[:, 1:] - joints[:, parents], axis=-1)
    np.testing.assert_allclose(lengths, np.tile(REST_LENGTHS[1:], (20, 1)), atol=1e-12)


def test_turning_hips_turns_the_whole_body_about_the_root():
    pose, root = random_pose(1), np.array([0.3, 1.1, -2.0])
    joints, turned = forward_kinematics(pose, REST_OFFSETS, root)
    turn = Rotation.from_rotvec([0.2, 1.0, -0.4]).as_matrix()
    pose[0] = turn @ pose[0]
    again, turned_again = forward_kinematics(pose, REST_OFFSETS, root)
    np.testing.assert_allclose(again - root, (joints - root) @ turn.T, atol=1e-12)
    np.testing.assert_allclose(turned_again, turn @ turned, atol=1e-12)


def test_an_elbow_moves_the_hand_and_nothing_else():
    pose = IDENTITY.copy()
    pose[JOINT["LeftLowerArm"]] = Rotation.from_euler("y", -90, degrees=True).as_matrix()
    before, _ = forward_kinematics(IDENTITY, REST_OFFSETS, np.zeros(3))
    after, _ = forward_kinematics(pose, REST_OFFSETS, np.zeros(3))
    moved = [JOINT_NAMES[joint] for joint in np.flatnonzero(np.abs(after - before).max(-1) > 1e-9)]
    assert moved == ["LeftHand"]
    forearm = after[JOINT["LeftHand"]] - after[JOINT["LeftLowerArm"]]
    np.testing.assert_allclose(forearm, [0, 0, REST_LENGTHS[JOINT["LeftHand"]]], atol=1e-12)


def test_mirrored_poses_give_mirrored_bodies():
    pose, signs = random_pose(2), np.array([-1.0, 1, 1])
    mirrored = pose[list(MIRROR_JOINTS)] * signs[:, None] * signs
    joints, _ = forward_kinematics(pose, REST_OFFSETS, np.zeros(3))
    ours, _ = forward_kinematics(mirrored, REST_OFFSETS, np.zeros(3))
    np.testing.assert_allclose(ours, joints[list(MIRROR_JOINTS)] * signs, atol=1e-12)


def test_stature_and_hips_height_grow_with_the_skeleton():
    assert stature(REST_OFFSETS * 0.9) == pytest.approx(0.9 * STATURE)
    assert hips_height(REST_OFFSETS * 0.9) == pytest.approx(0.9)


def test_longer_legs_lift_the_hips_of_a_person_of_the_same_height():
    ratio = np.ones(NUM_JOINTS)
    for side in ("Left", "Right"):
        ratio[[JOINT[side + "LowerLeg"], JOINT[side + "Foot"]]] = 1.15
    longer, mean = person_offsets(ratio, 1.7), person_offsets(np.ones(NUM_JOINTS), 1.7)
    assert longer[0, 1] > mean[0, 1] + 0.02
    assert stature(longer) == pytest.approx(stature(mean)) == pytest.approx(1.7)
    assert longer[JOINT["Neck"], 1] < mean[JOINT["Neck"], 1]


def test_ratio_offsets_have_stature_one_their_feet_on_the_floor_and_forget_a_common_factor():
    ratio = np.random.default_rng(3).uniform(0.8, 1.2, (5, NUM_JOINTS))
    ratio = (ratio + ratio[:, list(MIRROR_JOINTS)]) / 2
    offsets = ratio_offsets(ratio)
    np.testing.assert_allclose(stature(offsets), 1, atol=1e-12)
    np.testing.assert_allclose(ratio_offsets(3 * ratio), offsets, atol=1e-12)
    joints, _ = forward_kinematics(np.tile(IDENTITY, (5, 1, 1, 1)), offsets, offsets[:, 0])
    assert np.abs(joints[..., 1].min(-1) - SOLE / STATURE).max() < 1e-9
    np.testing.assert_array_equal(offsets[:, 0, [0, 2]], 0)


def test_ratio_offsets_keep_the_proportions_of_the_ratio():
    ratio = np.random.default_rng(4).uniform(0.8, 1.2, NUM_JOINTS)
    lengths = np.linalg.norm(ratio_offsets(ratio), axis=-1)[1:]
    shares = lengths / REST_LENGTHS[1:] / ratio[1:]
    np.testing.assert_allclose(shares, shares[0])


def test_numpy_and_torch_agree():
    pose, ratio = random_pose(5, (2, 3)), np.random.default_rng(6).uniform(0.8, 1.2, (2, 1, NUM_JOINTS))
    root = np.random.default_rng(7).normal(size=(2, 3, 3))
    offsets = ratio_offsets(ratio)
    theirs = ratio_offsets(torch.from_numpy(ratio))
    np.testing.assert_allclose(offsets, theirs.numpy(), atol=1e-12)
    np.testing.assert_allclose(stature(offsets), stature(theirs).numpy(), atol=1e-12)
    np.testing.assert_allclose(hips_height(offsets), hips_height(theirs).numpy(), atol=1e-12)
    np.testing.assert_allclose(person_offsets(ratio, 1.8), person_offsets(torch.from_numpy(ratio), 1.8).numpy())
    ours = forward_kinematics(pose, offsets, root)
    others = forward_kinematics(torch.from_numpy(pose), theirs, torch.from_numpy(root))
    for a, b in zip(ours, others, strict=True):
        np.testing.assert_allclose(a, b.numpy(), atol=1e-12)
