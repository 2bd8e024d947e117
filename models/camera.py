"""The pinhole camera: intrinsics and projection. Camera frame: OpenCV (x right, y down, z forward)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

_MIN_FOCAL_PX, _MAX_PX = 1.0, 1e6
_WIDEST, _NARROWEST = 0.5 / math.tan(math.radians(85)), 0.5 / math.tan(math.radians(0.5))  # focal length / longer side


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """A pinhole camera without distortion; all in pixels."""

    fx: float
    fy: float
    cx: float
    cy: float

    @staticmethod
    def from_hfov(image_size: tuple[int, int], hfov_rad: float) -> Intrinsics:
        """Return a camera with square pixels and a centred principal point for a picture (width, height).

        hfov_rad is the field of view of the picture's LONGER side: a phone held upright has the same lens.
        """
        width, height = image_size
        focal_px = max(image_size) / 2 / math.tan(hfov_rad / 2)
        return Intrinsics(focal_px, focal_px, width / 2, height / 2)

    @property
    def plausible(self) -> bool:
        """Whether it is finite, with possible focal lengths."""
        numbers = (self.fx, self.fy, self.cx, self.cy)
        return all(abs(value) <= _MAX_PX for value in numbers) and min(self.fx, self.fy) >= _MIN_FOCAL_PX

    def plausible_for(self, image_size: tuple[int, int]) -> bool:
        """Whether the lens covers 1 to 170 degrees over the picture's longer side, with its centre not far outside."""
        width, height = image_size
        longer = max(width, height)
        focal = _NARROWEST * longer >= max(self.fx, self.fy) and min(self.fx, self.fy) >= _WIDEST * longer
        return self.plausible and focal and abs(self.cx - width / 2) <= longer and abs(self.cy - height / 2) <= longer

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(3, 3) K."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def to_rays(self, points_px: NDArray[np.floating]) -> NDArray[np.float64]:
        """Convert pixels (..., 2) to rays (..., 2), x/z, y/z."""
        return (np.asarray(points_px, np.float64) - (self.cx, self.cy)) / (self.fx, self.fy)

    def view_rotation(self, point_px: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the shortest rotation (3, 3) of the camera's axis to the ray through a point (2,).

        A network that sees a crop gives rotations as from a camera pointed at the crop: multiply them by this for the
        camera frame.
        """
        x, y = self.to_rays(point_px)
        axis, sine = np.array([-y, x, 0.0]), float(np.hypot(x, y))
        if sine < 1e-12:
            return np.eye(3)
        turn: NDArray[np.float64] = Rotation.from_rotvec(axis / sine * math.atan(sine)).as_matrix()
        return turn

    def to_pixels(self, points_cam: NDArray[np.floating]) -> NDArray[np.float64]:
        """Project points (..., 3) in the camera frame to pixels (..., 2)."""
        points = np.asarray(points_cam, np.float64)
        return points[..., :2] / points[..., 2:] * (self.fx, self.fy) + (self.cx, self.cy)
