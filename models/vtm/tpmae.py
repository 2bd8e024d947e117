"""TPMAE, the two-part motion auto-encoder: E_u^M, E_l^M, D_u, D_l, A, D_r. Knows motion on s̄, no body size."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.skeleton import LOWER, NON_ROOT, NUM_JOINTS, ROOT, UPPER
from models.vtm.blocks import Double, Residual, conv_in, halve
from models.vtm.config import VTMConfig

ROOT_CHANNELS = 12
"""Root motion: Hips rotation (6), log depth, its velocity (per second), place x, y, gravity pitch, roll.

The paper's D_r gives Hips rotation, depth and velocity of depth. Ours adds the root's place in the picture, since the
2D hips that the paper reads it from are often hidden (a desk), and gravity, since a webcam looks up or down.
"""
_DEPTH_MEAN = -1.28  # log(z in statures x size): its mean over training windows
_UPPER_JOINTS = [joint for joint in UPPER if joint != ROOT]
_LOWER_JOINTS = [joint for joint in LOWER if joint != ROOT]


@dataclass(frozen=True, slots=True)
class Motion:
    """Motion as the network knows it; every tensor is (B, T, ...)."""

    rotations_6d: Tensor  # (B, T, 22, 6) joint 0 = Hips in the view
    depth: Tensor  # (B, T) log(z in statures x size)
    depth_velocity: Tensor  # (B, T) of `depth`, per second
    place: Tensor  # (B, T, 2) in sizes
    gravity: Tensor  # (B, T, 2) pitch, roll in radians
    contacts: Tensor  # (B, T, 2) logits of left, right foot

    def root_channels(self) -> Tensor:
        """(B, T, 12) as the encoders read it."""
        scalars = torch.stack([self.depth - _DEPTH_MEAN, self.depth_velocity], dim=-1)
        return torch.cat([self.rotations_6d[:, :, ROOT], scalars, self.place, self.gravity], dim=-1)


def _motion_encoder(channels_in: int, c: VTMConfig) -> nn.Sequential:
    """(B, C_in, T) -> Z (B, latent, T/4)."""
    return nn.Sequential(
        halve(channels_in, c.width),
        Residual(c.width),
        halve(c.width, c.width),
        Residual(c.width),
        nn.Conv1d(c.width, c.latent, 1),
    )


def _motion_decoder(channels_in: int, c: VTMConfig) -> nn.Sequential:
    """Z (B, C_in, tokens) -> features (B, decoder_width, 4 x tokens)."""
    width = c.decoder_width
    return nn.Sequential(
        conv_in(channels_in, c.width), Residual(c.width), Double(c.width, width), Residual(width), Double(width, width)
    )


class TPMAE(nn.Module):
    """Two-part motion auto-encoder. Upper = Hips + spine, head, arms; lower = Hips + legs; both see the root."""

    def __init__(self, config: VTMConfig) -> None:
        super().__init__()
        self.config = config
        c = config
        self.motion_encoder_upper = _motion_encoder(6 * len(_UPPER_JOINTS) + ROOT_CHANNELS, c)
        self.motion_encoder_lower = _motion_encoder(6 * len(_LOWER_JOINTS) + ROOT_CHANNELS, c)
        self.motion_decoder_upper = _motion_decoder(c.latent, c)
        self.motion_decoder_lower = _motion_decoder(c.latent, c)
        self.aggregator = nn.Sequential(  # A
            conv_in(2 * c.decoder_width, c.width), nn.Conv1d(c.width, 6 * len(NON_ROOT), 3, padding=1)
        )
        self.root_decoder = nn.Sequential(  # D_r
            _motion_decoder(2 * c.latent, c), nn.Conv1d(c.decoder_width, ROOT_CHANNELS, 3, padding=1)
        )
        self.contact_head = nn.Conv1d(c.decoder_width, 2, 3, padding=1)

    def encode(self, motion: Motion) -> tuple[Tensor, Tensor]:
        """Motion -> Z_u, Z_l, each (B, latent, T/4)."""
        root = motion.root_channels()
        B, T = root.shape[:2]  # batch, frames

        def part(joints: list[int]) -> Tensor:
            flat = motion.rotations_6d[:, :, joints].reshape(B, T, -1)
            return torch.cat([flat, root], dim=-1).transpose(1, 2)  # (B, C, T)

        upper: Tensor = self.motion_encoder_upper(part(_UPPER_JOINTS))
        lower: Tensor = self.motion_encoder_lower(part(_LOWER_JOINTS))
        return upper, lower

    def decode(self, z_upper: Tensor, z_lower: Tensor) -> Motion:
        """Z_u, Z_l (B, latent, tokens) -> Motion of 4 x tokens frames."""
        upper, lower = self.motion_decoder_upper(z_upper), self.motion_decoder_lower(z_lower)
        others = self.aggregator(torch.cat([upper, lower], dim=1)).transpose(1, 2)  # (B, T, 21 * 6)
        root = self.root_decoder(torch.cat([z_upper, z_lower], dim=1)).transpose(1, 2)  # (B, T, 12)
        B, T = root.shape[:2]
        rotations = torch.cat([root[..., None, :6], others.view(B, T, NUM_JOINTS - 1, 6)], dim=2)
        return Motion(
            rotations_6d=rotations,
            depth=root[..., 6] + _DEPTH_MEAN,
            depth_velocity=root[..., 7],
            place=root[..., 8:10],
            gravity=root[..., 10:12],
            contacts=self.contact_head(lower).transpose(1, 2),
        )

    def forward(self, motion: Motion) -> tuple[Motion, Tensor, Tensor]:
        """Reconstruct a whole window: Motion, Z_u, Z_l."""
        z_upper, z_lower = self.encode(motion)
        return self.decode(z_upper, z_lower), z_upper, z_lower
