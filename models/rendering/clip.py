"""What rendered clips are like, and one of them: pictures and the exact truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Kind = Literal["whole", "steep", "behind", "talk", "seat", "desk", "cuts", "hold"]
"""What a clip shows:

whole   a person in a room, cameras as they stand on laptops and shelves, sometimes held askew, sometimes too near
steep   the same, looked down on by a camera that is held askew, all in view
behind  the same, seen from behind
talk    somebody stands and talks; the picture cuts at knees, waist, chest or shoulders
seat    on a chair, a stool or a sofa, seen from the room
desk    at a table before a webcam on a laptop or a monitor
cuts    for evaluation: four clips of the same motion, whole and cut at waist, chest and shoulders
hold    for evaluation: somebody who faces the camera and holds a T- or A-pose, from head to toe
"""
KINDS: tuple[Kind, ...] = get_args(Kind)
Cut = Literal["whole", "legs", "waist", "chest", "shoulders"]
CUTS: tuple[Cut, ...] = get_args(Cut)
"""How much of the trunk the picture's edge leaves: whole bodies, hips in view, then ever less."""
SHARES: dict[Kind, float] = {"whole": 0.22, "steep": 0.07, "behind": 0.05, "talk": 0.24, "seat": 0.14, "desk": 0.28}
"""Of the clips for training."""
FPS = 30.0


@dataclass(frozen=True, slots=True)
class ClipStyle:
    """What clips are like."""

    frames: int = 60
    size: tuple[int, int] = (480, 360)  # of the canvas; pictures are cut out of it at several aspect ratios
    kinds: tuple[Kind, ...] = tuple(SHARES)  # drawn as often as SHARES says, cuts as often as whole
    varied: float = 0.8  # of the recorded motions; the others as they were recorded
    validation: bool = False  # motions that are never trained on


@dataclass(frozen=True, slots=True)
class Clip:
    """One rendered clip at FPS."""

    kind: Kind
    cut: Cut
    pictures: list[NDArray[np.uint8]]  # (H, W, 3) RGB each
    truth: dict[str, NDArray[Any]]  # the arrays of the renderer's truth file
