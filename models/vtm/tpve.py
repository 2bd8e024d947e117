"""TPVE, the two-part visual encoder: conv_u/l, K_u/l, F_u/l, E_u^V, E_l^V, E^B."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from models.keypoints import LOWER_KEYPOINTS, UPPER_KEYPOINTS
from models.parts import NUM_PARTS
from models.skeleton import MIRROR_JOINTS, NUM_JOINTS
from models.vtm.backbones import make_visual_encoder
from models.vtm.blocks import CrossTemporalContextAggregation, Embed, Gelu, Residual, patches
from models.vtm.config import VTMConfig

_BOX = 3
_SPREAD_WIDTH = 64
_USUAL_ERROR = 0.04  # body heights


class VisualPart(nn.Module):
    """One part (upper or lower): K, conv and F -> fused features F; E^V -> Z~. All (..., N, C), N = T / 4."""

    keypoints: Tensor  # indices of this part's keypoints among the 23

    def __init__(self, keypoints: tuple[int, ...], config: VTMConfig) -> None:
        super().__init__()
        c = config
        self.stride = c.stride
        self.register_buffer("keypoints", torch.tensor(keypoints), persistent=False)
        self.keypoint_encoder = Embed(3 * len(keypoints) + _BOX, c.features)  # K
        self.visual_encoder = make_visual_encoder(c)  # conv
        self.fusion = nn.Sequential(nn.Linear(c.stride * 2 * c.features, c.width), Residual(c.width))  # F
        self.position = nn.Parameter(torch.zeros(c.tokens, c.width))
        self.context = nn.Sequential(
            *(CrossTemporalContextAggregation(c.width, c.heads) for _ in range(c.context_blocks))
        )
        self.to_latent = nn.Linear(c.width, c.latent)

    def embed(self, keypoints: Tensor, visual: Tensor, box: Tensor) -> Tensor:
        """Apply K and conv to (..., T, 23, 3), (..., T, V), (..., 3); return F's input (..., N, 4 * 2 * features)."""
        both = [self.keypoint_encoder(self.points(keypoints, box)), self.visual_encoder(visual)]
        return patches(torch.cat(both, dim=-1), self.stride)

    def points(self, keypoints: Tensor, box: Tensor) -> Tensor:
        """Return K's input (..., T, 3 * keypoints of this part + 3) for (..., T, 23, 3), (..., 3)."""
        flat = keypoints.index_select(-2, self.keypoints).flatten(-2)
        return torch.cat([flat, box.unsqueeze(-2).expand(*flat.shape[:-1], _BOX)], dim=-1)

    def encode(self, fused: Tensor, last: int = 0) -> Tensor:
        """Map F (..., N, width) to the features that Z~ is computed from (..., N, width), or only for the `last`
        tokens."""
        x = fused + self.position.repeat_interleave(fused.shape[-2] // len(self.position), dim=0)
        *blocks, final = self.context
        for block in blocks:
            x = block(x)
        context: Tensor = final(x, last)
        return context


def spread_head(channels: int, config: VTMConfig) -> nn.Sequential:
    """Return the layers from features (..., N, channels) to the log of each part's expected error (..., N, 4 * 6)."""
    head = nn.Sequential(
        nn.Linear(channels, _SPREAD_WIDTH),
        Gelu(),
        nn.Linear(_SPREAD_WIDTH, config.stride * NUM_PARTS),
    )
    assert isinstance(head[-1], nn.Linear)
    nn.init.constant_(head[-1].bias, math.log(_USUAL_ERROR))
    return head


class TPVE(nn.Module):
    """Two-part visual encoder: a window of keypoints and image evidence -> Z~_u, Z~_l and the bone ratio."""

    mirror: Tensor

    def __init__(self, config: VTMConfig) -> None:
        super().__init__()
        self.upper = VisualPart(UPPER_KEYPOINTS, config)
        self.lower = VisualPart(LOWER_KEYPOINTS, config)
        self.body_encoder = nn.Sequential(  # E^B
            nn.Linear(2 * config.width, config.width), Residual(config.width), Residual(config.width)
        )
        self.body_head = nn.Linear(2 * config.width, NUM_JOINTS)
        nn.init.zeros_(self.body_head.weight)
        nn.init.zeros_(self.body_head.bias)
        self.register_buffer("mirror", torch.tensor(MIRROR_JOINTS), persistent=False)
        self.spread_head = spread_head(2 * config.width, config) if config.confidence else None

    def forward(self, keypoints: Tensor, visual: Tensor, box: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """Map (B, T, 23, 3), (B, T, V), (B, 3) to Z~_u, Z~_l (B, N, latent), log bone ratio (B, 22), left = right, and
        the log of each part's expected error (B, T, 6)."""
        upper, lower = (part.fusion(part.embed(keypoints, visual, box)) for part in (self.upper, self.lower))
        log_ratio = self.log_ratio(self.body_encoder(torch.cat([upper, lower], dim=-1)))
        upper, lower = self.upper.encode(upper), self.lower.encode(lower)
        return self.upper.to_latent(upper), self.lower.to_latent(lower), log_ratio, self.log_spread(upper, lower)

    def log_spread(self, upper: Tensor, lower: Tensor) -> Tensor | None:
        """Return the log spread (B, 4 * N, 6) from both parts' features (B, N, width), or None without a head for
        it."""
        if self.spread_head is None:
            return None
        out: Tensor = self.spread_head(torch.cat([upper, lower], dim=-1))
        return out.reshape(out.shape[0], -1, NUM_PARTS)

    def log_ratio(self, body: Tensor) -> Tensor:
        """Return the window's log ratio (..., 22) from E^B's output for every token (..., N, width)."""
        one_sided = self.body_head(torch.cat([body.mean(-2), body.amax(-2)], dim=-1))
        out: Tensor = (one_sided + one_sided.index_select(-1, self.mirror)) / 2
        return out
