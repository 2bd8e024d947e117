"""Windows of dances: picture and truth agree in every view, and only the views and dances asked for are drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.aist.cameras import SEEN_VIEWS, UNSEEN_VIEWS, VIEWS
from models.aist.pickles import AistError
from models.aist.windows import AistWindows
from models.keypoints import KEYPOINT
from models.kinematics import forward_kinematics, ratio_offsets
from models.rotations import rotation_6d_to_matrix
from models.skeleton import JOINT
from models.vtm.evidence import evidence_shape
from tests.models.aist.aist_files import FRAMES, HEIGHT_M

LIMB = {
    "LeftHand": "left_wrist",
    "RightFoot": "right_ankle",
    "LeftUpperLeg": "left_hip",
    "RightLowerArm": "right_elbow",
}


def projected(batch, joint: str) -> torch.Tensor:
    """(B, T, 2) where the truth has this joint, in sizes."""
    size = batch.box[:, 2].exp()[:, None]
    depth = batch.root_depth.exp() / size
    place = torch.cat([batch.root_place * (size * depth)[..., None], depth[..., None]], dim=-1)
    point = place + batch.joints[:, :, JOINT[joint]]
    return point[..., :2] / point[..., 2:] / size[..., None]


@pytest.mark.parametrize("view", VIEWS)
def test_keypoints_lie_on_the_projected_joints_in_every_view(dances, config, view):
    batch, _ = AistWindows(dances, dances.of_split("train"), [view], config).fixed(40)
    for joint, keypoint in LIMB.items():
        drawn = batch.keypoints[..., KEYPOINT[keypoint], :]
        there = drawn[..., 2] > 0
        assert there[:, -1].all()
        assert float((projected(batch, joint) - drawn[..., :2])[there].abs().max()) < 2e-3
    assert (batch.keypoints[..., 17:, 2] == 0).all()  # COCO has no feet
    assert (batch.evidence == 0).all()


def test_mirrored_turned_and_thinned_out_windows_agree_too(dances, config):
    windows = AistWindows(dances, dances.of_split("train"), SEEN_VIEWS, config)
    batch = windows.sample(128, torch.Generator().manual_seed(0))
    for joint, keypoint in LIMB.items():
        drawn = batch.keypoints[..., KEYPOINT[keypoint], :]
        there = drawn[..., 2] > 0
        # a stretched picture is exact on the axis only: a few hundredths of a person's size
        assert float((projected(batch, joint) - drawn[..., :2])[there].abs().median()) < 0.02
        assert 0.5 < float(there.float().mean()) < 1


def test_rotations_and_proportions_give_the_joints(dances, config):
    batch = AistWindows(dances, dances.of_split("train"), SEEN_VIEWS, config).sample(
        64, torch.Generator().manual_seed(1)
    )
    offsets = ratio_offsets(batch.bone_ratio)[:, None]
    zero = torch.zeros(64, config.window_frames, 3)
    joints, _ = forward_kinematics(rotation_6d_to_matrix(batch.rotations_6d), offsets, zero)
    assert float((joints - batch.joints).norm(dim=-1).max()) * HEIGHT_M < 1e-3


def test_up_is_up(dances, config):
    batch, _ = AistWindows(dances, dances.of_split("val"), VIEWS, config).fixed(50)
    trunk = batch.joints[:, -1, JOINT["Neck"]]
    assert float(torch.nn.functional.cosine_similarity(batch.up, trunk).min()) > 0.9


def test_only_the_dances_and_views_asked_for_are_drawn(dances, config):
    marked = replace(dances, ratio=dances.ratio * (1 + np.arange(4)[:, None] / 100).astype(np.float32))
    scores = np.zeros_like(dances.scores)
    scores[:, [VIEWS.index(view) for view in SEEN_VIEWS]] = 1.0
    seen_only = replace(marked, scores=scores)
    train = dances.of_split("train")
    windows = AistWindows(seen_only, train, SEEN_VIEWS, config)
    assert len(windows) == 2 * 4 * (FRAMES // 2 - 8)
    _, owner = windows.fixed(10_000)
    assert set(owner) == set(train)
    assert len(owner) == len(windows)
    with pytest.raises(AistError, match="nobody is seen in 2 dances from c02, c04"):
        AistWindows(seen_only, train, UNSEEN_VIEWS, config)


def test_a_view_without_a_camera_is_never_drawn(dances, config):
    usable = dances.usable.copy()
    usable[:, VIEWS.index("c03")] = False
    windows = AistWindows(replace(dances, usable=usable), dances.of_split("train"), ["c03", "c05"], config)
    assert len(windows) == 2 * (FRAMES // 2 - 8)


def test_a_window_that_begins_before_its_dance_is_blank_there(dances, config):
    windows = AistWindows(dances, dances.of_split("test"), ["c01"], config)
    batch, _ = windows.fixed(len(windows))
    blank = (batch.keypoints[..., 2] == 0).all(-1)
    early = blank.any(-1)
    assert int(early.sum()) == config.window_frames - 1 - 8
    assert not blank[:, -9:].any()


def test_contacts_are_known(dances, config):
    batch = AistWindows(dances, dances.of_split("train"), SEEN_VIEWS, config).sample(
        256, torch.Generator().manual_seed(2)
    )
    assert bool(batch.contact_valid.all())
    assert 0 < float(batch.contacts.mean()) < 1


def test_the_same_seed_draws_the_same_windows(dances, config):
    windows = AistWindows(dances, dances.of_split("train"), SEEN_VIEWS, config)
    first, again, other = (windows.sample(8, torch.Generator().manual_seed(seed)) for seed in (3, 3, 4))
    assert torch.equal(first.keypoints, again.keypoints)
    assert not torch.equal(first.keypoints, other.keypoints)


@pytest.mark.parametrize("backbone", ["landmarks", "resnet18"])
def test_windows_without_evidence_fit_every_backbone(dances, config, backbone):
    windows = AistWindows(dances, dances.of_split("train"), SEEN_VIEWS, replace(config, backbone=backbone))
    for batch in (windows.sample(2, torch.Generator().manual_seed(5)), windows.fixed(2)[0]):
        assert batch.evidence.shape == (2, config.window_frames, *evidence_shape(backbone))
        assert (batch.evidence == 0).all()


def test_a_model_of_another_rate_is_refused(dances, config):
    with pytest.raises(AistError, match="a model at 25 Hz; expected 30"):
        AistWindows(dances, dances.of_split("train"), SEEN_VIEWS, replace(config, rate_hz=25.0))
