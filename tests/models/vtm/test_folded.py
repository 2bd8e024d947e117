"""Fewer matrices for the exported network: the same numbers, and really fewer."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.keypoints import NUM_KEYPOINTS
from models.vtm.backbones import feature_channels
from models.vtm.folded import FoldedPart, folded
from models.vtm.tpve import TPVE


def part(config, name: str):
    torch.manual_seed(2)
    return getattr(TPVE(config).eval(), name)


def window(config) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Without a batch."""
    rng = torch.Generator().manual_seed(3)
    frames = config.window_frames
    visual = torch.randn(frames, feature_channels(config.backbone), generator=rng)
    return torch.randn(frames, NUM_KEYPOINTS, 3, generator=rng), visual, torch.randn(3, generator=rng)


def fused(one, *inputs: torch.Tensor) -> torch.Tensor:
    """F, of a part or a folded one."""
    return one.fusion(one.embed(*inputs))


@torch.no_grad()
@pytest.mark.parametrize("name", ["upper", "lower"])
def test_folded_it_says_the_same_and_every_input_still_counts(tiny, name):
    trained = part(tiny, name)
    less = folded(trained)
    assert isinstance(less, FoldedPart)
    inputs = window(tiny)
    expected = fused(trained, *inputs)
    assert expected.shape == (tiny.tokens, tiny.width)
    torch.testing.assert_close(fused(less, *inputs), expected, atol=1e-5, rtol=0)
    for index in range(len(inputs)):
        other = tuple(value + 0.1 * (index == at) for at, value in enumerate(inputs))
        assert (fused(less, *other) - expected).abs().max() > 1e-3


@torch.no_grad()
def test_of_a_batch_too(tiny):
    trained = part(tiny, "lower")
    batch = [torch.stack([value, 2 * value]) for value in window(tiny)]
    torch.testing.assert_close(fused(folded(trained), *batch), fused(trained, *batch), atol=1e-5, rtol=0)


def test_feature_maps_go_through_their_convolutions_and_stay_as_they_are(tiny):
    config = replace(tiny, backbone="resnet18")
    trained = part(config, "upper")
    assert folded(trained) is trained
