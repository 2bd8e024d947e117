"""Measures of single frames: the truth has no error, a known one is told where it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.evaluation.frames import FrameTruth, frame_errors, inputs_of, landmark_errors, limb_error_mm
from models.evaluation.predict import Predictions, decoded
from models.keypoints import EVIDENCE_NAMES, NUM_EVIDENCE
from models.rotations import axis_angle_to_matrix
from models.skeleton import JOINT, LIMBS
from models.training.validate import HEIGHT_M
from models.view import gravity_up


def told(oracle) -> Predictions:
    inputs = inputs_of(oracle.batch)
    return decoded(oracle.answer(inputs), inputs, refine=False)


def test_the_truth_has_no_error(oracle):
    table = frame_errors(told(oracle), FrameTruth.of(oracle.batch))
    for name in ("mpjpe_mm", "n_mpjpe_mm", "pa_mpjpe_mm"):
        assert table["limbs"][name] < 0.1
        assert table["all_joints"][name] < 0.1
    for name in ("angle_deg", "hips_deg", "bone_length_percent", "depth_percent"):
        assert table[name] < 0.1, name
    assert max(table["per_joint_mm"].values()) < 0.2
    assert len(table["per_joint_mm"]) == 22


def test_a_known_error_is_told_where_it_is(oracle):
    right = told(oracle)
    joints, root, rotations, ratio = right.joints.copy(), right.root.copy(), right.rotations.copy(), right.ratio.copy()
    joints[:, JOINT["LeftHand"], 0] += 0.012 / HEIGHT_M
    root[:, 0] += np.log(1.1)
    rotations[:, 0] = rotations[:, 0] @ axis_angle_to_matrix(np.array([0.0, 0.1, 0.0]))
    rotations[:, JOINT["Head"]] = rotations[:, JOINT["Head"]] @ axis_angle_to_matrix(np.array([0.21, 0.0, 0.0]))
    ratio[:, JOINT["LeftToes"]] *= 1.21  # no part of the stature's sum but for its small rise
    table = frame_errors(Predictions(rotations, joints, root, ratio), FrameTruth.of(oracle.batch))
    assert table["limbs"]["mpjpe_mm"] == pytest.approx(1.0, rel=0.02)
    assert table["all_joints"]["mpjpe_mm"] == pytest.approx(12 / 22, rel=0.05)
    assert table["per_joint_mm"]["LeftHand"] == pytest.approx(12.0, abs=0.1)
    assert table["per_joint_mm"]["RightHand"] < 0.2
    assert table["depth_percent"] == pytest.approx(10.0, rel=0.01)
    assert table["hips_deg"] == pytest.approx(np.degrees(0.1), rel=0.01)
    assert table["angle_deg"] == pytest.approx(np.degrees(0.21) / 21, rel=0.05)
    assert table["bone_length_percent"] == pytest.approx(1.0, abs=1.0)
    assert table["bone_length_percent"] > 0.9


def test_windows_without_a_person_are_not_counted(oracle):
    truth = FrameTruth.of(oracle.batch)
    seen = truth.seen.copy()
    seen[:7] = False
    found = told(oracle)
    found.joints[:7] += np.random.default_rng(0).normal(size=(7, 22, 3))
    assert frame_errors(found, replace(truth, seen=seen))["limbs"]["mpjpe_mm"] < 0.1


@pytest.mark.parametrize(("yaw_deg", "sector"), [(0, 0), (90, 6), (180, 4), (-90, 2)])
def test_who_turns_to_their_left_is_seen_from_their_right(oracle, yaw_deg, sector):
    """Somebody turned to their left by `yaw` under a camera that looks down by 20 degrees."""
    up = gravity_up(np.radians([20.0, 0.0]))
    ahead = np.array([0, 0, -1.0]) - up * (up @ [0, 0, -1.0])
    facing = np.stack([np.cross(up, ahead / np.linalg.norm(ahead)), up, ahead / np.linalg.norm(ahead)], axis=-1)
    truth, found = FrameTruth.of(oracle.batch), told(oracle)
    truth.rotations[:, 0] = facing @ axis_angle_to_matrix(np.array([0.0, np.radians(yaw_deg), 0.0]))
    truth.up[:] = up
    found.joints[:, JOINT["LeftHand"], 0] += 0.012 / HEIGHT_M
    table = frame_errors(found, truth)["viewpoints_mm"]
    assert [index for index, value in enumerate(table["by_yaw"]) if value is not None] == [sector]
    assert table["by_yaw"][sector] == 1.0
    assert table["table"][2][sector] == 1.0  # pitch 10..30 degrees


def test_limb_errors_can_be_of_some_joints_only():
    truth = np.random.default_rng(0).normal(size=(3, 22, 3))
    wrong = truth.copy()
    wrong[:, JOINT["LeftHand"], 1] += 0.012
    np.testing.assert_allclose(limb_error_mm(wrong, truth), 1.0)
    np.testing.assert_allclose(limb_error_mm(wrong, truth, (JOINT["LeftHand"],)), 12.0)
    np.testing.assert_allclose(limb_error_mm(wrong, truth, (JOINT["RightHand"],)), 0.0, atol=1e-9)


def true_landmarks(truth: FrameTruth) -> np.ndarray:
    """(N, 27, 4) landmarks that lie on the limb joints."""
    evidence = np.zeros((len(truth.seen), NUM_EVIDENCE, 4))
    names = dict(zip(("UpperArm", "LowerArm", "Hand"), ("shoulder", "elbow", "wrist"), strict=True))
    names |= dict(zip(("UpperLeg", "LowerLeg", "Foot"), ("hip", "knee", "ankle"), strict=True))
    for side in ("Left", "Right"):
        for joint, name in names.items():
            row = EVIDENCE_NAMES.index(f"{side.lower()}_{name}")
            evidence[:, row, :3] = truth.joints[:, JOINT[side + joint]] * HEIGHT_M
            evidence[:, row, 3] = 1
    return evidence


def test_the_landmarks_own_error_is_that_of_the_landmarks(oracle):
    truth = FrameTruth.of(oracle.batch)
    evidence = true_landmarks(truth)
    assert landmark_errors(evidence, truth)["limbs"]["mpjpe_mm"] < 1e-6
    evidence[:, EVIDENCE_NAMES.index("right_ankle"), 1] += 0.06
    assert landmark_errors(evidence, truth)["limbs"]["mpjpe_mm"] == pytest.approx(60 / len(LIMBS))


def test_landmarks_are_measured_where_there_are_any(oracle):
    truth = FrameTruth.of(oracle.batch)
    evidence = true_landmarks(truth)
    evidence[:10] = 0
    assert landmark_errors(evidence, truth)["windows"] == int(truth.seen[10:].sum())
    assert landmark_errors(0 * evidence, truth) is None
