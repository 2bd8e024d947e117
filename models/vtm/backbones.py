"""conv_u and conv_l for the inputs of the visual branch: image features per frame, encoded to one size.

"landmarks": 3D landmarks from the detector's own network on the crop, with a flag (27 x 4), at no cost.
"resnet18": the paper's frozen ResNet18 on the person's crop (models.vtm.resnet18), with its last feature map pooled.
The numbers of a frame are described in models.vtm.evidence. Masked to zeros when there are none.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.vtm.blocks import Embed, gelu
from models.vtm.config import VTMConfig
from models.vtm.evidence import MAP_CELLS, MAP_CHANNELS, evidence_shape

_NARROW = 64
"""Channels of a cell after the first convolution over a feature map."""
_FRAMES = 3
"""Number of frames read by the temporal convolution over feature maps."""


def feature_channels(backbone: str) -> int:
    """Return V, the numbers per frame from the backbone, with flags. Raises ValueError for an unknown name."""
    rows, numbers = evidence_shape(backbone)
    return rows * numbers


def is_map(evidence: Tensor) -> bool:
    """Return whether (..., rows, numbers) are feature maps instead of landmarks."""
    return evidence.shape[-2:] == evidence_shape("resnet18")


class LandmarkEncoder(nn.Module):
    """conv over the detector's 3D landmarks: (..., T, 27 * 4) -> (..., T, features). Zeros for missing ones."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.embed = Embed(feature_channels("landmarks"), features)

    def forward(self, visual: Tensor) -> Tensor:
        out: Tensor = self.embed(visual)
        return out


class FeatureMapEncoder(nn.Module):
    """conv over ResNet18's feature map: (..., T, V) -> (..., T, features).

    Each frame's map goes through three small spatial convolutions, 1 x 1, then 2 x 2 with stride 2, then 2 x 2, so that
    each part learns where in the crop to look, and for what; then through a temporal one over this frame and the two
    before it, causal like the rest of VTM. A missing frame is zeros before and after the spatial ones, and its flag is
    passed to the temporal one. Normalised cell by cell: batch statistics would include masked frames. Written as
    matrices over rows, which avoids transposing 512 channels: as Conv2d the two parts took 12 ms for a window of 32
    frames on one thread of ONNX Runtime.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.cell = nn.Linear(MAP_CHANNELS + 1, _NARROW, bias=False)  # 1 x 1; the flag is the bias
        self.norm = nn.LayerNorm(_NARROW)
        self.quarter = nn.Linear(4 * _NARROW, features)  # 2 x 2 of 4 x 4
        self.whole = nn.Linear(4 * features, features)  # 2 x 2 of 2 x 2
        self.temporal = nn.Conv1d(features + 1, features, _FRAMES)

    def forward(self, visual: Tensor) -> Tensor:
        *batch, T, _ = visual.shape  # frames
        rows = visual.reshape(-1, MAP_CELLS * MAP_CELLS, MAP_CHANNELS + 1)
        present = rows[:, 0, -1:]  # (B * T, 1)
        cells = gelu(self.norm(self.cell(rows)))  # (B * T, 16, narrow)
        half = MAP_CELLS // 2
        blocks = cells.reshape(-1, half, 2, half, 2, _NARROW).transpose(2, 3).reshape(-1, half * half, 4 * _NARROW)
        quarters = gelu(self.quarter(blocks))  # (B * T, 4, features)
        looked = gelu(self.whole(quarters.flatten(1))) * present  # (B * T, features)
        frames = torch.cat([looked, present], dim=1).reshape(*batch, T, -1).transpose(-1, -2)
        return gelu(self.temporal(F.pad(frames, (_FRAMES - 1, 0)))).transpose(-1, -2)


def make_visual_encoder(config: VTMConfig) -> nn.Module:
    """conv_u or conv_l of the paper: (..., T, V) -> (..., T, config.features), for the backbone of the config.

    V = feature_channels(config.backbone). Raises ValueError for an unknown backbone.
    """
    feature_channels(config.backbone)
    if config.backbone == "landmarks":
        return LandmarkEncoder(config.features)
    return FeatureMapEncoder(config.features)
