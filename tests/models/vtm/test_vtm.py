"""VTM as a whole: what a window gives, the masked visual branch, and the shown frame of the exported network."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.export import example_inputs
from models.rotations import matrix_to_rotation_6d, rotation_6d_to_matrix
from models.skeleton import MIRROR_JOINTS
from models.vtm.answer import network_answer
from models.vtm.exported import ExportedVTM
from models.vtm.vtm import VTM


def make(config, seed: int = 0) -> VTM:
    torch.manual_seed(seed)
    return VTM(config).eval()


@torch.no_grad()
def test_every_frame_of_the_window_comes_out(tiny):
    model, (keypoints, evidence, box) = make(tiny), example_inputs(make(tiny))
    lifted = model(keypoints.expand(2, -1, -1, -1), evidence.expand(2, -1, -1, -1), box.expand(2, -1))
    assert lifted.motion.rotations_6d.shape == (2, tiny.window_frames, 22, 6)
    assert lifted.motion.depth.shape == (2, tiny.window_frames)
    assert lifted.motion.contacts.shape == (2, tiny.window_frames, 2)
    assert lifted.z_upper.shape == (2, tiny.tokens, tiny.latent)
    assert torch.equal(lifted.log_ratio, lifted.log_ratio[:, list(MIRROR_JOINTS)])


@torch.no_grad()
def test_what_comes_out_are_the_latents_decoded_by_the_auto_encoder(tiny):
    model = make(tiny)
    lifted = model(*example_inputs(model))
    expected = model.tpmae.decode(lifted.z_upper, lifted.z_lower)
    assert torch.equal(lifted.motion.rotations_6d, expected.rotations_6d)


@torch.no_grad()
def test_keypoints_alone_give_another_finite_answer(tiny):
    model = make(tiny)
    keypoints, evidence, box = example_inputs(model)
    alone, both = model(keypoints, evidence * 0, box), model(keypoints, evidence, box)
    assert torch.isfinite(alone.motion.rotations_6d).all()
    assert not torch.allclose(alone.motion.rotations_6d, both.motion.rotations_6d)


@torch.no_grad()
@pytest.mark.parametrize("latency", [0, 2])
def test_the_exported_network_shows_the_frame_that_the_config_names(tiny, latency):
    model = make(replace(tiny, latency_frames=latency, window_frames=48))  # more tokens than the decoders reach
    inputs = example_inputs(model)
    outputs = ExportedVTM(model)(*inputs)
    rotations_6d, root, log_ratio, contacts, log_spread = outputs
    motion = model(*inputs).motion
    shown = -1 - latency
    expected = matrix_to_rotation_6d(rotation_6d_to_matrix(motion.rotations_6d[:, shown]))
    torch.testing.assert_close(network_answer(outputs, mirrored=False).rotations_6d, expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(log_spread, model(*inputs).log_spread[:, shown], atol=1e-5, rtol=0)
    assert rotations_6d.shape == (1, 22, 6)
    assert root.shape == (1, 5)
    torch.testing.assert_close(root[:, 0], motion.depth[:, shown], atol=1e-5, rtol=0)
    torch.testing.assert_close(root[:, 1:3], motion.place[:, shown], atol=1e-5, rtol=0)
    torch.testing.assert_close(root[:, 3:], motion.gravity[:, shown], atol=1e-5, rtol=0)
    assert log_ratio.shape == (1, 22)
    torch.testing.assert_close(contacts, motion.contacts[:, shown].sigmoid(), atol=1e-5, rtol=0)


def test_gradients_reach_every_part_of_the_network(tiny):
    model = make(tiny).train()
    keypoints, evidence, box = (
        x.expand(4, *x.shape[1:]) + 0.1 * torch.randn(4, *x.shape[1:]) for x in example_inputs(model)
    )
    torch.nn.init.normal_(model.tpve.body_head.weight, std=0.1)
    lifted = model(keypoints, evidence, box)
    motion = lifted.motion
    parts = (motion.rotations_6d, motion.depth, motion.contacts, lifted.log_ratio, lifted.log_spread)
    sum(part.square().sum() for part in parts).backward()
    without = {name for name, value in model.named_parameters() if value.grad is None or not value.grad.any()}
    assert all("motion_encoder" in name for name in without), without  # E^M is trained on motion, not on video
    assert without
