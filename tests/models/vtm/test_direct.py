"""The plain regression that VTM is compared with: as large, with the same interface, and without a manifold."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.export import example_inputs
from models.rotations import geodesic_angle, rotation_6d_to_matrix
from models.vtm.config import VTMConfig
from models.vtm.direct import DirectRegression, make_network
from models.vtm.vtm import VTM


def _size(*modules: torch.nn.Module) -> int:
    return sum(value.numel() for module in modules for value in module.parameters())


def test_the_config_names_the_network(tiny):
    assert isinstance(make_network(tiny), VTM)
    assert isinstance(make_network(replace(tiny, network="direct")), DirectRegression)
    with pytest.raises(ValueError, match="network 'other'; expected vtm or direct"):
        replace(tiny, network="other")


def test_it_is_as_large_as_what_vtm_runs():
    vtm = VTM(VTMConfig())
    encoders = (vtm.tpmae.motion_encoder_upper, vtm.tpmae.motion_encoder_lower)  # not run on video
    run = _size(vtm) - _size(*encoders)
    assert _size(DirectRegression(VTMConfig(network="direct"))) == pytest.approx(run, rel=0.15)


@torch.no_grad()
def test_it_answers_as_vtm_does_and_knows_no_later_patch(tiny):
    torch.manual_seed(0)
    model = DirectRegression(replace(tiny, network="direct")).eval()
    keypoints, evidence, box = example_inputs(VTM(tiny))
    lifted = model(keypoints, evidence, box)
    T = tiny.window_frames
    assert lifted.motion.rotations_6d.shape == (1, T, 22, 6)
    assert lifted.motion.gravity.shape == lifted.motion.place.shape == lifted.motion.contacts.shape == (1, T, 2)
    assert lifted.log_ratio.shape == (1, 22)
    assert lifted.z_upper.numel() == 0
    angle = geodesic_angle(rotation_6d_to_matrix(lifted.motion.rotations_6d), torch.eye(3))
    assert torch.rad2deg(angle).mean() < 90  # an untrained one starts near the rest pose
    later = keypoints.clone()
    later[:, -tiny.stride :] += 3
    after = model(later, evidence, box).motion.rotations_6d
    assert torch.equal(after[:, : -tiny.stride], lifted.motion.rotations_6d[:, : -tiny.stride])
    assert not torch.allclose(after[:, -1], lifted.motion.rotations_6d[:, -1])
