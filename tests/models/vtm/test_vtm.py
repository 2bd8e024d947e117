"""VTM as a whole: what a window gives, the masked visual branch, and the shown frame of the exported network."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.export import example_inputs
from models.skeleton import MIRROR_JOINTS
from models.vtm.vtm import VTM, ExportedVTM


def make(config, seed: int = 0) -> VTM:
    torch.manual_seed(seed)
    return VTM(config).eval()


@torch.no_grad()
def test_the_last_frames_of_the_window_come_out(tiny):
    model, (keypoints, evidence, box) = make(tiny), example_inputs(make(tiny))
    lifted = model(keypoints.expand(2, -1, -1, -1), evidence.expand(2, -1, -1, -1), box.expand(2, -1))
    assert lifted.motion.rotations_6d.shape == (2, tiny.decoded_frames, 22, 6)
    assert lifted.motion.depth.shape == (2, tiny.decoded_frames)
    assert lifted.motion.contacts.shape == (2, tiny.decoded_frames, 2)
    assert lifted.z_upper.shape == (2, tiny.latent, tiny.tokens)
    assert torch.equal(lifted.log_ratio, lifted.log_ratio[:, list(MIRROR_JOINTS)])


@torch.no_grad()
def test_what_comes_out_are_the_last_latents_decoded(tiny):
    model = make(tiny)
    lifted = model(*example_inputs(model))
    expected = model.tpmae.decode(lifted.z_upper[..., -2:], lifted.z_lower[..., -2:])
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
    model = make(replace(tiny, latency_frames=latency))
    inputs = example_inputs(model)
    rotations_6d, root, log_ratio, contacts = ExportedVTM(model)(*inputs)
    motion = model(*inputs).motion
    shown = -1 - latency
    assert torch.equal(rotations_6d, motion.rotations_6d[:, shown])
    assert root.shape == (1, 5)
    assert torch.equal(root[:, 0], motion.depth[:, shown])
    assert torch.equal(root[:, 1:3], motion.place[:, shown])
    assert torch.equal(root[:, 3:], motion.gravity[:, shown])
    assert log_ratio.shape == (1, 22)
    assert torch.equal(contacts, motion.contacts[:, shown].sigmoid())


def test_gradients_reach_every_part_of_the_network(tiny):
    model = make(tiny).train()
    keypoints, evidence, box = (
        x.expand(4, *x.shape[1:]) + 0.1 * torch.randn(4, *x.shape[1:]) for x in example_inputs(model)
    )
    torch.nn.init.normal_(model.tpve.body_head.weight, std=0.1)
    lifted = model(keypoints, evidence, box)
    parts = (lifted.motion.rotations_6d, lifted.motion.depth, lifted.motion.contacts, lifted.log_ratio)
    sum(part.square().sum() for part in parts).backward()
    without = {name for name, value in model.named_parameters() if value.grad is None or not value.grad.any()}
    assert all("motion_encoder" in name for name in without), without  # E^M is trained on motion, not on video
    assert without
