"""The backbones behind one interface: what they take, what conv_u/l makes of it, and what they say when refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from models.vtm.backbones import feature_channels, make_visual_encoder
from models.vtm.config import VTMConfig
from models.vtm.evidence import MAP_CELLS, MAP_CHANNELS, evidence_shape

TINY = VTMConfig(window_frames=16, features=8)
RESNET = replace(TINY, backbone="resnet18")
FRAMES = 12


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(3)
    return make_visual_encoder(RESNET).eval()


def maps(seed: int, *, present: float = 1.0) -> torch.Tensor:
    """(2, T, 16, 513) feature maps, all there or none."""
    rng = torch.Generator().manual_seed(seed)
    values = torch.rand(2, FRAMES, MAP_CELLS * MAP_CELLS, MAP_CHANNELS, generator=rng)
    return torch.cat([values, torch.ones_like(values[..., :1])], dim=-1) * present


@pytest.mark.parametrize("backbone", ["landmarks", "resnet18"])
def test_every_backbone_gives_the_features_of_every_frame(backbone: str):
    visual = torch.zeros(2, FRAMES, feature_channels(backbone))
    assert make_visual_encoder(replace(TINY, backbone=backbone))(visual).shape == (2, FRAMES, 8)


@pytest.mark.parametrize("backbone", ["landmarks", "resnet18"])
def test_a_frame_is_rows_of_numbers_whose_last_one_is_the_flag(backbone: str):
    rows, numbers = evidence_shape(backbone)
    assert feature_channels(backbone) == rows * numbers


def test_the_landmarks_are_27_points_as_in_every_file_written_so_far():
    assert evidence_shape("landmarks") == (27, 4)


@torch.no_grad()
def test_a_masked_frame_is_told_by_its_flag_and_not_by_what_else_it_holds(encoder):
    """Numbers without a flag count for nothing; a black picture with one is something else than no picture."""
    nothing = encoder(maps(0, present=0.0).flatten(2))
    unflagged = maps(0)
    unflagged[..., -1] = 0.0
    torch.testing.assert_close(encoder(unflagged.flatten(2)), nothing)
    black = torch.zeros_like(unflagged)
    black[..., -1] = 1.0
    assert (encoder(black.flatten(2)) - nothing).abs().max() > 1e-3


@torch.no_grad()
def test_its_matrices_are_the_spatial_convolutions_of_the_docstring(encoder):
    def kernel(linear: torch.nn.Linear) -> torch.Tensor:
        return linear.weight.unflatten(1, (2, 2, -1)).permute(0, 3, 1, 2)

    def bent(x: torch.Tensor) -> torch.Tensor:
        return F.gelu(x, approximate="tanh")

    visual = maps(9)[:1, :1]
    cells = bent(encoder.norm(encoder.cell(visual[0, 0]))).view(1, MAP_CELLS, MAP_CELLS, -1).permute(0, 3, 1, 2)
    quarters = bent(F.conv2d(cells, kernel(encoder.quarter), encoder.quarter.bias, stride=2))
    whole = bent(F.conv2d(quarters, kernel(encoder.whole), encoder.whole.bias)).flatten()
    last = encoder.temporal.weight[:, :, -1] @ torch.cat([whole, torch.ones(1)]) + encoder.temporal.bias
    torch.testing.assert_close(encoder(visual.flatten(2))[0, 0], bent(last))


@torch.no_grad()
def test_a_later_frame_changes_nothing_before_it(encoder):
    visual = maps(1)
    before = encoder(visual.flatten(2))
    visual[:, 7] = maps(2)[:, 7]
    changed = (encoder(visual.flatten(2)) - before).abs().amax((0, 2)) > 1e-6
    assert changed.tolist() == [index in (7, 8, 9) for index in range(FRAMES)]


@torch.no_grad()
def test_it_matters_where_in_the_crop_something_is(encoder):
    upright = maps(4)
    upside_down = upright.flip(2)
    assert (encoder(upright.flatten(2)) - encoder(upside_down.flatten(2))).abs().max() > 1e-3


@torch.no_grad()
def test_the_other_windows_of_a_batch_change_nothing(encoder):
    encoder.train()
    visual = maps(5).flatten(2)
    alone = encoder(visual[:1])
    with_a_blind_one = encoder(torch.cat([visual[:1], torch.zeros_like(visual[:1])]))[:1]
    torch.testing.assert_close(alone, with_a_blind_one)
    encoder.eval()


def test_every_weight_learns(encoder):
    encoder(maps(6).flatten(2)).square().sum().backward()
    assert all(weight.grad.abs().max() > 0 for weight in encoder.parameters())


def test_an_unknown_backbone_is_told_with_the_known_ones():
    for refused in (lambda: feature_channels("vgg"), lambda: make_visual_encoder(replace(TINY, backbone="vgg"))):
        with pytest.raises(ValueError, match="backbone 'vgg'; expected one of landmarks, resnet18"):
            refused()
