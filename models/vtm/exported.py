"""The exported network: one window in, one frame out, computing only what this needs."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from models.vtm.blocks import deinterleaved, interleaved, set_dilation
from models.vtm.folded import folded
from models.vtm.mirror import with_mirror_image
from models.vtm.tpmae import DECODER_REACH
from models.vtm.vtm import VTM

Outputs = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


class ExportedVTM(nn.Module):
    """The network in the ONNX. Its outputs are decoded in models.vtm.answer.

    keypoints (1, T, 23, 3), evidence (1, T, 27, 4), box (1, 3) -> P rows, 1 or with `config.mirrored` 2 (the window and
    its mirror image): rotations_6d (P, 22, 6) from the decoder, root (P, 5): log depth, place x, y, pitch, roll;
    log_ratio (P, 22), contacts (P, 2) in 0..1, log_spread (P, 6)
    """

    def __init__(self, vtm: VTM) -> None:
        """vtm: a network with confidence. Raises ValueError for format 3, which has none."""
        super().__init__()
        if not vtm.config.confidence:
            raise ValueError("the network has no confidence of parts (format 3); train it on with --start-from")
        vtm = copy.deepcopy(vtm)
        self.config, self.tpve, self.tpmae = vtm.config, vtm.tpve, vtm.tpmae
        self.upper, self.lower = folded(vtm.tpve.upper), folded(vtm.tpve.lower)
        self.windows = 2 if vtm.config.mirrored else 1
        set_dilation(self, self.windows)

    def forward(self, keypoints: Tensor, evidence: Tensor, box: Tensor) -> Outputs:
        if self.config.mirrored:
            keypoints, evidence, box = with_mirror_image(keypoints, evidence, box)
        return self._lift(keypoints, evidence.flatten(-2), box)

    def _lift(self, keypoints: Tensor, visual: Tensor, box: Tensor) -> Outputs:
        """Return the answers of B windows, interleaved into one."""
        tokens = self.config.latency_frames // self.config.stride + 1  # whose frames are requested
        upper, lower = (
            part.fusion(interleaved(part.embed(keypoints, visual, box))) for part in (self.upper, self.lower)
        )
        body = self.tpve.body_encoder(torch.cat([upper, lower], dim=-1))
        read = (DECODER_REACH + tokens - 1) * self.windows
        upper, lower = self.tpve.upper.encode(upper, read), self.tpve.lower.encode(lower, read)
        z_upper, z_lower = self.tpve.upper.to_latent(upper), self.tpve.lower.to_latent(lower)
        newest = tokens * self.windows
        decoded = self.tpmae.decode_tokens(z_upper, z_lower, newest)
        motion = self.tpmae.motion(*(deinterleaved(x, self.windows) for x in decoded))
        log_ratio = self.tpve.log_ratio(deinterleaved(body, self.windows))
        spread = self.tpve.log_spread(*(deinterleaved(x[-newest:], self.windows) for x in (upper, lower)))
        assert spread is not None
        shown = -1 - self.config.latency_frames
        contacts = motion.contacts[:, shown].sigmoid()
        return motion.rotations_6d[:, shown], motion.root(shown), log_ratio, contacts, spread[:, shown]
