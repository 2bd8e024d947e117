"""Limbs turned to where the detector saw them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from models.keypoints import KEYPOINT, NUM_KEYPOINTS
from models.kinematics import forward_kinematics, ratio_offsets
from models.refine import _sides_sorted, refine
from models.skeleton import JOINT, NUM_JOINTS

DEPTH, SIZE = 2.0, 0.15
LIMB_ENDS = [JOINT[s + n] for s in ("Left", "Right") for n in ("LowerArm", "Hand", "LowerLeg", "Foot")]
_JOINT_OF = {"shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand", "hip": "UpperLeg", "knee": "LowerLeg"}
_JOINT_OF |= {"ankle": "Foot"}


def joints_of(rotations: np.ndarray) -> np.ndarray:
    offsets = ratio_offsets(np.ones(NUM_JOINTS))
    return forward_kinematics(rotations, offsets, np.zeros((len(rotations), 3)))[0]


def keypoints_of(joints: np.ndarray, score: float = 1.0) -> np.ndarray:
    """(N, 22, 3) -> exact keypoints of the limbs (N, 23, 3); the others missing."""
    keypoints = np.zeros((len(joints), NUM_KEYPOINTS, 3))
    for name, index in KEYPOINT.items():
        side, _, bare = name.partition("_")
        if bare in _JOINT_OF:
            place = joints[:, JOINT[side.capitalize() + _JOINT_OF[bare]]]
            keypoints[:, index, :2] = place[:, :2] / (place[:, 2:] + DEPTH) / SIZE
            keypoints[:, index, 2] = score
    return keypoints


def pose(seed: int, spread: float) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(4 * NUM_JOINTS, 3)) * spread
    facing = Rotation.from_euler("x", 180, degrees=True).as_matrix()  # upright in a camera's axes
    rotations = Rotation.from_rotvec(vectors).as_matrix().reshape(4, NUM_JOINTS, 3, 3)
    rotations[:, 0] = facing
    return rotations


def inputs(rotations: np.ndarray, keypoints: np.ndarray, place: tuple[float, float] = (0.0, 0.0)) -> list[np.ndarray]:
    n = len(rotations)
    return [
        rotations,
        np.zeros((n, NUM_JOINTS)),
        np.full(n, DEPTH),
        np.tile(place, (n, 1)),
        keypoints,
        np.full(n, SIZE),
    ]


def refined(rotations: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
    return refine(*inputs(rotations, keypoints))[0]


def off_limbs(rotations: np.ndarray, turned: float) -> np.ndarray:
    """The same pose with its limb bones turned a little."""
    wrong = rotations.copy()
    for name in ("LeftUpperArm", "RightLowerArm", "LeftUpperLeg", "RightLowerLeg"):
        turn = Rotation.from_rotvec([0.0, 0.0, turned]).as_matrix()
        wrong[:, JOINT[name]] = wrong[:, JOINT[name]] @ turn
    return wrong


def test_exact_keypoints_bring_limbs_nearer_to_the_truth():
    truth = pose(0, 0.3)
    wrong = off_limbs(truth, 0.35)
    target = joints_of(truth)
    before = np.linalg.norm((joints_of(wrong) - target)[:, LIMB_ENDS], axis=-1)
    after = np.linalg.norm((joints_of(refined(wrong, keypoints_of(target))) - target)[:, LIMB_ENDS], axis=-1)
    assert after.mean() < 0.65 * before.mean()  # TRUST goes six tenths of the way


def test_a_pose_that_agrees_with_its_keypoints_stays():
    truth = pose(1, 0.4)
    np.testing.assert_allclose(refined(truth, keypoints_of(joints_of(truth))), truth, atol=1e-9)


def test_bones_keep_their_lengths_and_rotations_stay_rotations():
    wrong = off_limbs(pose(2, 0.4), 0.5)
    found = refined(wrong, keypoints_of(joints_of(pose(3, 0.4))))
    identity = np.broadcast_to(np.eye(3), found.shape)
    np.testing.assert_allclose(found @ np.swapaxes(found, -1, -2), identity, atol=1e-9)
    assert np.linalg.det(found).min() > 0.99


def test_missing_keypoints_change_nothing():
    wrong = off_limbs(pose(4, 0.4), 0.4)
    np.testing.assert_allclose(refined(wrong, np.zeros((4, NUM_KEYPOINTS, 3))), wrong, atol=1e-9)


@pytest.mark.parametrize(("low", "high"), [(0.2, 0.6), (0.6, 1.0)])
def test_surer_keypoints_move_a_limb_further(low, high):
    truth = pose(5, 0.2)
    wrong = off_limbs(truth, 0.3)
    target = joints_of(truth)
    moved = [
        np.linalg.norm(joints_of(refined(wrong, keypoints_of(target, score))) - joints_of(wrong), axis=-1).sum()
        for score in (low, high)
    ]
    assert moved[0] < moved[1]


def test_hands_keep_their_angle_to_the_forearm_and_feet_theirs_to_the_floor():
    wrong = off_limbs(pose(6, 0.3), 0.4)
    found = refined(wrong, keypoints_of(joints_of(pose(7, 0.3))))
    hand, foot = JOINT["LeftHand"], JOINT["RightFoot"]
    np.testing.assert_allclose(found[:, hand], wrong[:, hand], atol=1e-12)
    offsets, root = ratio_offsets(np.ones(NUM_JOINTS)), np.zeros((4, 3))
    before, after = (forward_kinematics(r, offsets, root)[1][:, foot] for r in (wrong, found))
    np.testing.assert_allclose(after, before, atol=1e-9)


def test_trunk_and_head_are_left_alone():
    wrong = off_limbs(pose(8, 0.3), 0.4)
    found = refined(wrong, keypoints_of(joints_of(pose(9, 0.3))))
    for name in ("Hips", "Spine", "Neck", "Head", "LeftShoulder"):
        np.testing.assert_array_equal(found[:, JOINT[name]], wrong[:, JOINT[name]])


def test_the_root_goes_where_hips_and_shoulders_are_seen():
    truth = pose(12, 0.2)
    keypoints = keypoints_of(joints_of(truth))
    _, place = refine(*inputs(truth, keypoints, place=(0.8, -0.4)))
    np.testing.assert_allclose(place, 0.0, atol=0.02)


def test_a_root_without_seen_trunk_stays():
    truth = pose(13, 0.2)
    keypoints = keypoints_of(joints_of(truth))
    for name in ("left_hip", "right_hip", "left_shoulder", "right_shoulder"):
        keypoints[:, KEYPOINT[name]] = 0.0
    _, place = refine(*inputs(truth, keypoints, place=(0.3, 0.1)))
    np.testing.assert_allclose(place, [[0.3, 0.1]] * 4)


@pytest.mark.parametrize("names", [("knee", "ankle"), ("elbow", "wrist"), tuple(_JOINT_OF)])
def test_left_and_right_confused_by_the_detector_do_not_cross_the_limbs(names):
    truth = pose(14, 0.15)
    keypoints = keypoints_of(joints_of(truth))
    swapped = keypoints.copy()
    for name in names:
        left, right = KEYPOINT[f"left_{name}"], KEYPOINT[f"right_{name}"]
        swapped[:, [left, right]] = keypoints[:, [right, left]]
    np.testing.assert_allclose(refined(truth, swapped), truth, atol=1e-9)


@pytest.mark.parametrize(("way", "exchanged"), [(0.0, False), (0.4, False), (0.55, False), (0.7, True), (1.0, True)])
def test_sides_are_exchanged_for_a_reason_only(way, exchanged):
    """`way`: how far the detector put each ankle and knee to the other one; a little past the middle proves nothing."""
    drawn = joints_of(pose(15, 0.1))[..., :2]
    keypoints = np.zeros((len(drawn), NUM_KEYPOINTS, 3))
    for name in ("knee", "ankle"):
        left, right = (drawn[:, JOINT[side + _JOINT_OF[name]]] for side in ("Left", "Right"))
        keypoints[:, KEYPOINT[f"left_{name}"], :2] = left + way * (right - left)
        keypoints[:, KEYPOINT[f"right_{name}"], :2] = right + way * (left - right)
    keypoints[..., 2] = 1.0
    others = [index for name, index in KEYPOINT.items() if name.partition("_")[2] not in ("knee", "ankle")]
    keypoints[:, others, 2] = 0.0
    found = _sides_sorted(keypoints, drawn)
    left, right = KEYPOINT["left_ankle"], KEYPOINT["right_ankle"]
    np.testing.assert_array_equal(found[:, left], keypoints[:, right if exchanged else left])
    np.testing.assert_array_equal(found[:, right], keypoints[:, left if exchanged else right])


def test_a_point_that_is_not_seen_exchanges_nothing():
    drawn = joints_of(pose(16, 0.1))[..., :2]
    keypoints = keypoints_of(joints_of(pose(16, 0.1)), score=0.0)
    np.testing.assert_array_equal(_sides_sorted(keypoints, drawn), keypoints)


def test_numpy_and_torch_agree():
    arrays = inputs(off_limbs(pose(10, 0.3), 0.4), keypoints_of(joints_of(pose(11, 0.3))), place=(0.1, 0.2))
    tensors = refine(*(torch.from_numpy(array) for array in arrays))
    for ours, theirs in zip(refine(*arrays), tensors, strict=True):
        np.testing.assert_allclose(theirs.numpy(), ours, atol=1e-12)
