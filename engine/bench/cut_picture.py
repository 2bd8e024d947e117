"""A part of a picture, enlarged: what a camera nearer to an upper body would have shown, with its lens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.opencv import cv2
from engine.types import F64
from models.camera import Intrinsics
from models.skeleton import JOINT

_ASPECT = 16 / 9
_WIDTH_PX = 640


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle in pixels, (left, top) to (left + width, top + height), shown `scale` times as large."""

    left: int = 0
    top: int = 0
    width: int = 0  # 0: the whole picture
    height: int = 0
    scale: float = 1.0

    def of(self, bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return this part of a picture (H, W, 3)."""
        if not self.width:
            return bgr
        part = bgr[self.top : self.top + self.height, self.left : self.left + self.width]
        size = round(self.width * self.scale), round(self.height * self.scale)
        return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_CUBIC), np.uint8)

    def camera(self, camera: Intrinsics) -> Intrinsics:
        """Return the lens of this part: the principal point moves, the focal length grows with the scale."""
        s = self.scale
        return Intrinsics(camera.fx * s, camera.fy * s, (camera.cx - self.left) * s, (camera.cy - self.top) * s)


WHOLE = Region()


def region_above(joints_px: F64, joint: str, image_size: tuple[int, int]) -> Region:
    """Return the part of the picture above a joint's median height, 16:9, round the person's middle.

    joints_px (N, 22, 2) of a whole clip, image_size (width, height).
    """
    width, height = image_size
    bottom = int(np.clip(np.median(joints_px[:, JOINT[joint], 1]), 16, height))
    wide = min(width, round(bottom * _ASPECT))
    middle = float(np.median(joints_px[:, JOINT["Neck"], 0]))
    left = int(np.clip(middle - wide / 2, 0, width - wide))
    return Region(left, 0, wide, bottom, _WIDTH_PX / wide)
