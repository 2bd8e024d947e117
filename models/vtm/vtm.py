"""VTM: TPVE's latents decoded by TPMAE's decoders; what is exported and run."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.rotations import orthonormal_6d
from models.vtm.config import VTMConfig
from models.vtm.folded import folded_fuse
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
        self.fuse_upper, self.fuse_lower = folded_fuse(vtm.tpve.upper), folded_fuse(vtm.tpve.lower)

    def forward(self, keypoints: Tensor, evidence: Tensor, box: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        config = self.vtm.config
        tokens = config.latency_frames // config.stride + 1  # whose frames are asked for
        window = (keypoints.squeeze(0), evidence.squeeze(0).flatten(-2), box.squeeze(0))
        fused = (self.fuse_upper(*window), self.fuse_lower(*window))
        z_upper, z_lower, log_ratio = self.vtm.tpve.encode(*fused, DECODER_REACH + tokens - 1)  # all that is read
        m = self.vtm.tpmae.decode(z_upper, z_lower, tokens)
        shown = -1 - config.latency_frames
        rotations_6d = orthonormal_6d(m.rotations_6d[shown])
        root = torch.cat([m.depth[shown, None], m.place[shown], m.gravity[shown]])
        contacts = m.contacts[shown].sigmoid()
        return rotations_6d.unsqueeze(0), root.unsqueeze(0), log_ratio.unsqueeze(0), contacts.unsqueeze(0)
