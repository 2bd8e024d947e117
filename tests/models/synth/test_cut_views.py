"""Upper bodies before a webcam: what is out of sight, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.keypoints import EVIDENCE_NAMES
from models.kinematics import forward_kinematics, ratio_offsets
from models.skeleton import JOINT, NUM_JOINTS
from models.synth.cameras import CameraBatch, sample_cameras
from models.synth.cut_views import Sight, beyond_sight, guessed_points, guessed_scores, sample_sight
from models.synth.landmarks import place_landmarks
from models.synth.poses import MotionSampler
from models.synth.randomisation import CutViews, Randomisation, measured
from models.synth.windows import WindowMaker

BATCH = 200
POINT = {name: index for index, name in enumerate(EVIDENCE_NAMES)}
LEGS = [POINT[f"{side}_{name}"] for side in ("left", "right") for name in ("knee", "ankle")]
HEAD = [POINT[name] for name in ("nose", "left_eye", "right_eye")]


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def standing() -> tuple[torch.Tensor, torch.Tensor]:
    """(B, 22, 3), (B, 22, 3, 3) people of stature 1 in the T-pose, facing +Z."""
    offsets = ratio_offsets(torch.ones(NUM_JOINTS))
    rotations = torch.eye(3).repeat(BATCH, NUM_JOINTS, 1, 1)
    return forward_kinematics(rotations, offsets, offsets[0].expand(BATCH, 3))


def seen_from(cut: CutViews, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, Sight, torch.Tensor]:
    """Points in the camera and how far out of sight they are (B, 27), sight, orientations in the camera."""
    joints, turned = standing()
    generator = rng(seed)
    sight = sample_sight(joints, turned, sample_cameras(joints[:, 0], generator), generator, cut)
    R = sight.camera.R_cam_world
    in_camera = (joints - sight.camera.position[:, None]) @ R.mT
    turned_cam = R[:, None] @ turned
    points = place_landmarks(in_camera[:, None], turned_cam[:, None], generator, 0.0)
    height = (points @ R[:, None, :, 1:2])[..., 0] + sight.camera.position[:, None, None, 1]
    return points, beyond_sight(points, height, sight), sight, turned_cam[:, None]


def test_webcams_see_the_head_and_not_the_legs():
    _, beyond, _, _ = seen_from(CutViews(fraction=1.0, frontal=1.0))
    assert (beyond[:, :, HEAD] == 0).float().mean() > 0.85
    assert (beyond[:, :, LEGS] > 0.05).float().mean() > 0.9


@pytest.mark.parametrize(("kind", "hips_out"), [("at_shoulders", 0.95), ("at_waist", 0.3)])
def test_the_cut_is_where_it_was_asked_for(kind, hips_out):
    cut = replace(CutViews(fraction=1.0), **({"at_shoulders": 0.0, "at_waist": 0.0} | {kind: 1.0}))
    _, beyond, _, _ = seen_from(cut)
    hips = (beyond[:, :, [POINT["left_hip"], POINT["right_hip"]]] > 0).float().mean()
    assert (hips > hips_out) == (kind == "at_shoulders")


def test_a_desk_hides_what_is_below_it_although_it_is_in_the_picture():
    points, beyond, sight, _ = seen_from(CutViews(fraction=1.0, by_desk=1.0))
    half = torch.stack([sight.camera.half_width, sight.camera.half_height], -1)[:, None, None]
    inside = (points[..., :2].abs() < half * points[..., 2:]).all(-1) & (points[..., 2] > 0.05)
    assert (inside & (beyond > 0)).any()
    assert (sight.desk > 0).all()


def test_whole_bodies_keep_their_cameras():
    joints, turned = standing()
    cameras = sample_cameras(joints[:, 0], rng())
    sight = sample_sight(joints, turned, cameras, rng(), replace(CutViews(), fraction=0.0))
    for name in ("R_cam_world", "position", "half_width", "half_height"):
        assert torch.equal(getattr(sight.camera, name), getattr(cameras, name))
    assert (sight.desk < -100).all()


def test_people_who_lie_are_never_cut():
    joints, turned = standing()
    lying = turned @ torch.tensor([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
    sight = sample_sight(joints, lying, sample_cameras(joints[:, 0], rng()), rng(), CutViews(fraction=1.0))
    assert (sight.desk < -100).all()


def test_what_is_seen_stays_where_it_is_and_what_is_not_is_somebody_elses_limb():
    points, beyond, _, turned = seen_from(CutViews(fraction=1.0))
    said = guessed_points(points, turned, beyond, rng(), CutViews(guessed_truth=(0.0, 0.0)))
    assert torch.equal(said[beyond == 0], points[beyond == 0])
    far = beyond[:, :, LEGS].amin(-1) > 0.2
    knee, hip = POINT["left_knee"], POINT["left_hip"]
    assert (said - points)[:, :, knee][far].norm(dim=-1).mean() > 0.02
    thigh, true = ((p[:, :, knee] - p[:, :, hip])[far].norm(dim=-1) for p in (said, points))
    low, high = CutViews().guessed_size
    assert low * 0.9 * true.mean() < thigh.min()  # all stand alike: only shorter
    assert thigh.max() < high * 1.1 * true.mean()


def test_scores_are_as_they_were_in_sight_and_near_zero_beyond_it():
    score = torch.full((BATCH, 1, 23), 0.9)
    beyond = torch.zeros(BATCH, 1, 27)
    beyond[:, :, LEGS] = 0.3
    cut = CutViews(scored=0.0)
    found = guessed_scores(score, beyond, rng(), cut)
    assert (found[:, :, HEAD] == 0.9).all()
    assert found[:, :, LEGS].max() <= 0.9 * 10 ** cut.score_exponent[1] * 1.001
    assert (guessed_scores(score, beyond, rng(), CutViews(scored=1.0))[:, :, LEGS] > 0.3).all()


def test_windows_of_cut_views_lack_legs_and_keep_heads(library):
    sampler = MotionSampler(library, library.clips(validation=False).tolist(), rate_hz=30.0, variety=0.0)
    maker = WindowMaker(sampler, frames=16, hide=0.0, randomisation=measured(cut=1.0))
    windows, _ = maker.make(64, rng())
    present = (windows.keypoints[..., 2] > 0.1).float().mean((0, 1))
    assert present[POINT["nose"]] > 0.7
    assert present[LEGS].mean() < 0.4
    whole, _ = WindowMaker(sampler, frames=16, hide=0.0, randomisation=measured()).make(64, rng())
    assert (whole.keypoints[..., 2] > 0.1).float().mean((0, 1))[LEGS].mean() > 0.8


def test_a_person_whose_legs_come_towards_the_camera_gives_finite_windows(library):
    sampler = MotionSampler(library, library.clips(validation=False).tolist(), rate_hz=30.0, variety=1.0)
    windows, _ = WindowMaker(sampler, frames=16, randomisation=Randomisation(cut=CutViews(fraction=1.0))).make(
        64, rng()
    )
    for name in windows.__dataclass_fields__:
        assert torch.isfinite(getattr(windows, name).float()).all(), name


def test_a_point_behind_the_camera_is_out_of_sight():
    camera = CameraBatch(torch.eye(3)[None], torch.zeros(1, 3), torch.ones(1), torch.ones(1))
    points = torch.tensor([0.0, 0.0, -0.3]).expand(1, 1, 27, 3)
    assert (beyond_sight(points, torch.ones(1, 1, 27), Sight(camera, torch.full((1,), -1e3))) > 0.2).all()


def test_the_neck_is_in_the_picture_wherever_the_camera_stands():
    joints, turned = standing()
    sight = sample_sight(joints, turned, sample_cameras(joints[:, 0], rng()), rng(), CutViews(fraction=1.0))
    neck = ((joints[:, JOINT["Neck"]] - sight.camera.position)[:, None] @ sight.camera.R_cam_world.mT)[:, 0]
    assert (neck[:, 2] > 0.1).all()
    assert (neck[:, 1].abs() < sight.camera.half_height * neck[:, 2] * 1.6).all()
