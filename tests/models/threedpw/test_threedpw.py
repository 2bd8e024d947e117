"""3DPW in its own format: joints, moving camera, people; refusals in one line; errors as papers print them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from models import evaluate
from models.evaluation.predict import Answer, Inputs, Predictor
from models.keypoints import KEYPOINT
from models.rotations import matrix_to_rotation_6d
from models.skeleton import JOINT
from models.threedpw.evaluate import actor_errors, evaluate_threedpw, report_threedpw
from models.threedpw.sequence import ThreeDPWError, find_sequences, read_actors
from tests.models.threedpw.threedpw_files import FRAMES, HEIGHT_M, camera_poses, joints_world, sequence, write


class Motionless:
    """A lifter that knows nobody: everybody stands in the T-pose before the camera."""

    def __init__(self, config) -> None:
        self.config = config

    def answer(self, inputs: Inputs) -> Answer:
        count = len(inputs.keypoints)
        rotations = np.tile(np.eye(3), (count, 22, 1, 1))
        rotations[:, 0] = np.diag([1.0, -1.0, -1.0])
        return Answer(matrix_to_rotation_6d(rotations), np.tile([-1.2, 0, 0, 0, 0], (count, 1)), np.zeros((count, 22)))


def test_joints_come_in_the_moving_cameras_frame_and_in_our_order(tmp_path):
    (actor,) = read_actors(write(tmp_path, sequence()))
    world, poses = joints_world(1), camera_poses()
    expected = np.einsum("nij,nkj->nki", poses[:, :3, :3], world) + poses[:, None, :3, 3]
    np.testing.assert_allclose(actor.sequence.truth_m, expected, atol=1e-9)
    assert actor.measured.all()
    assert actor.sequence.height_m == pytest.approx(HEIGHT_M, rel=0.01)


def test_keypoints_lie_on_the_joints_they_are_of_left_on_left(tmp_path):
    (actor,) = read_actors(write(tmp_path, sequence()))
    truth = actor.sequence.truth_m
    for name, joint in (("left_wrist", "LeftHand"), ("right_knee", "RightLowerLeg"), ("left_hip", "LeftUpperLeg")):
        expected = truth[:, JOINT[joint], :2] / truth[:, JOINT[joint], 2:]
        np.testing.assert_allclose(actor.sequence.rays[:, KEYPOINT[name]], expected, atol=1e-9)
    assert (actor.sequence.scores[:, KEYPOINT["left_heel"]] == 0).all()
    assert actor.sequence.scores[0, KEYPOINT["left_ear"]] == pytest.approx(0.9)


def test_every_person_of_a_sequence_is_one_and_frames_without_camera_or_keypoints_are_not_measured(tmp_path):
    content = sequence((1, 2))
    content["campose_valid"][0][:20] = False
    content["poses2d"][1][50:, 2] = 0.0
    first, second = read_actors(write(tmp_path, content))
    assert (first.name, second.name) == ("downtown_walking_00_0", "downtown_walking_00_1")
    assert np.flatnonzero(~first.measured).tolist() == list(range(20))
    assert np.flatnonzero(~second.measured).tolist() == list(range(50, FRAMES))


def test_somebody_who_knows_nobody_errs_as_much_as_the_person_moves(tmp_path, tiny):
    write(tmp_path, sequence((1, 2)))
    write(tmp_path, sequence((3,)), "courtyard_box_00")
    table = evaluate_threedpw(Motionless(tiny), tmp_path)
    assert table["people"] == 3
    assert table["frames"] == 3 * FRAMES
    assert table["mpjpe_mm"] > table["pa_mpjpe_mm"] > 5
    assert table["acceleration_mm_per_frame2"] == pytest.approx(table["acceleration_m_s2"] * 1000 / 900)
    assert "3DPW test, 3 people in 270 frames" in report_threedpw(table)[0]


def test_the_acceleration_of_a_pose_that_stays_is_that_of_the_truth(tmp_path, tiny):
    (actor,) = read_actors(write(tmp_path, sequence()))
    row = actor_errors(Motionless(tiny), actor)
    assert row["frames"] == FRAMES
    assert row["acceleration_m_s2"] > 0.05


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"jointPositions": None}, "jointPositions is no list"),
        ({"jointPositions": [np.zeros((FRAMES, 71))]}, r"jointPositions \(90, 71\); expected"),
        ({"poses2d": [np.zeros((FRAMES, 3, 17))]}, r"poses2d \(90, 3, 17\)"),
        ({"cam_intrinsics": np.eye(4)}, r"camera of shapes \(4, 4\)"),
        ({"cam_poses": "none"}, "cam_poses is not an array of numbers"),
        ({"campose_valid": []}, "campose_valid is no list with an array for each person"),
    ],
)
def test_other_contents_are_refused_in_one_line(tmp_path, change, message):
    path = write(tmp_path, sequence(**change))
    with pytest.raises(ThreeDPWError, match=message) as caught:
        list(read_actors(path))
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


class Evil:
    """Would run a command when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self.folder,)


def test_a_pickle_that_names_anything_but_arrays_is_never_executed(tmp_path):
    trap = tmp_path / "it was executed"
    path = write(tmp_path, sequence(genders=Evil(trap)))
    with pytest.raises(ThreeDPWError, match="only NumPy arrays are read"):
        list(read_actors(path))
    assert not trap.exists()


def test_a_file_cut_short_and_a_folder_without_sequences_are_one_line(tmp_path):
    path = write(tmp_path, sequence())
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ThreeDPWError, match="not a complete pickle"):
        list(read_actors(path))
    with pytest.raises(ThreeDPWError, match="pass the folder of 3DPW"):
        find_sequences(tmp_path / "none")
    with pytest.raises(ThreeDPWError, match="expected one of train, validation, test"):
        find_sequences(tmp_path, "val")


def test_the_command_prints_the_table(tmp_path, weights, capsys):
    write(tmp_path, sequence())
    arguments = ["--weights", str(weights), "--tables", "threedpw", "--threedpw", str(tmp_path)]
    assert evaluate.main(arguments) == 0
    assert "3DPW test, 1 people in 90 frames" in capsys.readouterr().out
    assert isinstance(Predictor(weights, 1).config.window_frames, int)
