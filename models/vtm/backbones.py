"""What can feed the visual branch: image features per frame, behind one size. Masked to zeros when there is none.

"landmarks": what the detector's own network computes on the crop, its 3D landmarks with a flag (27 x 4), at no cost.
"""

from __future__ import annotations

from models.keypoints import NUM_EVIDENCE

_CHANNELS: dict[str, int] = {"landmarks": NUM_EVIDENCE * 4}


def feature_channels(backbone: str) -> int:
    """Numbers per frame that the backbone gives. Raises ValueError for an unknown name."""
    if backbone not in _CHANNELS:
        raise ValueError(f"backbone {backbone!r}; expected one of {', '.join(_CHANNELS)}")
    return _CHANNELS[backbone]
