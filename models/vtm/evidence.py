"""Image evidence of each backbone in the window: rows of numbers per frame. No torch: the engine reads this.

The last number of a row is 1 if the row is present; a missing row is all zeros. So a window can be resampled, masked
and distinguished from an empty picture, whatever the backbone.

"landmarks"  27 rows: x, y, z of a 3D landmark of the detector's own network, metres, hip-centred, camera axes
"resnet18"   16 rows: the 512 channels of one cell of the last feature map of the person's crop, pooled to 4 x 4; cells
             from left to right, then from top to bottom

Why 4 x 4 x 512: the map itself, 7 x 7 x 512, is 98 KiB per frame in float32. A window of 64 frames would be 6.1 MiB to
resample and copy for every pose, and 100,000 training frames 4.7 GiB in float16. Pooled it is 32 KiB per frame, 2 MiB
per window and 1.5 GiB of training frames. Pooling loses position within the crop, which the keypoints give far better;
the channels, which say what is there, are all kept. A projection of the channels instead would need weights that are
not trained yet when the features are computed.
"""

from __future__ import annotations

from models.keypoints import NUM_EVIDENCE

MAP_CELLS = 4
"""Cells of the pooled feature map across and down."""
MAP_CHANNELS = 512
CROP_PX = 224
"""Side of the crop for the backbone."""
BACKBONE_FILE = "resnet18.onnx"
"""File of the backbone beside the weights that need it."""
FINGERPRINT = "weights_sha256"
"""Name of the identifier of a backbone, in its ONNX and in files of features."""

_SHAPES: dict[str, tuple[int, int]] = {
    "landmarks": (NUM_EVIDENCE, 4),
    "resnet18": (MAP_CELLS * MAP_CELLS, MAP_CHANNELS + 1),
}


def evidence_shape(backbone: str) -> tuple[int, int]:
    """Return (rows, numbers per row) of one frame. Raises ValueError for an unknown name."""
    if backbone not in _SHAPES:
        raise ValueError(f"backbone {backbone!r}; expected one of {', '.join(_SHAPES)}")
    return _SHAPES[backbone]
