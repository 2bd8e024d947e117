"""VTM: TPVE's latents decoded by TPMAE's decoders; what is exported and run."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.rotations import matrix_to_rotation_6d, rotation_6d_to_matrix
from models.vtm.config import VTMConfig
from models.vtm.tpmae import DECODER_REACH, TPMAE, Motion
from models.vtm.tpve import TPVE


@dataclass(frozen=True, slots=True)
class Lifted:
    """Everything the video side gives for a window."""

    motion: Motion  # of all frames; each of them knows no later patch
    z_upper: Tensor  # (B, N, latent) Z~_u
    z_lower: Tensor  # (B, N, latent) Z~_l
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
        return Lifted(self.tpmae.decode(z_upper, z_lower), z_upper, z_lower, log_ratio)


class ExportedVTM(nn.Module):
    """What the ONNX holds: one window in, the shown frame out.

    keypoints (1, T, 23, 3), evidence (1, T, 27, 4), box (1, 3) ->
    rotations_6d (1, 22, 6), root (1, 5): log depth, place x, y, pitch, roll; log_ratio (1, 22), contacts (1, 2) in 0..1
    """

    def __init__(self, vtm: VTM) -> None:
        super().__init__()
        self.vtm = vtm

    def forward(self, keypoints: Tensor, evidence: Tensor, box: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        shown = -1 - self.vtm.config.latency_frames
        tokens = DECODER_REACH - shown // self.vtm.config.stride - 1  # earlier ones change nothing
        z_upper, z_lower, log_ratio = self.vtm.tpve(keypoints, evidence.flatten(2), box, tokens)
        m = self.vtm.tpmae.decode(z_upper, z_lower)
        root = torch.cat([m.depth[:, shown, None], m.place[:, shown], m.gravity[:, shown]], dim=-1)
        rotations_6d = matrix_to_rotation_6d(rotation_6d_to_matrix(m.rotations_6d[:, shown]))  # of unit length
        return rotations_6d, root, log_ratio, m.contacts[:, shown].sigmoid()
