"""The backbones behind one interface: what they take, what conv_u/l makes of it, and what they say when refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.vtm.backbones import feature_channels, make_visual_encoder
from models.vtm.blocks import conv_in
from models.vtm.config import VTMConfig

TINY = VTMConfig(window_frames=16, features=8)


def test_the_landmark_encoder_is_the_plain_temporal_convolution_with_the_same_names():
    """Weights trained before the encoder had a class of its own must load, and say the same."""
    channels = feature_channels("landmarks")
    plain = conv_in(channels, 8).eval()
    encoder = make_visual_encoder(TINY).eval()
    encoder.load_state_dict(plain.state_dict())
    visual = torch.randn(2, 16, channels, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(encoder(visual), plain(visual.transpose(1, 2)))


@pytest.mark.parametrize("backbone", ["landmarks"])
def test_every_backbone_gives_the_features_of_every_frame(backbone: str):
    encoder = make_visual_encoder(replace(TINY, backbone=backbone))
    assert encoder(torch.zeros(2, 16, feature_channels(backbone))).shape == (2, 8, 16)


def test_an_unknown_backbone_is_told_with_the_known_ones():
    with pytest.raises(ValueError, match="backbone 'vgg'; expected one of landmarks"):
        make_visual_encoder(replace(TINY, backbone="vgg"))
