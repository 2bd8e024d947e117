"""Real pairs: what is read from detections and truth fits together, and augmenting keeps it so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from models.camera import Intrinsics
from models.keypoints import EVIDENCE_NAMES, KEYPOINT_NAMES, NUM_EVIDENCE, NUM_KEYPOINTS
from models.kinematics import forward_kinematics, ratio_offsets
from models.rotations import rotation_6d_to_matrix
from models.skeleton import JOINT, JOINT_NAMES, LIMBS, NUM_JOINTS, PARENTS
from models.training.pairs import PairError, PairSampler, read_pair

FRAMES = 40
HEIGHT_M = 1.7
_ON = {"shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand", "hip": "UpperLeg", "knee": "LowerLeg"}


def _joint_of(name: str) -> int:
    side, _, bare = name.partition("_")
    return JOINT[side.capitalize() + _ON[bare]] if bare in _ON else JOINT["Head"]


def _write_pair(folder: Path, name: str = "clip") -> None:
    """A person of s̄'s proportions, arms 45 degrees down at rest, seen from the front."""
    rng = np.random.default_rng(3)
    rest_turn = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    for side, sign in (("Left", -1), ("Right", 1)):
        rest_turn[JOINT[f"{side}UpperArm"]] = Rotation.from_euler("z", sign * 45, degrees=True).as_matrix()
    offsets = ratio_offsets(np.ones(NUM_JOINTS)) * HEIGHT_M
    rest, rest_world = forward_kinematics(rest_turn, offsets, np.zeros(3))
    wave = np.sin(np.linspace(0, 3, FRAMES))[:, None, None] * rng.normal(size=(1, NUM_JOINTS, 3)) * 0.4
    local = Rotation.from_rotvec(wave.reshape(-1, 3)).as_matrix().reshape(FRAMES, NUM_JOINTS, 3, 3)
    joints, world = forward_kinematics(local, offsets, np.tile([0.0, 0.9, 0.0], (FRAMES, 1)))
    relative = world @ np.swapaxes(rest_world, -1, -2)
    R, t = np.diag([1.0, -1.0, -1.0]), np.array([0.3, 1.0, 3.0])
    cam = joints @ R.T + t
    lens = Intrinsics(600.0, 600.0, 320.0, 240.0)
    points = cam[:, [_joint_of(keypoint) for keypoint in KEYPOINT_NAMES]]
    hips = cam[:, [JOINT["LeftUpperLeg"], JOINT["RightUpperLeg"]]].mean(1, keepdims=True)
    sides = ["Left" if n.startswith("left") else "Right" for n in EVIDENCE_NAMES]
    evidence = np.stack([cam[:, JOINT[f"{side}Hand"]] for side in sides], axis=1) - hips
    np.savez(
        folder / f"{name}.npz",
        keypoints_px=lens.to_pixels(points),
        keypoint_scores=np.ones((FRAMES, NUM_KEYPOINTS)),
        evidence_m=evidence,
    )
    np.savez(
        folder / f"{name}_truth.npz",
        K=lens.matrix,
        R=R,
        t=t,
        fps=30.0,
        joint_names=JOINT_NAMES,
        joints_cam_m=cam,
        rotations=Rotation.from_matrix(relative.reshape(-1, 3, 3)).as_quat().reshape(FRAMES, NUM_JOINTS, 4),
        rest_joints_m=rest,
        height_m=HEIGHT_M,
    )
    assert evidence.shape == (FRAMES, NUM_EVIDENCE, 3)


@pytest.fixture
def sampler(tmp_path: Path) -> PairSampler:
    _write_pair(tmp_path)
    return PairSampler(tmp_path, frames=16)


def test_rotations_proportions_and_joints_of_a_window_agree(sampler: PairSampler):
    batch = sampler.sample(32, torch.Generator().manual_seed(0))
    offsets = ratio_offsets(batch.bone_ratio)[:, None]
    joints, _ = forward_kinematics(rotation_6d_to_matrix(batch.rotations_6d), offsets, torch.zeros(32, 16, 3))
    limbs = list(LIMBS)
    # mirrored, turned and straight windows alike: 1 mm at 1.70 m
    assert float((joints - batch.joints)[:, :, limbs].norm(dim=-1).max()) * HEIGHT_M < 0.001
    assert len(PARENTS) == joints.shape[2]


def test_a_mirrored_window_keeps_left_on_the_left(sampler: PairSampler):
    batch = sampler.sample(64, torch.Generator().manual_seed(1))
    across = batch.joints[:, -1, JOINT["LeftUpperLeg"]] - batch.joints[:, -1, JOINT["RightUpperLeg"]]
    keypoints = batch.keypoints[:, -1]
    seen = (keypoints[:, 11, 2] > 0) & (keypoints[:, 12, 2] > 0)
    drawn = keypoints[:, 11, 0] - keypoints[:, 12, 0]
    # 3D hips and drawn hips lie the same way round in every window, mirrored or not
    assert seen.sum() > 20
    assert bool((torch.sign(across[seen, 0]) == torch.sign(drawn[seen])).all())


def test_evidence_turns_and_flips_with_the_person(sampler: PairSampler):
    batch = sampler.sample(64, torch.Generator().manual_seed(2))
    index = EVIDENCE_NAMES.index("left_wrist")
    present = batch.evidence[:, -1, index, 3] > 0
    hips = batch.joints[:, -1, [JOINT["LeftUpperLeg"], JOINT["RightUpperLeg"]]].mean(1)
    wrist = (batch.joints[:, -1, JOINT["LeftHand"]] - hips) * HEIGHT_M
    direction = torch.nn.functional.cosine_similarity(batch.evidence[:, -1, index, :3], wrist)
    # the person stands off the middle, so the landmarks' camera axes differ from the view's by that angle only
    assert present.sum() > 30
    assert float(direction[present].min()) > 0.97


def test_gravity_points_up_the_body_of_a_standing_person(sampler: PairSampler):
    batch = sampler.sample(64, torch.Generator().manual_seed(3))
    trunk = batch.joints[:, -1, JOINT["Neck"]]
    assert float(torch.nn.functional.cosine_similarity(batch.up, trunk).min()) > 0.7


def test_feet_that_rest_on_the_floor_are_in_contact_and_lifted_ones_are_not(tmp_path: Path):
    _write_pair(tmp_path)
    truth = dict(np.load(tmp_path / "clip_truth.npz"))
    world = (truth["joints_cam_m"] - truth["t"]) @ truth["R"]
    world[:, [JOINT["LeftFoot"], JOINT["LeftToes"]]] = [[0.1, 0.08, 0.0], [0.1, 0.02, 0.15]]
    right = [JOINT["RightFoot"], JOINT["RightToes"]]
    world[:, right] = [[-0.1, 0.08, 0.0], [-0.1, 0.02, 0.15]]
    world[FRAMES // 2 :, right] += [0.0, 0.3, 0.0]  # up at once, and held there: slow, but not low
    truth["joints_cam_m"] = world @ truth["R"].T + truth["t"]
    np.savez(tmp_path / "clip_truth.npz", **truth)
    rows = read_pair(tmp_path / "clip.npz", tmp_path / "clip_truth.npz")
    assert bool(rows.contact_valid.all())
    assert bool((rows.contacts[:, 0] == 1).all())
    assert rows.contacts[: FRAMES // 2 - 1, 1].tolist() == [1.0] * (FRAMES // 2 - 1)
    assert rows.contacts[FRAMES // 2 :, 1].tolist() == [0.0] * (FRAMES // 2)


@pytest.mark.parametrize("lost", ["t", "fps"])
def test_contacts_are_unknown_where_the_truth_does_not_say_where_the_floor_is(tmp_path: Path, lost: str):
    _write_pair(tmp_path)
    truth = dict(np.load(tmp_path / "clip_truth.npz"))
    del truth[lost]
    np.savez(tmp_path / "clip_truth.npz", **truth)
    batch = PairSampler(tmp_path, frames=16).sample(8, torch.Generator().manual_seed(0))
    assert not bool(batch.contact_valid.any())


def test_a_folder_without_pairs_is_refused_with_the_command(tmp_path: Path):
    with pytest.raises(PairError, match=r"app\.commands\.render_pairs"):
        PairSampler(tmp_path, frames=16)


def test_a_truth_file_that_is_cut_short_is_named(tmp_path: Path):
    _write_pair(tmp_path)
    path = tmp_path / "clip_truth.npz"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(PairError, match="clip_truth"):
        PairSampler(tmp_path, frames=16)


def _add_features(folder: Path, name: str = "clip", *, mark: str = "f00d") -> None:
    """Feature maps whose cells tell their column, 1 to 4, in front of nobody in the first frame."""
    found = dict(np.load(folder / f"{name}.npz"))
    cells = np.tile(np.arange(1.0, 5.0), 4)[:, None].repeat(512, axis=1)
    features = np.tile(cells, (FRAMES, 1, 1)).astype(np.float16)
    features[0] = np.nan
    np.savez(folder / f"{name}.npz", **found, visual_features=features, visual_backbone=mark)


def test_pairs_with_features_come_with_maps_that_are_mirrored_with_the_picture(tmp_path: Path):
    _write_pair(tmp_path)
    _add_features(tmp_path)
    sampler = PairSampler(tmp_path, frames=16, backbone="resnet18")
    assert sampler.mark == "f00d"
    batch = sampler.sample(64, torch.Generator().manual_seed(4))
    assert batch.evidence.shape == (64, 16, 16, 513)
    assert batch.evidence.dtype == torch.float32
    present = batch.evidence[:, -1, 0, -1] == 1  # not where too few keypoints are left
    assert present.sum() > 40
    assert not batch.evidence[~present, -1].any()
    rising = batch.evidence[present, -1, :4, 0]
    mirrored = rising[:, 0] > rising[:, 3]
    assert 10 < mirrored.sum() < present.sum() - 10
    assert rising[~mirrored].unique(dim=0).tolist() == [[1, 2, 3, 4]]
    assert rising[mirrored].unique(dim=0).tolist() == [[4, 3, 2, 1]]


def test_windows_with_feature_maps_are_not_turned(tmp_path: Path):
    _write_pair(tmp_path)
    _add_features(tmp_path)
    ups = {}
    for backbone in ("landmarks", "resnet18"):
        batch = PairSampler(tmp_path, frames=16, backbone=backbone).sample(64, torch.Generator().manual_seed(5))
        ups[backbone] = torch.atan2(batch.up[:, 0], -batch.up[:, 1]).std()
    assert ups["landmarks"] > 0.15
    assert ups["resnet18"] < 0.05


def test_pairs_without_the_backbones_features_are_named(tmp_path: Path):
    _write_pair(tmp_path)
    with pytest.raises(PairError, match=r"clip\.npz: no visual_features in it"):
        PairSampler(tmp_path, frames=16, backbone="resnet18")


def test_features_of_two_backbones_are_refused(tmp_path: Path):
    for name, mark in (("a", "f00d"), ("b", "beef")):
        _write_pair(tmp_path, name)
        _add_features(tmp_path, name, mark=mark)
    with pytest.raises(PairError, match=r"b\.npz: features of backbone beef, those of .*a\.npz are of f00d"):
        PairSampler(tmp_path, frames=16, backbone="resnet18")
