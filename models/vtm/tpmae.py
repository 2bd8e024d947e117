"""TPMAE, the two-part motion auto-encoder: E_u^M, E_l^M, D_u, D_l, A, D_r. Knows motion on s̄, no body size."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.skeleton import LOWER, NON_ROOT, NUM_JOINTS, ROOT, UPPER
from models.vtm.blocks import Residual, latest, newest, patches
from models.vtm.config import VTMConfig

ROOT_CHANNELS = 12
"""Root motion: Hips rotation (6), log depth, its velocity (per second), place x, y, gravity pitch, roll.

The paper's D_r gives Hips rotation, depth and velocity of depth. Ours adds the root's place in the picture, since the
2D hips from which the paper reads it are often hidden (a desk), and gravity, since a webcam may be tilted.
"""
DECODER_REACH = 7
"""Number of tokens that the last decoded frame depends on: three causal convolutions (two in D, one in A) and
itself."""
_DEPTH_MEAN = -1.28  # mean of log(z in body heights x size) over training windows
_UPPER_JOINTS = [joint for joint in UPPER if joint != ROOT]
_LOWER_JOINTS = [joint for joint in LOWER if joint != ROOT]


@dataclass(frozen=True, slots=True)
class Motion:
    """Motion in the network's representation, with or without batch dimension."""

    rotations_6d: Tensor  # (..., T, 22, 6) joint 0 = Hips in the view
    depth: Tensor  # (..., T) log(z in body heights x size)
    depth_velocity: Tensor  # (..., T) of `depth`, per second
    place: Tensor  # (..., T, 2) in box units
    gravity: Tensor  # (..., T, 2) pitch, roll in radians
    contacts: Tensor  # (..., T, 2) logits of left, right foot

    def root(self, at: int) -> Tensor:
        """Return (B, 5) for one frame (list index): log depth, place x, y, gravity pitch, roll."""
        return torch.cat([self.depth[:, at, None], self.place[:, at], self.gravity[:, at]], dim=-1)

    def root_channels(self) -> Tensor:
        """Return (..., T, 12), the root input of the encoders."""
        scalars = torch.stack([self.depth - _DEPTH_MEAN, self.depth_velocity], dim=-1)
        return torch.cat([self.rotations_6d[..., ROOT, :], scalars, self.place, self.gravity], dim=-1)


def motion_of(rotations_6d: Tensor, root: Tensor, contacts: Tensor) -> Motion:
    """Make Motion from (..., T, 22, 6), (..., T, 6) log depth minus its mean, velocity, place, gravity, (..., T, 2)."""
    return Motion(rotations_6d, root[..., 0] + _DEPTH_MEAN, root[..., 1], root[..., 2:4], root[..., 4:6], contacts)


def start_at_rest(layer: nn.Module, channels: int) -> None:
    """Set a last layer's bias so that an untrained network gives the identity; every `channels` numbers start with
    6D."""
    assert isinstance(layer, nn.Linear)
    with torch.no_grad():
        layer.bias.view(-1, channels)[:, :6] = torch.tensor([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])


def _motion_encoder(channels: int, c: VTMConfig) -> nn.Sequential:
    """Return the encoder from patches (B, N, 4 * C_in) to Z (B, N, latent)."""
    return nn.Sequential(
        nn.Linear(c.stride * channels, c.width), Residual(c.width), Residual(c.width), nn.Linear(c.width, c.latent)
    )


def _motion_decoder(channels_in: int, c: VTMConfig) -> nn.Sequential:
    """Return the decoder from Z (..., N, C_in) to features (..., N, width)."""
    return nn.Sequential(nn.Linear(channels_in, c.width), Residual(c.width), Residual(c.width))


def _reach(block: nn.Module) -> int:
    assert isinstance(block, Residual)
    return block.conv.reach


def _decoded(decoder: nn.Module, z: Tensor, last: int) -> Tensor:
    """Apply `decoder` to Z (..., N, C_in); return features of the `last` tokens only, or of all."""
    assert isinstance(decoder, nn.Sequential)
    linear, first, second = decoder
    features: Tensor = second(first(linear(z), last + _reach(second) if last else 0), last)
    return features


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
            Residual(2 * c.width), nn.Linear(2 * c.width, c.stride * 6 * len(NON_ROOT))
        )
        self.root_decoder = nn.Sequential(  # D_r
            _motion_decoder(2 * c.latent, c), nn.Linear(c.width, c.stride * ROOT_CHANNELS)
        )
        self.contact_head = nn.Linear(c.width, c.stride * 2)
        start_at_rest(self.aggregator[-1], 6)
        start_at_rest(self.root_decoder[-1], ROOT_CHANNELS)

    def encode(self, motion: Motion) -> tuple[Tensor, Tensor]:
        """Encode Motion to Z_u, Z_l, each (B, N, latent)."""
        root = motion.root_channels()

        def part(joints: list[int]) -> Tensor:
            flat = motion.rotations_6d[..., joints, :].flatten(-2)
            return patches(torch.cat([flat, root], dim=-1), self.config.stride)

        upper: Tensor = self.motion_encoder_upper(part(_UPPER_JOINTS))
        lower: Tensor = self.motion_encoder_lower(part(_LOWER_JOINTS))
        return upper, lower

    def decode(self, z_upper: Tensor, z_lower: Tensor) -> Motion:
        """Decode Z_u, Z_l (B, N, latent) to Motion of 4 x N frames."""
        return self.motion(*self.decode_tokens(z_upper, z_lower))

    def decode_tokens(self, z_upper: Tensor, z_lower: Tensor, last: int = 0) -> tuple[Tensor, Tensor, Tensor]:
        """Decode Z_u, Z_l (..., N, latent) to A's rotations, D_r's root, contacts: (..., N, 4 x channels), or only for
        the `last` tokens."""
        mix, to_rotations = self.aggregator
        read = last + _reach(mix) if last else 0
        upper = _decoded(self.motion_decoder_upper, z_upper, read)
        lower = _decoded(self.motion_decoder_lower, z_lower, read)
        others = to_rotations(mix(torch.cat([upper, lower], dim=-1), last))
        features, to_root = self.root_decoder
        root = to_root(_decoded(features, torch.cat([z_upper, z_lower], dim=-1), last))
        return others, root, self.contact_head(latest(lower, newest(lower, last)))

    def motion(self, others: Tensor, root: Tensor, contacts: Tensor) -> Motion:
        """Split tokens (..., N, 4 x channels) into frames."""
        *batch, N, _ = root.shape  # tokens
        T = N * self.config.stride
        root = root.reshape(*batch, T, ROOT_CHANNELS)
        rotations = torch.cat([root[..., None, :6], others.reshape(*batch, T, NUM_JOINTS - 1, 6)], dim=-2)
        return motion_of(rotations, root[..., 6:], contacts.reshape(*batch, T, 2))

    def forward(self, motion: Motion) -> tuple[Motion, Tensor, Tensor]:
        """Reconstruct a whole window: Motion, Z_u, Z_l."""
        z_upper, z_lower = self.encode(motion)
        return self.decode(z_upper, z_lower), z_upper, z_lower
