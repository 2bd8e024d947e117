"""Baseline without the paper's idea: one encoder that regresses motion directly, without parts or manifold.

As large as VTM at run time, of the same blocks, trained on the same windows with the same losses (except those of the
manifold). It tests whether motion auto-encoder, two parts and alignment are worth their cost.
"""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor, nn

from models.keypoints import NUM_KEYPOINTS
from models.parts import NUM_PARTS
from models.skeleton import MIRROR_JOINTS, NUM_JOINTS
from models.vtm.backbones import make_visual_encoder
from models.vtm.blocks import CrossTemporalContextAggregation, Embed, Residual, patches
from models.vtm.config import VTMConfig
from models.vtm.tpmae import Motion, motion_of
from models.vtm.tpve import spread_head
from models.vtm.vtm import VTM, Lifted

_BOX = 3
_ROOT = 6  # log depth, its velocity, place x, y, gravity pitch, roll
_CONTACTS = 2
_PER_FRAME = 6 * NUM_JOINTS + _ROOT + _CONTACTS


class DirectRegression(nn.Module):
    """Window -> motion of all frames and bone ratio, with the interface of VTM (Lifted without latents)."""

    def __init__(self, config: VTMConfig) -> None:
        super().__init__()
        self.config = config
        c, width = config, _width(config)
        self.keypoint_encoder = Embed(3 * NUM_KEYPOINTS + _BOX, c.features)
        self.visual_encoder = make_visual_encoder(c)
        self.fusion = nn.Sequential(nn.Linear(c.stride * 2 * c.features, width), Residual(width))
        self.position = nn.Parameter(torch.zeros(c.tokens, width))
        blocks = [CrossTemporalContextAggregation(width, c.heads) for _ in range(c.context_blocks + 2)]
        self.context = nn.Sequential(*blocks)
        self.head = nn.Sequential(Residual(width), nn.Linear(width, c.stride * _PER_FRAME))
        _start_at_rest(self.head[-1])
        self.body_head = nn.Linear(2 * width, NUM_JOINTS)
        nn.init.zeros_(self.body_head.weight)
        nn.init.zeros_(self.body_head.bias)
        self.spread_head = spread_head(width, c) if c.confidence else None
        self.register_buffer("mirror", torch.tensor(MIRROR_JOINTS), persistent=False)

    def forward(self, keypoints: Tensor, evidence: Tensor, box: Tensor) -> Lifted:
        """Map (B, T, 23, 3), (B, T, 27, 4), (B, 3) to Lifted, with empty latents."""
        B, T = keypoints.shape[:2]  # batch, frames
        points = torch.cat([keypoints.flatten(2), box[:, None].expand(-1, T, _BOX)], dim=-1)
        image = self.visual_encoder(evidence.flatten(2))
        both = torch.cat([self.keypoint_encoder(points), image], dim=-1)
        tokens = self.context(self.fusion(patches(both, self.config.stride)) + self.position)
        out = self.head(tokens).view(B, T, _PER_FRAME)
        log_ratio = self.body_head(torch.cat([tokens.mean(1), tokens.amax(1)], dim=-1))
        log_ratio = (log_ratio + log_ratio[:, self.mirror]) / 2
        empty = out.new_zeros(B, self.config.tokens, 0)
        spread = None if self.spread_head is None else self.spread_head(tokens).view(B, T, NUM_PARTS)
        return Lifted(_motion(out), empty, empty, log_ratio, spread)


def _start_at_rest(layer: nn.Module) -> None:
    """Set the last layer's bias so that an untrained network gives the identity."""
    assert isinstance(layer, nn.Linear)
    with torch.no_grad():
        rows = layer.bias.view(-1, _PER_FRAME)[:, : 6 * NUM_JOINTS]
        rows.copy_(torch.tensor([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]).repeat(NUM_JOINTS).expand_as(rows))


def _motion(out: Tensor) -> Motion:
    """Split (B, T, _PER_FRAME) into Motion."""
    B, T = out.shape[:2]  # batch, frames
    rotations, root, contacts = torch.split(out, [6 * NUM_JOINTS, _ROOT, _CONTACTS], dim=-1)
    return motion_of(rotations.reshape(B, T, NUM_JOINTS, 6), root, contacts)


def _width(config: VTMConfig) -> int:
    """Return the width of one encoder as large as VTM's two: sqrt(2) wider."""
    each = round(config.width * 2**0.5 / config.heads)
    return each * config.heads


Network: TypeAlias = VTM | DirectRegression


def make_network(config: VTMConfig) -> Network:
    """Create the network named in a config."""
    return VTM(config) if config.network == "vtm" else DirectRegression(config)
