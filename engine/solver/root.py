"""The Hips joint in the camera frame: T = z ((u - c) / f, 1), z = depth in body heights times height (VTM, root
motion).

Smoothed in its natural coordinates: two ray coordinates, which the picture shows well, and the logarithm of the depth,
which one camera measures poorly and which therefore gets the stronger filter.
"""

from __future__ import annotations

import numpy as np

from engine.solver.one_euro import OneEuro, Settling
from engine.solver.settings import STANDARD, SmoothingSettings
from engine.types import F64, RawMotion
from models.camera import Intrinsics


def to_ray(root_px: F64, depth_statures: float, intrinsics: Intrinsics) -> F64:
    """Return the ray (3,), x, y, log depth, for pixels (2,) and a depth in body heights."""
    ray_x, ray_y = intrinsics.to_rays(root_px)
    return np.array([ray_x, ray_y, np.log(depth_statures)])


def to_camera(ray: F64, height_m: float) -> F64:
    """Return metres (3,) in the camera frame for a ray (3,), x, y, log depth in body heights."""
    depth_m = np.exp(ray[2]) * height_m
    return np.array([ray[0] * depth_m, ray[1] * depth_m, depth_m])


class RootFilter:
    """One-Euro filter along and across the ray."""

    def __init__(self, settings: SmoothingSettings = STANDARD.smoothing) -> None:
        self._s = settings
        settling = Settling(settings.settled_tau_s, settings.settled_ratios)
        self._filter = OneEuro(np.array(settings.root_cutoff_hz), np.array(settings.root_beta), settling=settling)

    def reset(self) -> None:
        """Reset: the next root passes unchanged."""
        self._filter.reset()

    def __call__(self, raw: RawMotion, intrinsics: Intrinsics, dt_s: float, caution: float = 1.0) -> tuple[F64, F64]:
        """Return the ray (3,) raw and smoothed; guessed roots (hips outside the picture) are smoothed more."""
        seen = to_ray(np.asarray(raw.root_px, np.float64), raw.root_depth, intrinsics)
        return seen, self._filter(seen, dt_s, caution * (1.0 if raw.root_visible else self._s.unseen_root))
