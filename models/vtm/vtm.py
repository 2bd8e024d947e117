"""VTM: TPVE's latents decoded by TPMAE's decoders."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from models.vtm.config import VTMConfig
from models.vtm.tpmae import TPMAE, Motion
from models.vtm.tpve import TPVE


@dataclass(frozen=True, slots=True)
class Lifted:
    """The video side's answer for a window."""

    motion: Motion  # of all frames; each depends on no later patch
    z_upper: Tensor  # (B, N, latent) Z~_u
    z_lower: Tensor  # (B, N, latent) Z~_l
    log_ratio: Tensor  # (B, 22)
    log_spread: Tensor | None = None  # (B, T, 6) log of each part's expected error (models.parts)


class VTM(nn.Module):
    """Video-to-motion: keypoints and image evidence of a window -> motion and bone ratio (VTM, fig. 2)."""

    def __init__(self, config: VTMConfig) -> None:
        super().__init__()
        self.config = config
        self.tpmae = TPMAE(config)
        self.tpve = TPVE(config)

    def forward(self, keypoints: Tensor, evidence: Tensor, box: Tensor) -> Lifted:
        """Map (B, T, 23, 3), (B, T, 27, 4), (B, 3) to Lifted."""
        z_upper, z_lower, log_ratio, log_spread = self.tpve(keypoints, evidence.flatten(2), box)
        return Lifted(self.tpmae.decode(z_upper, z_lower), z_upper, z_lower, log_ratio, log_spread)
