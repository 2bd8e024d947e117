"""What is exported and run: one window in, the shown frame out, and nothing computed that this does not need."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from models.rotations import orthonormal_6d
from models.vtm.blocks import set_dilation, unwoven, woven
from models.vtm.folded import folded
from models.vtm.mirror import Answer, averaged, with_mirror_image
from models.vtm.tpmae import DECODER_REACH
from models.vtm.vtm import VTM


class ExportedVTM(nn.Module):
    """What the ONNX holds; with `config.mirrored` the mean of the window's answer and its mirror image's.

    keypoints (1, T, 23, 3), evidence (1, T, 27, 4), box (1, 3) ->
    rotations_6d (1, 22, 6), root (1, 5): log depth, place x, y, pitch, roll; log_ratio (1, 22), contacts (1, 2) in 0..1
    """

    def __init__(self, vtm: VTM) -> None:
        super().__init__()
        vtm = copy.deepcopy(vtm)
        self.config, self.tpve, self.tpmae = vtm.config, vtm.tpve, vtm.tpmae
        self.upper, self.lower = folded(vtm.tpve.upper), folded(vtm.tpve.lower)
        self.windows = 2 if vtm.config.mirrored else 1
        set_dilation(self, self.windows)

    def forward(self, keypoints: Tensor, evidence: Tensor, box: Tensor) -> Answer:
        if self.config.mirrored:
            keypoints, evidence, box = with_mirror_image(keypoints, evidence, box)
        answer = self._lift(keypoints, evidence.flatten(-2), box)
        rotations_6d, root, log_ratio, contacts = averaged(*answer) if self.config.mirrored else answer
        return orthonormal_6d(rotations_6d), root, log_ratio, contacts

    def _lift(self, keypoints: Tensor, visual: Tensor, box: Tensor) -> Answer:
        """B windows, woven into one -> what the network says of each."""
        tokens = self.config.latency_frames // self.config.stride + 1  # whose frames are asked for
        upper, lower = (part.fusion(woven(part.embed(keypoints, visual, box))) for part in (self.upper, self.lower))
        body = self.tpve.body_encoder(torch.cat([upper, lower], dim=-1))
        read = (DECODER_REACH + tokens - 1) * self.windows
        z_upper, z_lower = self.tpve.upper.encode(upper, read), self.tpve.lower.encode(lower, read)
        decoded = self.tpmae.decode_tokens(z_upper, z_lower, tokens * self.windows)
        motion = self.tpmae.motion(*(unwoven(x, self.windows) for x in decoded))
        log_ratio = self.tpve.log_ratio(unwoven(body, self.windows))
        shown = -1 - self.config.latency_frames
        return motion.rotations_6d[:, shown], motion.root(shown), log_ratio, motion.contacts[:, shown].sigmoid()
