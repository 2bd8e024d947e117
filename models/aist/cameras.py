"""The nine cameras of an AIST++ recording: OpenCV's model, world to camera, with lens distortion."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.aist.pickles import F64, AistError
from models.rotations import axis_angle_to_matrix

VIEWS = tuple(f"c{number:02d}" for number in range(1, 10))
"""Names of all views, in the order of keypoints2d."""
SEEN_VIEWS = ("c01", "c03", "c05", "c07")
"""Names of the views used for training."""
UNSEEN_VIEWS = tuple(view for view in VIEWS if view not in SEEN_VIEWS)
_ITERATIONS = 40
_EXACT = 1e-5  # ray units; about a hundredth of a pixel


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera: X_cam = rotation @ X_world + translation, world units (about centimetres)."""

    rotation: F64  # (3, 3)
    translation: F64  # (3,)
    matrix: F64  # (3, 3) K
    distortions: F64  # (5,) k1, k2, p1, p2, k3 in OpenCV's order

    def project(self, points: F64) -> F64:
        """Project world points (..., 3) to pixels (..., 2), with lens distortion."""
        cam = points @ self.rotation.T + self.translation
        bent = _distorted(cam[..., :2] / cam[..., 2:], self.distortions)
        return np.asarray(bent @ self.matrix[:2, :2].T + self.matrix[:2, 2])

    def to_rays(self, points_px: F64) -> F64:
        """Convert pixels (..., 2) to rays x/z, y/z (..., 2) without distortion.

        NaN where the pixel is NaN, or so far outside the picture that the distortion cannot be inverted.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            bent = (points_px - self.matrix[:2, 2]) @ np.linalg.inv(self.matrix[:2, :2]).T
            rays = bent
            for _ in range(_ITERATIONS):
                rays = rays + bent - _distorted(rays, self.distortions)
            exact = np.abs(_distorted(rays, self.distortions) - bent).max(-1) < _EXACT
        return np.where(exact[..., None], rays, np.nan)


def _distorted(rays: F64, distortions: F64) -> F64:
    """Apply lens distortion to rays (..., 2) (Brown-Conrady, the formula of OpenCV's calibration module)."""
    k1, k2, p1, p2, k3 = distortions
    x, y = rays[..., 0], rays[..., 1]
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    return np.stack(
        [
            x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
            y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
        ],
        axis=-1,
    )


def read_environment(path: Path) -> dict[str, Camera]:
    """Read cameras/ENV.json; return the cameras by name. Raises AistError."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        cameras = {
            str(entry["name"]): Camera(
                axis_angle_to_matrix(_shaped(entry["rotation"], 3)),
                _shaped(entry["translation"], 3),
                _shaped(entry["matrix"], 3, 3),
                _shaped(entry["distortions"], 5),
            )
            for entry in entries
        }
    except FileNotFoundError as error:
        raise AistError(f"{path}: no such camera environment; fetch the cameras/ of the data set") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AistError(f"{path}: not a list of cameras ({error!r}); fetch the file again") from error
    return cameras


def _shaped(values: object, *shape: int) -> F64:
    array = np.asarray(values, np.float64)
    if array.size != np.prod(shape) or not np.isfinite(array).all():
        raise ValueError(f"{array.size} numbers, expected {' x '.join(map(str, shape))} finite ones")
    return array.reshape(shape)
