"""What each backbone puts into the window: rows of numbers per frame. No torch: the engine reads this too.

The last number of every row is 1 where the row is there; a row that is not there is all zeros. A window that knows
nothing else can then be resampled, masked and told apart from an empty picture, whatever the backbone.

"landmarks"  27 rows: x, y, z of a 3D landmark of the detector's own network, metres, hip-centred, camera axes
"resnet18"   16 rows: the 512 channels of one cell of the last feature map of the person's crop, pooled to 4 x 4; cells
             from left to right, then from top to bottom

Why 4 x 4 x 512: the map itself, 7 x 7 x 512, is 98 KiB per frame in float32. A window of 64 frames would be 6.1 MiB
to resample and to copy for every pose, and 100,000 training frames 4.7 GiB in float16. Pooled it is 32 KiB per frame,
2 MiB per window and 1.5 GiB of training frames. What is pooled away is place within the crop, which the keypoints know
far better; the channels, which say what is there, are all kept. A projection of the channels instead would need weights
that nobody has trained yet when the features are computed.
"""

from __future__ import annotations

from models.keypoints import NUM_EVIDENCE

MAP_CELLS = 4
"""Cells of the pooled feature map across and down."""
MAP_CHANNELS = 512
CROP_PX = 224
"""Side of the crop that the backbone looks at."""
BACKBONE_FILE = "resnet18.onnx"
"""The backbone beside the weights that need it."""
FINGERPRINT = "weights_sha256"
"""Name of the mark that tells one backbone from another, in its ONNX and in files of features."""

_SHAPES: dict[str, tuple[int, int]] = {
    "landmarks": (NUM_EVIDENCE, 4),
    "resnet18": (MAP_CELLS * MAP_CELLS, MAP_CHANNELS + 1),
}


def evidence_shape(backbone: str) -> tuple[int, int]:
    """(rows, numbers per row) of one frame. Raises ValueError for an unknown name."""
    if backbone not in _SHAPES:
        raise ValueError(f"backbone {backbone!r}; expected one of {', '.join(_SHAPES)}")
    return _SHAPES[backbone]
