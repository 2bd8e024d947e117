"""Where the camera of a clip stands: the renderer's level camera on its orbit, pitched, rolled and stepped back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
CameraStyle = Literal["any", "steep"]
"""any: as cameras stand, on laptops and shelves, held askew at times; steep: looks down, askew, all in view."""
FIT: Literal["fit"] = "fit"
"""The renderer's word for the smallest distance with the whole person in the picture."""
MARGIN = 0.02
_STEP_BACK_M, _STEPS_BACK = 0.12, 12


@dataclass(frozen=True, slots=True)
class CameraDraw:
    """How a clip is looked at. Angles in degrees, distance in metres or "fit"."""

    yaw: float | Literal["random"]
    pitch: float
    distance: float | Literal["fit"]
    roll: float


def draw_camera(style: CameraStyle, rng: np.random.Generator) -> CameraDraw:
    """`steep` is pitched 10 to 35 and rolled 20 to 30 degrees, as far away as it takes to see the whole person."""
    if style == "steep":
        pitch = rng.uniform(10, 35)
        return CameraDraw("random", pitch, FIT, rng.choice([-1, 1]) * rng.uniform(20, 30))
    pitch = rng.uniform(-15, 42) if rng.random() < 0.6 else rng.normal(5, 8)
    distance: float | Literal["fit"] = FIT if rng.random() < 0.45 else rng.uniform(1.6, 5)
    roll = rng.uniform(-33, 33) if rng.random() < 0.5 else rng.normal(0, 4)
    return CameraDraw("random", pitch, distance, roll)


def from_behind(draw: CameraDraw, share: float, rng: np.random.Generator) -> CameraDraw:
    """The same, in `share` of the cases from behind the person."""
    return replace(draw, yaw=rng.normal(180, 45) % 360) if rng.random() < share else draw


def rolled(camera: Any, roll_deg: float) -> Any:
    """The renderer's camera turned about its axis."""
    cos, sin = np.cos(np.radians(roll_deg)), np.sin(np.radians(roll_deg))
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1.0]])
    return replace(camera, rotation=turn @ camera.rotation, translation=turn @ camera.translation)


def stepped_back(camera: Any, outline: F64, size: tuple[int, int]) -> Any:
    """The camera as far back as it takes for the person's outline (N, K, 3) to be in the picture, at most 1.4 m."""
    limit = np.array(size)
    for _ in range(_STEPS_BACK):
        pixels = camera.project(camera.to_camera(outline))
        if (pixels > limit * MARGIN).all() and (pixels < limit * (1 - MARGIN)).all():
            break
        camera = replace(camera, translation=camera.translation + np.array([0, 0, _STEP_BACK_M]))
    return camera
