"""Rotation and mirroring of pictures before processing: for cameras on their side or upside down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.opencv import cv2
from models.camera import Intrinsics

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True, slots=True)
class Orientation:
    """Rotated clockwise by `rotate_deg` (0, 90, 180, 270), then mirrored left to right."""

    mirror: bool = False
    rotate_deg: int = 0

    def applied(self, bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the oriented picture (H, W, 3)."""
        if self.rotate_deg:
            bgr = np.asarray(cv2.rotate(bgr, _TURNS[self.rotate_deg]), np.uint8)
        return np.asarray(cv2.flip(bgr, 1), np.uint8) if self.mirror else bgr

    def applied_to_camera(self, camera: Intrinsics, camera_size: tuple[int, int]) -> Intrinsics:
        """Return the intrinsics of the oriented picture; camera_size: (width, height) before orienting."""
        width, height = camera_size
        fx, fy, cx, cy = camera.fx, camera.fy, camera.cx, camera.cy
        for _ in range(self.rotate_deg // 90):  # clockwise: (x, y) -> (height - y, x)
            fx, fy, cx, cy, width, height = fy, fx, height - cy, cx, height, width
        return Intrinsics(fx, fy, width - cx if self.mirror else cx, cy)

    def camera_size(self, image_size: tuple[int, int]) -> tuple[int, int]:
        """Return the camera's own (width, height) for that of an oriented picture."""
        width, height = image_size
        return (height, width) if self.rotate_deg in (90, 270) else (width, height)


UPRIGHT = Orientation()
