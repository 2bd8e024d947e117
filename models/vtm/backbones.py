"""What can feed the visual branch: image features per frame, behind one size. Masked to zeros when there is none.

"landmarks": what the detector's own network computes on the crop, its 3D landmarks with a flag (27 x 4), at no cost.
"""

from __future__ import annotations

from torch import Tensor, nn

from models.keypoints import NUM_EVIDENCE
from models.vtm.blocks import conv_in
from models.vtm.config import VTMConfig

_CHANNELS: dict[str, int] = {"landmarks": NUM_EVIDENCE * 4}


def feature_channels(backbone: str) -> int:
    """Numbers per frame that the backbone gives. Raises ValueError for an unknown name."""
    if backbone not in _CHANNELS:
        raise ValueError(f"backbone {backbone!r}; expected one of {', '.join(_CHANNELS)}")
    return _CHANNELS[backbone]


class LandmarkEncoder(nn.Sequential):
    """conv over the detector's landmarks: (B, T, V) -> (B, features, T)."""

    def __init__(self, features: int) -> None:
        super().__init__(*conv_in(feature_channels("landmarks"), features))

    def forward(self, visual: Tensor) -> Tensor:
        out: Tensor = super().forward(visual.transpose(1, 2))
        return out


def make_visual_encoder(config: VTMConfig) -> nn.Module:
    """conv_u or conv_l of the paper: (B, T, V) -> (B, config.features, T), for the backbone of the config.

    V = feature_channels(config.backbone). Raises ValueError for an unknown backbone.
    """
    feature_channels(config.backbone)
    return LandmarkEncoder(config.features)
