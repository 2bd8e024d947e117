"""Somebody who holds a pose and turns before a camera, joint for joint."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from models.kinematics import REST_JOINTS

UP_CAM = np.array([0.0, -1.0, 0.0])


def body() -> np.ndarray:
    """(22, 3) s̄'s T-pose at 1 m hips height, about the hips."""
    return REST_JOINTS - REST_JOINTS[0]


def before_camera(joints: np.ndarray, yaw_deg: float) -> np.ndarray:
    """(22, 3) in the camera frame, 3 m away; the camera stands `yaw_deg` round the person, 90 at their left."""
    turned = joints @ Rotation.from_euler("y", -yaw_deg, degrees=True).as_matrix().T
    return turned * [1.0, -1.0, -1.0] + [0.0, 0.0, 3.0]  # world to camera: the person faces it
