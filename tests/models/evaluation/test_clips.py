"""Clips with truth: windows as the app builds them, errors that are known, files that do not fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from models.camera import Intrinsics
from models.evaluation.clips import Clip, ClipError, evaluate_clip, lift_clip
from models.evaluation.predict import Predictor
from models.evaluation.sequences import sliding_windows
from models.keypoints import EVIDENCE_NAMES, KEYPOINT_NAMES
from models.kinematics import forward_kinematics, person_offsets
from models.skeleton import JOINT, JOINT_NAMES, NUM_JOINTS
from tests.engine.vtm.constant_onnx import FACING_CAMERA

CAMERA = Intrinsics.from_hfov((640, 480), 1.0)
FRAMES = 24
HEIGHT_M = 1.8
ON_BODY = {
    "shoulder": "UpperArm",
    "elbow": "LowerArm",
    "wrist": "Hand",
    "hip": "UpperLeg",
    "knee": "LowerLeg",
    "ankle": "Foot",
}


def joint_of(name: str) -> int:
    side, _, bare = name.partition("_")
    return JOINT[side.capitalize() + ON_BODY[bare]] if bare in ON_BODY else JOINT["Head"]


def standing(depth_m: float = 3.0) -> Clip:
    """Somebody in the T-pose, their middle straight ahead, seen perfectly by a detector with perfect landmarks."""
    rotations = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    rotations[0] = FACING_CAMERA
    joints, _ = forward_kinematics(rotations, person_offsets(np.ones(NUM_JOINTS), HEIGHT_M), np.array([0, 0, depth_m]))
    shift = joints[[joint_of(name) for name in KEYPOINT_NAMES]].mean(0) * (1, 1, 0)  # the view looks straight ahead
    joints = np.tile(joints - shift, (FRAMES, 1, 1))
    points = CAMERA.to_pixels(joints)[:, [joint_of(name) for name in KEYPOINT_NAMES]]
    hips = joints[:, [JOINT["LeftUpperLeg"], JOINT["RightUpperLeg"]]].mean(1, keepdims=True)
    evidence = (joints - hips)[:, [joint_of(name) for name in EVIDENCE_NAMES]]
    return Clip("standing", 30.0, points, np.full((FRAMES, 23), 0.9), evidence, CAMERA, joints, HEIGHT_M)


def test_a_network_that_knows_the_pose_has_no_error_and_neither_has_a_perfect_detector(weights):
    table = evaluate_clip(Predictor(weights), standing())
    assert table["frames"] == table["seen"] == FRAMES
    assert table["view_deg"] == pytest.approx(0, abs=1e-6)
    for name in ("vtm", "vtm_keypoints_alone"):
        assert table[name]["limbs"]["mpjpe_mm"] < 3
        assert table[name]["limbs"]["pa_mpjpe_mm"] < 0.1
        assert table[name]["jitter"] < 1e-3
        assert table[name]["acceleration_error"] < 1e-3
    assert table["detector"]["limbs"]["mpjpe_mm"] == pytest.approx(0, abs=1e-6)


def test_the_detectors_error_is_that_of_its_landmarks(weights):
    clip = standing()
    evidence = clip.evidence_m.copy()
    evidence[:, EVIDENCE_NAMES.index("left_wrist"), 1] += 0.12
    table = evaluate_clip(Predictor(weights), replace(clip, evidence_m=evidence))
    assert table["detector"]["limbs"]["mpjpe_mm"] == pytest.approx(10.0)


def test_frames_without_a_person_are_not_counted(weights):
    clip = standing()
    scores = clip.scores.copy()
    scores[:5] = 0
    scores[5, 3:] = 0  # three keypoints are not a person
    table = evaluate_clip(Predictor(weights), replace(clip, scores=scores))
    assert table["seen"] == FRAMES - 6
    assert table["frames"] == FRAMES


def test_a_clip_in_which_nobody_is_seen_is_told_in_one_line(weights):
    clip = standing()
    with pytest.raises(ClipError, match="standing: no person is seen"):
        evaluate_clip(Predictor(weights), replace(clip, scores=0 * clip.scores))


def test_a_clip_of_another_rate_is_told_in_one_line(weights):
    with pytest.raises(ClipError, match="standing: 25 fps; expected 30"):
        evaluate_clip(Predictor(weights), replace(standing(), fps=25.0))


def test_a_detector_without_landmarks_has_no_row(weights):
    clip = standing()
    table = evaluate_clip(Predictor(weights), replace(clip, evidence_m=np.full_like(clip.evidence_m, np.nan)))
    assert "detector" not in table
    assert "vtm" in table


def test_windows_end_where_asked_in_the_persons_view():
    inputs, view = sliding_windows(standing().sequence(), 16, np.array([3, 20]))
    assert inputs.keypoints.shape == (2, 16, 23, 3)
    assert inputs.evidence.shape == (2, 16, 27, 4)
    assert inputs.box.shape == (2, 3)
    assert view.rotation.shape == (2, 3, 3)
    assert inputs.keypoints[1, :, :, 2].all()
    assert (inputs.evidence[1, ..., 3] == 1).all()


def test_missing_landmarks_are_zeros_with_flag_zero():
    clip = standing()
    evidence = clip.evidence_m.copy()
    evidence[:, 4] = np.nan
    found = sliding_windows(replace(clip, evidence_m=evidence).sequence(), 16, np.array([20]))[0].evidence
    assert not found[:, :, 4].any()
    assert found[:, :, 5, 3].all()


def test_bone_lengths_are_those_of_the_limbs(weights):
    """The network says s̄ at the given height; a truth with forearms and shins 25 % longer is told."""
    clip = standing()
    joints = clip.joints_cam_m.copy()
    for side in ("Left", "Right"):
        for end, start in (("Hand", "LowerArm"), ("Foot", "LowerLeg")):
            bone = joints[:, JOINT[side + end]] - joints[:, JOINT[side + start]]
            joints[:, JOINT[side + end]] += bone * 0.25
    assert evaluate_clip(Predictor(weights), clip)["vtm"]["bone_length_percent"] < 0.1
    table = evaluate_clip(Predictor(weights), replace(clip, joints_cam_m=joints))
    assert table["vtm"]["bone_length_percent"] == pytest.approx(10.0, abs=0.2)  # half of the bones, 1 / 1.25 - 1


def test_a_peer_has_a_row_of_its_own(weights):
    predictor = Predictor(weights)
    table = evaluate_clip(predictor, standing(), {"plain": predictor})
    assert table["plain"] == table["vtm"]


def test_jitter_is_not_counted_across_frames_without_a_person(weights):
    """The detector's landmarks jump while nobody is seen, and only then."""
    clip = standing()
    evidence, scores = clip.evidence_m.copy(), clip.scores.copy()
    evidence[12:] += np.random.default_rng(0).normal(size=(27, 3)) * 0.1
    scores[12] = 0
    table = evaluate_clip(Predictor(weights), replace(clip, evidence_m=evidence, scores=scores))
    assert table["detector"]["jitter"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("yaw_deg", [0, 60, 90, 250])
def test_the_view_is_told_by_the_true_hips_when_it_is_not_written_down(yaw_deg):
    """The person turned to their right by the yaw, so that the camera stands at their left."""
    clip = standing()
    middle = clip.joints_cam_m[:, :1]
    turn = Rotation.from_rotvec([0, np.radians(yaw_deg), 0]).as_matrix()  # about the camera's y, which points down
    joints = (clip.joints_cam_m - middle) @ turn.T + middle * (0, 0, 1)
    assert replace(clip, joints_cam_m=joints).view_deg() == pytest.approx(yaw_deg, abs=1e-6)
    assert replace(clip, joints_cam_m=joints, yaw_deg=-30.0).view_deg() == 330.0


def test_feet_rest_by_the_truths_own_up():
    clip = standing()
    feet = clip.sequence().resting
    assert feet.all()  # stands still
    sideways = clip.joints_cam_m @ Rotation.from_rotvec([0, 0, np.pi / 2]).as_matrix().T
    lifted = sideways.copy()
    lifted[12:, JOINT["LeftFoot"], 0] += 0.3
    up = (1.0, 0.0, 0.0)
    rest = replace(clip, joints_cam_m=lifted, up_cam=up).sequence().resting
    assert rest[:10].all()
    assert not rest[14:, 0].any()
    assert rest[14:, 1].all()


def test_only_frames_with_a_person_are_lifted(weights):
    clip = standing()
    scores = clip.scores.copy()
    scores[4] = 0
    lifted = lift_clip(Predictor(weights), replace(clip, scores=scores))
    assert 4 not in lifted.frames
    assert len(lifted.truth) == len(lifted.rows["vtm"]) == len(lifted.detector) == FRAMES - 1


def files(tmp_path, **changes: object):
    """detections and truth of `standing`, the truth's joints in another order, as the renderer may write them."""
    clip = standing()
    order = list(reversed(range(NUM_JOINTS)))
    found = {"keypoints_px": clip.keypoints_px, "keypoint_scores": clip.scores, "evidence_m": clip.evidence_m}
    true = {
        "K": CAMERA.matrix,
        "fps": 30.0,
        "joint_names": np.array(JOINT_NAMES)[order],
        "joints_cam_m": clip.joints_cam_m[:-3, order],
        "height_m": HEIGHT_M,
    }
    for values in (found, true):
        for name in [name for name, value in changes.items() if name in values and value is None]:
            del values[name]
        values |= {name: value for name, value in changes.items() if name in values}
    np.savez(tmp_path / "standing.npz", **found)
    np.savez(tmp_path / "standing_truth.npz", **true)
    return tmp_path / "standing.npz", tmp_path / "standing_truth.npz"
