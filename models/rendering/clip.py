"""Style of rendered clips, and a rendered clip: pictures with exact ground truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Kind = Literal["whole", "steep", "behind", "talk", "seat", "desk", "cuts", "hold"]
"""Content of a clip:

whole   a person in a room, cameras placed as on laptops and shelves, sometimes tilted, sometimes too close
steep   the same, seen from above by a tilted camera, the whole body in view
behind  the same, seen from behind
talk    a person who stands and talks; the picture is cropped at knees, waist, chest or shoulders
seat    on a chair, a stool or a sofa, seen from the room
desk    at a table in front of a webcam on a laptop or a monitor
cuts    for evaluation: four clips of the same motion, whole and cropped at waist, chest and shoulders
hold    for evaluation: a person who faces the camera in a T- or A-pose, from head to toe
"""
KINDS: tuple[Kind, ...] = get_args(Kind)
Cut = Literal["whole", "legs", "waist", "chest", "shoulders"]
CUTS: tuple[Cut, ...] = get_args(Cut)
"""Where the picture's edge crops the body: whole bodies, hips in view, then less and less."""
SHARES: dict[Kind, float] = {"whole": 0.22, "steep": 0.07, "behind": 0.05, "talk": 0.24, "seat": 0.14, "desk": 0.28}
"""Frequencies of the kinds for training."""
FPS = 30.0


@dataclass(frozen=True, slots=True)
class ClipStyle:
    """Properties of clips."""

    frames: int = 60  # length of the motion at FPS
    size: tuple[int, int] = (480, 360)  # size of the canvas; pictures are cropped from it at several aspect ratios
    kinds: tuple[Kind, ...] = tuple(SHARES)  # drawn with the frequencies of SHARES, cuts like whole
    varied: float = 0.8  # fraction of the recorded motions with random variations
    own_builds: float = 0.0  # fraction of the people with the renderer's own proportions
    validation: bool = False  # use motions excluded from training
    step: int = 1  # render every n-th frame, as a slower camera does; 2 renders twice as many people in the same time

    @property
    def fps(self) -> float:
        """Frame rate of the pictures."""
        return FPS / self.step


@dataclass(frozen=True, slots=True)
class Clip:
    """One rendered clip at the frame rate of its style."""

    kind: Kind
    cut: Cut
    pictures: list[NDArray[np.uint8]]  # (H, W, 3) RGB each
    truth: dict[str, NDArray[Any]]  # the arrays of the renderer's truth file
