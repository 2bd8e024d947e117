"""Rough rotations of the detector's landmarks: of the body alone, and right where the landmarks are right."""

from __future__ import annotations

import pytest
import torch

from models.keypoints import EVIDENCE_NAMES
from models.rotations import axis_angle_to_matrix
from models.vtm.landmarks import ROUGH_CHANNELS, LandmarkEncoder, rough_rotations

_AT = {name: index for index, name in enumerate(EVIDENCE_NAMES)}
# somebody with the arms down and ahead of them, knees a little bent; metres, facing +Z, left at +X
_HALF = {
    "eye": (0.03, 0.65, 0.09),
    "ear": (0.08, 0.62, 0.0),
    "shoulder": (0.18, 0.48, 0.0),
    "elbow": (0.20, 0.20, 0.02),
    "wrist": (0.20, 0.20, 0.28),
    "pinky": (0.22, 0.19, 0.36),
    "index": (0.19, 0.21, 0.36),
    "hip": (0.10, 0.0, 0.0),
    "knee": (0.10, -0.42, 0.10),
    "ankle": (0.10, -0.84, 0.0),
    "heel": (0.10, -0.90, -0.05),
    "big_toe": (0.10, -0.90, 0.15),
    "small_toe": (0.14, -0.90, 0.13),
}


def body() -> torch.Tensor:
    points = torch.zeros(len(EVIDENCE_NAMES), 3)
    points[_AT["nose"]] = torch.tensor([0.0, 0.62, 0.11])
    for name, (x, y, z) in _HALF.items():
        points[_AT[f"left_{name}"]] = torch.tensor([x, y, z])
        points[_AT[f"right_{name}"]] = torch.tensor([-x, y, z])
    return points[None, None]  # (1, 1, 27, 3)


def turn(*degrees: float) -> torch.Tensor:
    return axis_angle_to_matrix(torch.deg2rad(torch.tensor(degrees)))


def rough(points: torch.Tensor) -> dict[str, torch.Tensor]:
    """Named parts of the features of the only frame; limbs in rows: left arm, right arm, left leg, right leg."""
    numbers = rough_rotations(points, torch.ones(1, 1, 27))[0, 0]
    pelvis, chest, head, upper, end, bend = numbers.split([6, 6, 6, 24, 24, 8])
    limbs = {"upper": upper.view(4, 6), "end": end.view(4, 6), "bend": bend.view(2, 4).T}
    return {"pelvis": pelvis, "chest": chest, "head": head} | limbs


def test_only_the_hips_change_when_the_whole_body_turns_or_grows():
    upright, turned = rough(body()), rough(body() @ turn(20, 70, -10).mT * 1.3)
    for name in ("chest", "head", "upper", "bend", "end"):
        torch.testing.assert_close(upright[name], turned[name], atol=2e-3, rtol=0)
    hips = upright["pelvis"].view(2, 3) @ turn(20, 70, -10).mT
    torch.testing.assert_close(hips.flatten(), turned["pelvis"], atol=2e-3, rtol=0)


def test_an_upright_body_has_trunk_frames_along_its_axes():
    found = rough(body())
    torch.testing.assert_close(found["pelvis"], torch.tensor([0.0, 1, 0, 1, 0, 0]), atol=1e-4, rtol=0)
    torch.testing.assert_close(found["chest"], torch.tensor([1.0, 0, 0, 0, 1, 0]), atol=1e-4, rtol=0)


def test_elbows_at_a_right_angle_say_so():
    cosine, sine = rough(body())["bend"].T
    assert cosine[0].abs() < 0.1  # the left elbow is bent by about 90 degrees
    assert sine[0] > 0.99
    assert cosine[2] > 0.85  # the knees hardly


def test_a_limb_that_is_not_there_is_zeros_and_the_others_stay():
    present = torch.ones(1, 1, 27)
    whole = rough_rotations(body(), present)[0, 0]
    present[..., _AT["left_elbow"]] = 0
    found = rough_rotations(body(), present)[0, 0]
    left_arm = torch.zeros(ROUGH_CHANNELS, dtype=torch.bool)
    left_arm[18:24] = left_arm[42:48] = True
    left_arm[[66, 70]] = True
    assert not found[left_arm].any()
    assert torch.equal(found[~left_arm], whole[~left_arm])
    present[..., _AT["left_hip"]] = 0
    assert not rough_rotations(body(), present).any()


@pytest.mark.parametrize("straight", [True, False])
def test_a_straight_limb_still_has_a_finite_frame_near_that_of_a_hardly_bent_one(straight):
    points = body()
    points[..., _AT["left_wrist"], :] = torch.tensor([0.20, -0.08, 0.02 if straight else 0.025])
    points[..., _AT["left_elbow"], :] = torch.tensor([0.19, 0.20, 0.02])
    points[..., _AT["left_shoulder"], :] = torch.tensor([0.18, 0.48, 0.02])
    arm = rough(points)["upper"][0]
    assert torch.isfinite(arm).all()
    assert arm[3:] @ torch.tensor([0.0, 0.0, 1.0]) > 0.9  # it bends ahead


def test_no_landmarks_give_what_the_encoder_gives_for_zeros_whatever_else_they_hold():
    torch.manual_seed(0)
    encoder = LandmarkEncoder(16).eval()
    gone = torch.zeros(1, 4, 27, 4)
    with torch.no_grad():
        out = encoder(gone.flatten(2))
    assert torch.isfinite(out).all()
    assert out.shape == (1, 16, 4)
    assert torch.equal(out[..., 0], out[..., 3])
