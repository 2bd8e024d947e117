"""The mocap table: the truth has no error, and viewpoints are where the camera stands."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.mocap import _tables, _viewpoints, evaluate_mocap
from models.evaluation.predict import Predictions, Predictor
from models.rotations import axis_angle_to_matrix, rotation_6d_to_matrix
from models.skeleton import JOINT
from models.training.validate import validation_windows
from models.view import gravity_up


@pytest.fixture(scope="module")
def batch(library, tiny):
    return validation_windows(library, tiny, 40)


def truth(batch) -> Predictions:
    root = np.zeros((len(batch.seen), 5))
    root[:, 0] = batch.root_depth[:, -1].double().numpy()
    rotations = rotation_6d_to_matrix(batch.rotations_6d[:, -1].double().numpy())
    return Predictions(rotations, batch.joints[:, -1].double().numpy(), root, batch.bone_ratio.double().numpy())


def test_the_truth_has_no_error(batch):
    table = _tables(truth(batch), batch)
    for name in ("mpjpe_mm", "n_mpjpe_mm", "pa_mpjpe_mm"):
        assert table["limbs"][name] < 0.1
        assert table["all_joints"][name] < 0.1
    for name in ("angle_deg", "hips_deg", "bone_length_percent", "depth_percent"):
        assert table[name] < 0.1, name
    assert max(table["per_joint_mm"].values()) < 0.2
    assert len(table["per_joint_mm"]) == 22


def test_a_known_error_is_told_where_it_is(batch):
    right = truth(batch)
    joints, root, ratio = right.joints.copy(), right.root.copy(), right.ratio.copy()
    joints[:, JOINT["LeftHand"], 0] += 0.012 / 1.7
    root[:, 0] += np.log(1.1)
    rotations = right.rotations.copy()
    rotations[:, 0] = rotations[:, 0] @ axis_angle_to_matrix(np.array([0.0, 0.1, 0.0]))
    table = _tables(Predictions(rotations, joints, root, ratio), batch)
    assert table["limbs"]["mpjpe_mm"] == pytest.approx(1.0, rel=0.02)
    assert table["per_joint_mm"]["LeftHand"] == pytest.approx(12.0, abs=0.1)
    assert table["per_joint_mm"]["RightHand"] < 0.2
    assert table["depth_percent"] == pytest.approx(10.0, rel=0.01)
    assert table["hips_deg"] == pytest.approx(np.degrees(0.1), rel=0.01)


@pytest.mark.parametrize(("yaw_deg", "sector"), [(0, 0), (90, 2), (180, 4), (-90, 6)])
def test_viewpoints_are_told_by_yaw_and_pitch(yaw_deg, sector):
    """Somebody turned to their left by `yaw` under a camera that looks down by 20 degrees."""
    up = gravity_up(np.radians([20.0, 0.0]))
    ahead = np.array([0, 0, -1.0]) - up * (up @ [0, 0, -1.0])
    facing = np.stack([np.cross(up, ahead / np.linalg.norm(ahead)), up, ahead / np.linalg.norm(ahead)], axis=-1)
    hips = facing @ axis_angle_to_matrix(np.array([0.0, np.radians(yaw_deg), 0.0]))
    count = 6
    truth_joints = np.random.default_rng(0).normal(size=(count, 22, 3))
    joints = truth_joints.copy()
    joints[:, JOINT["LeftHand"], 0] += 0.012
    table = _viewpoints(joints, truth_joints, np.tile(hips, (count, 1, 1)), np.tile(up, (count, 1)))
    assert [index for index, value in enumerate(table["by_yaw"]) if value is not None] == [sector]
    assert table["by_yaw"][sector] == 1.0
    assert table["table"][2][sector] == 1.0  # pitch 10..30 degrees
    assert table["worst_over_best"] == 1.0


def test_tables_are_made_with_and_without_image_evidence(weights, library):
    tables = evaluate_mocap(Predictor(weights), library, 12)
    assert tables["windows"] == 12
    assert tables["with_evidence"]["limbs"]["mpjpe_mm"] == tables["keypoints_alone"]["limbs"]["mpjpe_mm"] > 50
