"""VTM: TPVE's latents decoded by TPMAE's decoders; what is exported and run."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.vtm.config import VTMConfig
from models.vtm.tpmae import TPMAE, Motion
from models.vtm.tpve import TPVE


@dataclass(frozen=True, slots=True)
class Lifted:
    """Everything the video side gives for a window."""

    motion: Motion  # of the last config.decoded_frames frames
    z_upper: Tensor  # (B, latent, T/4) Z~_u
    z_lower: Tensor  # (B, latent, T/4) Z~_l
    log_ratio: Tensor  # (B, 22)


class VTM(nn.Module):
    """Video-to-motion: keypoints and image evidence of a window -> motion and bone ratio (VTM, fig. 2)."""

    def __init__(self, config: VTMConfig) -> None:
        super().__init__()
        self.config = config
        self.tpmae = TPMAE(config)
        self.tpve = TPVE(config)

    def forward(self, keypoints: Tensor, evidence: Tensor, box: Tensor) -> Lifted:
        """(B, T, 23, 3), (B, T, 27, 4), (B, 3) -> Lifted."""
        z_upper, z_lower, log_ratio = self.tpve(keypoints, evidence.flatten(2), box)
        last = self.config.decoded_tokens
        motion = self.tpmae.decode(z_upper[..., -last:], z_lower[..., -last:])
        return Lifted(motion, z_upper, z_lower, log_ratio)


class ExportedVTM(nn.Module):
    """What the ONNX holds: one window in, the shown frame out.

    keypoints (1, T, 23, 3), evidence (1, T, 27, 4), box (1, 3) ->
    rotations_6d (1, 22, 6), root (1, 5): log depth, place x, y, pitch, roll; log_ratio (1, 22), contacts (1, 2) in 0..1
    """

    def __init__(self, vtm: VTM) -> None:
        super().__init__()
        self.vtm = vtm

    def forward(self, keypoints: Tensor, evidence: Tensor, box: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        lifted = self.vtm(keypoints, evidence, box)
        shown = -1 - self.vtm.config.latency_frames
        m = lifted.motion
        root = torch.cat([m.depth[:, shown, None], m.place[:, shown], m.gravity[:, shown]], dim=-1)
        return m.rotations_6d[:, shown], root, lifted.log_ratio, m.contacts[:, shown].sigmoid()
