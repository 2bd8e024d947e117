"""Virtual people and cameras: proportions of people, cameras that look at them."""

from __future__ import annotations

import math

import pytest
import torch

from models.kinematics import STATURE, forward_kinematics, ratio_offsets, stature
from models.skeleton import JOINT, MIRROR_JOINTS, NUM_JOINTS
from models.synth.cameras import look, normalized_ratio, sample_cameras, sample_ratios


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_people_are_symmetric_vary_and_keep_the_stature_of_the_virtual_skeleton():
    ratio = sample_ratios(500, rng())
    assert (ratio - ratio[:, list(MIRROR_JOINTS)]).abs().max() < 1e-6
    assert (ratio[:, 0] == 1).all()
    assert 0.6 < ratio.min() < ratio.max() < 1.6
    assert ratio[:, JOINT["LeftLowerLeg"]].std() > 0.02
    assert (stature(ratio_offsets(ratio)) - 1).abs().max() < 1e-5


def standing(count: int = 4000) -> torch.Tensor:
    """(N, 22, 3) joints of people of stature 1 in the T-pose."""
    offsets = ratio_offsets(sample_ratios(count, rng(9)))
    eye = torch.eye(3).expand(count, NUM_JOINTS, 3, 3)
    return forward_kinematics(eye, offsets, offsets[:, 0])[0]


def percentiles(values: torch.Tensor) -> list[float]:
    return [values.quantile(q).item() for q in (0.05, 0.5, 0.95)]


def test_sitting_heights_are_those_of_adults_and_one_in_eight_is_a_child():
    sitting = 1.05 - standing()[:, 0, 1]  # an upright sitter's hip joints are 5 % of the stature above the seat
    low, middle, high = percentiles(sitting)
    assert 0.475 < low < 0.505  # long legs
    assert 0.515 < middle < 0.535
    assert 0.55 < high < 0.59  # children
    assert 0.08 < (sitting > 0.545).float().mean() < 0.22


def test_short_legs_go_with_large_heads_and_shorter_arms():
    joints = standing()
    sitting = 1.05 - joints[:, 0, 1]
    head = (joints[:, JOINT["Head"]] - joints[:, JOINT["Neck"]]).norm(dim=-1)
    arms = (joints[:, JOINT["LeftHand"]] - joints[:, JOINT["LeftUpperArm"]]).norm(dim=-1)
    children, adults = sitting > 0.57, (sitting > 0.5) & (sitting < 0.54)
    assert head[children].median() > 1.15 * head[adults].median()
    assert arms[children].median() < 0.98 * arms[adults].median()


@pytest.mark.parametrize(
    ("name", "upper", "lower", "middle"),
    [("thigh", "LowerLeg", "Foot", 0.967), ("upper arm", "LowerArm", "Hand", 1.091)],
)
def test_limbs_divide_differently_from_person_to_person(name, upper, lower, middle):
    length = ratio_offsets(sample_ratios(4000, rng())).norm(dim=-1)
    low, mean, high = percentiles(length[:, JOINT["Left" + upper]] / length[:, JOINT["Left" + lower]])
    assert mean == pytest.approx(middle, rel=0.02), name
    assert 0.8 * mean < low < 0.93 * mean, name
    assert 1.07 * mean < high < 1.2 * mean, name


def test_spans_and_shoulders_have_the_spread_of_people():
    joints = standing()
    wrists = percentiles(joints[:, JOINT["LeftHand"], 0] - joints[:, JOINT["RightHand"], 0])
    shoulders = percentiles(joints[:, JOINT["LeftUpperArm"], 0] - joints[:, JOINT["RightUpperArm"], 0])
    # with hands of 0.108 statures the span is 0.95 .. 1.10 statures
    assert 0.72 < wrists[0] < 0.79
    assert 0.84 < wrists[2] < 0.9
    assert 0.17 < shoulders[0] < 0.19
    assert 0.21 < shoulders[2] < 0.24


def test_a_normalised_ratio_is_that_of_its_own_offsets_and_stays_when_normalised_again():
    ratio = sample_ratios(20, rng()) * 1.3
    once = normalized_ratio(ratio)
    assert (normalized_ratio(once) - once).abs().max() < 1e-5
    unit = ratio_offsets(torch.ones(NUM_JOINTS))
    lengths = ratio_offsets(ratio)[:, 1:].norm(dim=-1) / unit[1:].norm(dim=-1)
    assert (lengths - once[:, 1:]).abs().max() < 1e-5
    assert STATURE > 1.7  # a ratio of one keeps it


@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(0.0, 0.0, 0.0), (1.0, 0.4, -0.2), (-2.5, -0.3, 0.5)])
def test_the_camera_is_a_rotation_that_looks_where_yaw_and_pitch_say(yaw, pitch, roll):
    R = look(*(torch.tensor([angle], dtype=torch.float64) for angle in (yaw, pitch, roll)))[0]
    assert (R @ R.T - torch.eye(3)).abs().max() < 1e-12
    assert torch.linalg.det(R).item() == pytest.approx(1)
    x, y, z = R[2].tolist()  # where it looks, world
    assert y == pytest.approx(-math.sin(pitch))  # positive pitch looks down
    assert math.atan2(-x, -z) == pytest.approx(yaw)


def test_a_camera_in_front_of_a_person_has_their_left_on_its_right_and_up_on_top():
    R = look(*(torch.zeros(1) for _ in range(3)))[0]
    left, up, ahead = (R @ torch.eye(3)[axis] for axis in range(3))  # the person faces +Z
    assert left[0] == 1
    assert up[1] == -1
    assert ahead[2] == -1  # towards the camera


def test_roll_turns_the_picture_and_not_where_it_looks():
    zero, roll = torch.zeros(1), torch.tensor([0.3])
    level, rolled = look(zero, zero, zero)[0], look(zero, zero, roll)[0]
    assert torch.allclose(level[2], rolled[2])
    angle = math.atan2((rolled[0] @ level[1]).item(), (rolled[0] @ level[0]).item())
    assert angle == pytest.approx(0.3, abs=1e-6)


def test_sampled_cameras_have_the_person_in_the_picture_in_front_of_them():
    target = torch.randn(2000, 3, generator=rng(5))
    camera = sample_cameras(target, rng())
    seen = (camera.R_cam_world @ (target - camera.position)[..., None])[..., 0]
    assert (camera.R_cam_world @ camera.R_cam_world.mT - torch.eye(3)).abs().max() < 1e-5
    assert (torch.linalg.det(camera.R_cam_world) - 1).abs().max() < 1e-5
    assert (seen[:, 2] >= 0.69).all()
    assert (seen[:, 2] <= 4.71).all()
    assert ((seen[:, 0] / seen[:, 2]).abs() < camera.half_width).all()
    assert ((seen[:, 1] / seen[:, 2]).abs() < camera.half_height).all()


def test_cameras_stand_all_around_at_many_heights_and_with_webcam_lenses():
    camera = sample_cameras(torch.zeros(2000, 3), rng())
    ahead = camera.R_cam_world[:, 2]
    yaw = torch.atan2(-ahead[:, 0], -ahead[:, 2])
    counts = torch.histc(yaw, bins=8, min=-math.pi, max=math.pi)
    assert counts.min() > 150
    pitch = torch.rad2deg(torch.asin(-ahead[:, 1]))
    assert pitch.min() < -15
    assert pitch.max() > 40
    hfov = torch.rad2deg(2 * torch.atan(camera.half_width))
    assert 34.9 < hfov.min() < 40
    assert 85 < hfov.max() < 90.1


def test_the_same_seed_gives_the_same_people_and_cameras():
    assert torch.equal(sample_ratios(5, rng(3)), sample_ratios(5, rng(3)))
    a, b = (sample_cameras(torch.zeros(5, 3), rng(3)) for _ in range(2))
    assert torch.equal(a.position, b.position)
