"""Camera placement of a clip: the renderer's level camera on its orbit, then pitched, rolled and moved back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
CameraStyle = Literal["any", "steep"]
"""any: as on laptops and shelves, sometimes rolled; steep: looks down, rolled, the whole body in view."""
FIT: Literal["fit"] = "fit"
"""The renderer's name for the smallest distance with the whole person in the picture."""
MARGIN = 0.02
_STEP_BACK_M, _STEPS_BACK = 0.12, 12


@dataclass(frozen=True, slots=True)
class CameraDraw:
    """Camera of a clip. Angles in degrees, distance in metres or "fit"."""

    yaw: float | Literal["random"]
    pitch: float
    distance: float | Literal["fit"]
    roll: float


def draw_camera(style: CameraStyle, rng: np.random.Generator) -> CameraDraw:
    """Return a random camera. `steep`: pitch 10 to 35, roll 20 to 30 degrees, the whole person in view."""
    if style == "steep":
        pitch = rng.uniform(10, 35)
        return CameraDraw("random", pitch, FIT, rng.choice([-1, 1]) * rng.uniform(20, 30))
    pitch = rng.uniform(-15, 42) if rng.random() < 0.6 else rng.normal(5, 8)
    distance: float | Literal["fit"] = FIT if rng.random() < 0.45 else rng.uniform(1.6, 5)
    roll = rng.uniform(-33, 33) if rng.random() < 0.5 else rng.normal(0, 4)
    return CameraDraw("random", pitch, distance, roll)


def from_behind(draw: CameraDraw, share: float, rng: np.random.Generator) -> CameraDraw:
    """Return the same camera; with probability `share`, moved behind the person."""
    return replace(draw, yaw=rng.normal(180, 45) % 360) if rng.random() < share else draw


def rolled(camera: Any, roll_deg: float) -> Any:
    """Return the renderer's camera, rolled about its optical axis."""
    cos, sin = np.cos(np.radians(roll_deg)), np.sin(np.radians(roll_deg))
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1.0]])
    return replace(camera, rotation=turn @ camera.rotation, translation=turn @ camera.translation)


def stepped_back(camera: Any, outline: F64, size: tuple[int, int]) -> Any:
    """Return the camera moved back, by 1.44 m at most, until the person's outline (N, K, 3) is in the picture."""
    limit = np.array(size)
    for _ in range(_STEPS_BACK):
        pixels = camera.project(camera.to_camera(outline))
        if (pixels > limit * MARGIN).all() and (pixels < limit * (1 - MARGIN)).all():
            break
        camera = replace(camera, translation=camera.translation + np.array([0, 0, _STEP_BACK_M]))
    return camera
