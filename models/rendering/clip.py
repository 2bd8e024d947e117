"""What rendered clips are like, and one of them: pictures and the exact truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

CameraStyle = Literal["any", "steep"]
"""any: as cameras stand, on laptops and shelves, held askew at times; steep: looks down, askew, all in view."""
STYLES: tuple[CameraStyle, ...] = get_args(CameraStyle)
FPS = 30.0


@dataclass(frozen=True, slots=True)
class ClipStyle:
    """What clips are like."""

    frames: int = 48
    size: tuple[int, int] = (480, 360)
    cameras: CameraStyle = "any"
    behind: float = 0.0  # share of the clips that are seen from behind; the others from anywhere
    varied: float = 0.9  # of the recorded motions; the others as they were recorded


@dataclass(frozen=True, slots=True)
class Clip:
    """One rendered clip at FPS."""

    pictures: list[NDArray[np.uint8]]  # (H, W, 3) RGB each
    truth: dict[str, NDArray[Any]]  # the arrays of the renderer's truth file
