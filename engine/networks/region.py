"""A rotated square around a person, a hand or a face, and the maps between it, its crop and the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
SIZE_PER_RADIUS = 2.5
"""Side of the region divided by the distance from hip centre to circle point: diameter of the circle x 1.25."""
MIN_SIZE_PX = 24.0


@dataclass(frozen=True, slots=True)
class Region:
    """A square in the picture, pixels. `angle_rad` rotates the picture's x axis to the crop's x axis (clockwise on
    screen, y down); 0: the person is upright in the picture."""

    x_px: float
    y_px: float
    size_px: float
    angle_rad: float

    @staticmethod
    def from_circle(centre_px: tuple[float, float], rim_px: tuple[float, float]) -> Region:
        """Return the region from the hip centre and the point above the head on the circle around the body."""
        dx, dy = rim_px[0] - centre_px[0], rim_px[1] - centre_px[1]
        angle = math.pi / 2 - math.atan2(-dy, dx)
        return Region(
            centre_px[0],
            centre_px[1],
            SIZE_PER_RADIUS * math.hypot(dx, dy),
            math.remainder(angle, 2 * math.pi),
        )

    @staticmethod
    def upright(centre_px: F64, size_px: float, up_px: F64) -> Region:
        """Return the square whose crop has the picture direction `up_px` (2,) pointing up."""
        return Region(float(centre_px[0]), float(centre_px[1]), size_px, math.atan2(float(up_px[0]), -float(up_px[1])))

    @property
    def rotation(self) -> F64:
        """Rotation (2, 2) from crop axes to picture axes."""
        cos, sin = math.cos(self.angle_rad), math.sin(self.angle_rad)
        return np.array([[cos, -sin], [sin, cos]])

    def crop_to_image(self, side_px: int) -> F64:
        """Return the affine map (2, 3) from pixels of a side x side crop to picture pixels."""
        linear = self.rotation * (self.size_px / side_px)
        shift = np.array([self.x_px, self.y_px]) - linear @ np.full(2, side_px / 2)
        return np.column_stack([linear, shift])

    def to_image(self, points: F32) -> F32:
        """Convert points (..., 2) in 0..1 of the region to picture pixels."""
        centred = (points - np.float32(0.5)) * np.float32(self.size_px)
        turned: F32 = centred @ self.rotation.T.astype(np.float32)
        turned += np.array([self.x_px, self.y_px], np.float32)
        return turned

    def distance(self, other: Region) -> float:
        """Return the distance of the centres, in sides of the other region."""
        return math.hypot(self.x_px - other.x_px, self.y_px - other.y_px) / other.size_px

    def is_plausible(self, image_size: tuple[int, int]) -> bool:
        """Return whether it is large enough for a person, not absurdly large, and overlaps the picture (width,
        height)."""
        width, height = image_size
        reach = self.size_px / 2
        return (
            MIN_SIZE_PX <= self.size_px <= 6 * max(width, height)
            and -reach < self.x_px < width + reach
            and -reach < self.y_px < height + reach
        )
