"""Hidden parts: nothing of them reaches the network; errors of hidden and seen joints are told apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.evaluation.frames import FrameTruth, inputs_of
from models.evaluation.missing import PARTS, evaluate_missing, hidden, mean_pose_errors
from models.evaluation.predict import Predictor
from models.keypoints import EVIDENCE_NAMES, KEYPOINT, KEYPOINT_NAMES
from models.rotations import axis_angle_to_matrix, matrix_to_rotation_6d
from models.skeleton import JOINT


@pytest.mark.parametrize("part", list(PARTS))
def test_nothing_of_a_hidden_part_reaches_the_network(batch, part):
    points, _ = PARTS[part]
    inputs = hidden(inputs_of(batch), points)
    names = {EVIDENCE_NAMES[point] for point in points}
    assert ("left_ankle" in names) == part.startswith("legs")
    assert ("left_wrist" in names) == part.endswith("left_arm")
    assert not names & {"left_hip", "right_wrist", "nose"}
    columns = [KEYPOINT[name] for name in names if name in KEYPOINT]
    assert not inputs.keypoints[:, :, columns].any()
    assert not inputs.evidence[:, :, points].any()
    others = [KEYPOINT[name] for name in KEYPOINT_NAMES if name not in names]
    np.testing.assert_allclose(inputs.keypoints[:, :, others, 2], inputs_of(batch).keypoints[:, :, others, 2])


def test_the_view_follows_from_what_is_left(batch):
    """Without legs the person is smaller, and the middle is higher up."""
    whole = inputs_of(batch)
    inputs = hidden(whole, PARTS["legs"][0])
    seen = batch.seen.numpy()
    assert np.median((inputs.box - whole.box)[seen, 2]) < -0.1


def test_the_truth_has_no_error_on_hidden_joints_nor_on_others(oracle, library):
    """An oracle says the truth in the axes of the whole windows; hiding turns the view a little, no more."""
    table = evaluate_missing({"truth": oracle}, library, 40)
    rows = table["parts"]["left_arm"]["truth"]
    assert rows["hidden_joints_when_seen_mm"] > 1  # the refinement follows the noisy keypoints
    assert all(not inputs.keypoints[:, :, KEYPOINT["left_wrist"]].any() for inputs in oracle.shown[3:5])


def test_a_wrong_hidden_arm_is_told_as_the_hidden_joints(oracle, library):
    before = evaluate_missing({"truth": oracle}, library, 40)["parts"]["left_arm"]["truth"]
    elbow = oracle.batch.rotations_6d[:, -1, JOINT["LeftLowerArm"]]
    turn = axis_angle_to_matrix(np.array([0.0, 1.0, 0.0]))
    kept = elbow.clone()
    elbow[:] = elbow.new_tensor(matrix_to_rotation_6d(turn))
    after = evaluate_missing({"truth": oracle}, library, 40)["parts"]["left_arm"]["truth"]
    elbow[:] = kept  # the batch is shared
    assert after["hidden_joints_mm"] > before["hidden_joints_mm"] + 20
    assert after["other_joints_mm"] == pytest.approx(before["other_joints_mm"], abs=1.0)


def test_every_network_has_a_row_and_every_row_both_ways(weights, library):
    predictor = Predictor(weights)
    table = evaluate_missing({"vtm": predictor, "plain": predictor}, library, 10)
    for part in PARTS:
        assert table["parts"][part]["vtm"] == table["parts"][part]["plain"]
        assert set(table["parts"][part]["vtm"]) == {
            "hidden_joints_mm",
            "other_joints_mm",
            "hidden_joints_mm_keypoints_alone",
            "other_joints_mm_keypoints_alone",
            "hidden_joints_when_seen_mm",
        }


def test_hidden_legs_of_walkers_are_told_apart(weights, library):
    named = replace(library, names=tuple("cmu_bvh/07/07_03.bvh" for _ in library.names))
    table = evaluate_missing({"vtm": Predictor(weights)}, named, 10)
    assert table["walking_legs_mm"]["vtm"] > 1
    standing = replace(library, names=tuple("mesh2motion/base__Idle_Loop.bvh" for _ in library.names))
    assert "walking_legs_mm" not in evaluate_missing({"vtm": Predictor(weights)}, standing, 10)


def test_the_mean_pose_of_one_pose_has_no_error_wherever_it_faces(batch):
    truth = FrameTruth.of(batch)
    body = truth.joints[0] @ truth.rotations[0, 0]  # in the Hips' axes
    truth.joints[:] = np.einsum("nij,kj->nki", truth.rotations[:, 0], body)
    assert max(mean_pose_errors(truth).values()) < 0.1
    truth.joints[::2, JOINT["LeftHand"]] += 0.5
    assert mean_pose_errors(truth)["left_arm"] > 50
    assert mean_pose_errors(truth)["legs"] < 0.1
