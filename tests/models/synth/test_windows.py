"""Whole training windows: reproducible, finite, and their truth fits what is seen."""

from __future__ import annotations

from dataclasses import fields

import pytest
import torch

from models.keypoints import EVIDENCE_NAMES, KEYPOINT
from models.kinematics import forward_kinematics, ratio_offsets
from models.rotations import rotation_6d_to_matrix
from models.skeleton import JOINT, NUM_JOINTS
from models.synth.motion import MotionBatch
from models.synth.poses import MotionSampler
from models.synth.windows import WindowBatch, WindowMaker
from models.view import root_to_camera

FRAMES = 16


@pytest.fixture(scope="module")
def make(library):
    def windows(batch: int = 48, seed: int = 0, noise: float = 1.0):
        sampler = MotionSampler(library, library.clips(validation=False).tolist(), rate_hz=30.0, variety=1.0)
        return WindowMaker(sampler, frames=FRAMES, noise=noise).make(batch, torch.Generator().manual_seed(seed))

    return windows


def names() -> list[str]:
    return [field.name for field in fields(WindowBatch)]


def test_the_same_seed_gives_the_same_windows_and_another_seed_others(make):
    a, b, c = make(8, 1)[0], make(8, 1)[0], make(8, 2)[0]
    assert all(torch.equal(getattr(a, name), getattr(b, name)) for name in names())
    assert not torch.equal(a.keypoints, c.keypoints)


def test_everything_is_finite_and_of_the_shapes_in_the_docstring(make):
    batch, _ = make()
    shapes = {
        "keypoints": (48, FRAMES, 23, 3),
        "evidence": (48, FRAMES, 27, 4),
        "box": (48, 3),
        "rotations_6d": (48, FRAMES, 22, 6),
        "root_depth": (48, FRAMES),
        "root_place": (48, FRAMES, 2),
        "bone_ratio": (48, 22),
        "joints": (48, FRAMES, 22, 3),
        "up": (48, 3),
        "contacts": (48, FRAMES, 2),
        "contact_valid": (48,),
        "seen": (48,),
    }
    assert set(shapes) == set(names())
    for name, shape in shapes.items():
        assert getattr(batch, name).shape == shape, name
        assert torch.isfinite(getattr(batch, name).float()).all(), name
    assert (batch.up.norm(dim=-1) - 1).abs().max() < 1e-5


def test_the_joints_are_those_of_the_rotations_and_bones(make):
    batch, _ = make()
    rotations = rotation_6d_to_matrix(batch.rotations_6d)
    joints, _ = forward_kinematics(rotations, ratio_offsets(batch.bone_ratio)[:, None], batch.joints[:, :, 0])
    assert (joints - batch.joints).abs().max() < 1e-4


def test_the_root_that_is_told_is_where_the_root_is_in_the_camera(make):
    batch, truth = make()
    root = root_to_camera(batch.root_depth, batch.root_place, truth.view)
    straight = (batch.root_place.abs() < 6).all(-1) & (truth.root[..., 2] > 0.2)
    assert straight.float().mean() > 0.8
    ahead = (truth.root @ truth.view.rotation)[..., 2] > 0.11
    assert (root - truth.root)[straight & ahead].abs().max() < 1e-3


def test_the_true_body_projected_into_the_view_lies_on_the_keypoints(make):
    batch, truth = make(noise=0.0)
    size = truth.view.size[:, None, None]
    depth = batch.root_depth.exp()[..., None] / size  # statures along the view
    middle = torch.stack([batch.root_place[..., 0], batch.root_place[..., 1]], -1)[:, :, None]
    elbow = batch.joints[:, :, [JOINT["LeftLowerArm"], JOINT["RightLowerArm"]]]
    place = (middle * size[..., None] * depth[..., None] + elbow[..., :2]) / (depth + elbow[..., 2])[..., None]
    keypoints = batch.keypoints[:, :, [KEYPOINT["left_elbow"], KEYPOINT["right_elbow"]]]
    seen = (keypoints[..., 2] > 0) & (depth > 0.8)
    error = (place / size[..., None] - keypoints[..., :2]).norm(dim=-1)[seen]
    assert error.quantile(0.95) < 0.2  # sizes: the landmark's own offset; a wrong field of view changes nothing
    mirrored = (place.flip(2) / size[..., None] - keypoints[..., :2]).norm(dim=-1)[seen]
    assert mirrored.median() > 4 * error.median()


def test_the_evidence_has_its_left_where_the_joints_have_theirs(make):
    batch, _ = make()
    left, right = (EVIDENCE_NAMES.index(f"{side}_shoulder") for side in ("left", "right"))
    told = batch.evidence[:, :, left, :3] - batch.evidence[:, :, right, :3]
    true = batch.joints[:, :, JOINT["LeftUpperArm"]] - batch.joints[:, :, JOINT["RightUpperArm"]]
    present = batch.evidence[:, :, left, 3] == 1
    assert ((told * true).sum(-1) > 0)[present].float().mean() > 0.95  # but for flips


class Walk:
    """Somebody far from the world's origin who walks two statures along x."""

    variety = 0.0

    def sample(self, batch: int, frames: int, _rng: torch.Generator) -> MotionBatch:
        root = torch.tensor([30.0, 0.55, -20.0]).repeat(batch, frames, 1)
        root[..., 0] += torch.linspace(0, 2, frames)
        rotations = torch.eye(3).expand(batch, frames, NUM_JOINTS, 3, 3)
        return MotionBatch(rotations, root, torch.ones(batch, frames, 2), torch.ones(batch, dtype=torch.bool))


def test_the_camera_is_aimed_at_where_the_person_is_in_the_last_frames():
    """The last frame is the one that is shown; a person outside its picture teaches nothing."""
    maker = WindowMaker(Walk(), frames=FRAMES, noise=0.0, hide=0.0)  # type: ignore[arg-type]
    windows, truth = maker.make(200, torch.Generator().manual_seed(0))
    assert windows.seen.all()
    beside = truth.root[..., :2].norm(dim=-1)  # of the line of sight, statures
    assert beside[:, -1].median() < 0.4
    assert (beside[:, -1] < beside[:, 0]).float().mean() > 0.9
    ahead = truth.root[:, -1]
    assert (ahead[:, :2].abs() < ahead[:, 2:]).all()


def test_blind_windows_have_their_keypoints_alone(make):
    batch, _ = make(4)
    alone = batch.without_evidence(torch.tensor([True, False, True, False]))
    assert not alone.evidence[::2].any()
    assert torch.equal(alone.evidence[1::2], batch.evidence[1::2])
    assert bool(batch.evidence[..., 3].any(-1).any(-1).all())
    assert torch.equal(alone.keypoints, batch.keypoints)


def test_up_is_where_the_heads_are_mostly(make):
    batch, _ = make()
    head = batch.joints[:, -1, JOINT["Head"]]
    assert ((head * batch.up).sum(-1) > 0).float().mean() > 0.85


def test_missing_keypoints_are_zero_everywhere(make):
    batch, _ = make()
    missing = batch.keypoints[..., 2] == 0
    assert 0.05 < missing.float().mean() < 0.6
    assert not batch.keypoints[missing].any()


def test_most_windows_hold_a_person_and_the_first_few_can_be_taken(make):
    batch, _ = make()
    assert batch.seen.float().mean() > 0.8
    few = batch.first(5)
    assert torch.equal(few.keypoints, batch.keypoints[:5])
    assert len(few.seen) == 5
    assert batch.to(torch.device("cpu")).joints.device.type == "cpu"
