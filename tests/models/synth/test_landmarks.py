"""Where a detector's points sit on the body."""

from __future__ import annotations

import torch

from models.keypoints import EVIDENCE_NAMES, NUM_EVIDENCE
from models.kinematics import forward_kinematics, ratio_offsets
from models.rotations import axis_angle_to_matrix
from models.skeleton import JOINT, NUM_JOINTS, mirrored_name
from models.synth.landmarks import BONES, place_landmarks

AT = {name: index for index, name in enumerate(EVIDENCE_NAMES)}
MIRROR = [AT[mirrored_name(name)] for name in EVIDENCE_NAMES]


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def standing(turn: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """(1, 1, 22, 3), (1, 1, 22, 3, 3) the T-pose, the hips at their height; perhaps turned."""
    offsets = ratio_offsets(torch.ones(NUM_JOINTS))
    rotations = torch.eye(3).repeat(1, 1, NUM_JOINTS, 1, 1)
    if turn is not None:
        rotations[:, :, 0] = turn
    return forward_kinematics(rotations, offsets, offsets[0].expand(1, 1, 3))


def test_the_points_of_the_t_pose_are_where_a_person_has_them():
    points = place_landmarks(*standing(), rng(), spread=0.0)[0, 0]
    assert points.shape == (NUM_EVIDENCE, 3)
    x, y, z = points.unbind(-1)
    assert y.argmax() == AT["left_eye"] or y.argmax() == AT["right_eye"]
    assert y[AT["nose"]] < y[AT["left_eye"]] < 1.0
    assert z[AT["nose"]] > z[AT["left_ear"]] + 0.03  # the nose is in front
    assert z[AT["left_big_toe"]] > z[AT["left_ankle"]] > z[AT["left_heel"]]
    assert 0 < y[AT["left_heel"]] < 0.04
    assert x[AT["left_small_toe"]] > x[AT["left_big_toe"]] > 0
    assert x[AT["left_index"]] > x[AT["left_wrist"]] > x[AT["left_elbow"]] > x[AT["left_shoulder"]] > 0
    assert z[AT["left_index"]] > z[AT["left_pinky"]]  # palms down, thumbs ahead


def test_every_left_point_is_on_the_left_and_mirrors_its_right_one():
    points = place_landmarks(*standing(), rng(), spread=0.0)[0, 0]
    for name, index in AT.items():
        assert torch.sign(points[index, 0]) == (name.startswith("left_") - name.startswith("right_"))
    assert (points[MIRROR] * torch.tensor([-1.0, 1, 1]) - points).abs().max() < 1e-6


def test_points_turn_with_their_bone():
    turn = axis_angle_to_matrix(torch.tensor([0.3, 1.2, -0.4]))
    still, moved = standing(), standing(turn)
    root = still[0][:, :, :1]
    a, b = (place_landmarks(*pose, rng(), spread=1.0) - root for pose in (still, moved))
    assert (a @ turn.T - b).abs().max() < 1e-5


def test_each_point_hangs_on_a_bone_of_its_own_side():
    for name, bone in zip(EVIDENCE_NAMES, BONES, strict=True):
        bone_name = next(joint for joint, index in JOINT.items() if index == bone)
        assert bone_name == "Head" or bone_name.lower().startswith(name.split("_")[0])


def test_people_differ_but_a_persons_points_stay_on_their_bones_over_time():
    joints, turned = (part.expand(3, 4, *part.shape[2:]) for part in standing())
    points = place_landmarks(joints, turned, rng())
    assert (points[:, :1] - points).abs().max() < 1e-6
    assert (points[0] - points[1]).norm(dim=-1).mean() > 0.005
    far = place_landmarks(*standing(), rng(), spread=0.0)[0, 0]
    assert (points[:, 0] - far).norm(dim=-1).mean() < 0.05
