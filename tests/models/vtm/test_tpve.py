"""TPVE: shapes, the two parts' keypoints, the maskable visual branch, and a symmetric body."""

from __future__ import annotations

import pytest
import torch

from models.keypoints import KEYPOINT, LOWER_KEYPOINTS, UPPER_KEYPOINTS
from models.skeleton import MIRROR_JOINTS
from models.vtm.backbones import feature_channels
from models.vtm.tpve import TPVE

BATCH = 3


@pytest.fixture(scope="module")
def tpve(tiny) -> TPVE:
    torch.manual_seed(0)
    model = TPVE(tiny).eval()
    torch.nn.init.normal_(model.body_head.weight, std=0.1)  # as if trained
    torch.nn.init.normal_(model.body_head.bias, std=0.1)
    return model


@pytest.fixture(scope="module")
def inputs(tiny):
    rng = torch.Generator().manual_seed(1)
    frames = tiny.window_frames
    visual = torch.randn(BATCH, frames, feature_channels(tiny.backbone), generator=rng)
    return torch.randn(BATCH, frames, 23, 3, generator=rng), visual, torch.randn(BATCH, 3, generator=rng)


@torch.no_grad()
def test_shapes_are_those_of_the_docstring(tpve, inputs, tiny):
    z_upper, z_lower, log_ratio, log_spread = tpve(*inputs)
    assert z_upper.shape == z_lower.shape == (BATCH, tiny.tokens, tiny.latent)
    assert log_ratio.shape == (BATCH, 22)
    assert log_spread.shape == (BATCH, tiny.window_frames, 6)


@torch.no_grad()
def test_the_body_is_as_long_on_the_left_as_on_the_right(tpve, inputs):
    log_ratio = tpve(*inputs)[2]
    assert torch.equal(log_ratio, log_ratio[:, list(MIRROR_JOINTS)])
    assert log_ratio.std() > 0.01


@torch.no_grad()
def test_an_untrained_network_takes_everybody_for_the_mean_skeleton(tiny, inputs):
    assert not TPVE(tiny).eval()(*inputs)[2].any()


@torch.no_grad()
def test_the_upper_latent_does_not_see_knees_and_feet_nor_the_lower_one_the_arms(tpve, inputs):
    keypoints, visual, box = inputs
    upper, lower, *_ = tpve(keypoints, visual, box)
    for own, others, before in (
        (0, set(LOWER_KEYPOINTS) - set(UPPER_KEYPOINTS), upper),
        (1, set(UPPER_KEYPOINTS) - set(LOWER_KEYPOINTS), lower),
    ):
        moved = keypoints.clone()
        moved[:, :, list(others)] += 1
        after = tpve(moved, visual, box)
        assert torch.equal(after[own], before)
        assert not torch.allclose(after[1 - own], (upper, lower)[1 - own])


@torch.no_grad()
def test_both_latents_see_the_hips_the_scores_and_the_box(tpve, inputs):
    keypoints, visual, box = inputs
    before = tpve(keypoints, visual, box)
    hips, scores = keypoints.clone(), keypoints.clone()
    hips[:, :, KEYPOINT["left_hip"], :2] += 1
    scores[..., 2] = 0.2
    for after in (tpve(hips, visual, box), tpve(scores, visual, box), tpve(keypoints, visual, box + 0.3)):
        assert not torch.allclose(before[0], after[0])
        assert not torch.allclose(before[1], after[1])


@torch.no_grad()
def test_image_evidence_counts_and_can_be_masked_out(tpve, inputs):
    keypoints, visual, box = inputs
    masked = tpve(keypoints, visual * 0, box)
    for with_image, alone in zip(tpve(keypoints, visual, box), masked, strict=True):
        assert torch.isfinite(alone).all()
        assert not torch.allclose(with_image, alone)


@torch.no_grad()
def test_the_last_latent_knows_the_first_frame_and_where_it_stood(tpve, inputs):
    keypoints, visual, box = inputs
    first = keypoints.clone()
    first[:, 0] += 3
    assert not torch.allclose(tpve(first, visual, box)[0][:, -1], tpve(keypoints, visual, box)[0][:, -1])


@torch.no_grad()
def test_no_latent_knows_a_later_patch(tpve, inputs, tiny):
    keypoints, visual, box = inputs
    later = keypoints.clone()
    later[:, -tiny.stride :] += 3
    for before, after in zip(tpve(keypoints, visual, box)[:2], tpve(later, visual, box)[:2], strict=True):
        assert torch.equal(before[:, :-1], after[:, :-1])
        assert not torch.allclose(before[:, -1], after[:, -1])
