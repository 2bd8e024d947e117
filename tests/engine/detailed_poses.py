"""Poses with fingers, eyes and expression that move smoothly, each number different from every other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from engine.types import Pose
from models.face import EXPRESSION_NAMES
from models.fingers import FINGER_NAMES


def smooth_turns(count: int, time_s: float, most_rad: float, seed: int) -> np.ndarray:
    """(count, 4) rotations that move with time."""
    random = np.random.default_rng(seed)
    axes = random.normal(size=(count, 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    angles = most_rad * np.sin(time_s + random.uniform(0, 2 * np.pi, count))
    return Rotation.from_rotvec(angles[:, None] * axes).as_quat().astype(np.float32)


def with_details(pose: Pose, *, hands: bool = True, face: bool = True) -> Pose:
    """The pose with what hands and face networks would add."""
    time_s = pose.captured_at_s
    random = np.random.default_rng(5)
    if hands:
        points = random.normal(size=(2, 21, 3)) * 0.1 + [0, 0, 2.0 + 0.1 * np.sin(time_s)]
        pose = replace(
            pose,
            fingers_xyzw=smooth_turns(len(FINGER_NAMES), time_s, 1.0, 1),
            hand_points_cam_m=points.astype(np.float32),
        )
    if face:
        waves = 0.5 + 0.45 * np.sin(2 * time_s + random.uniform(0, 2 * np.pi, len(EXPRESSION_NAMES)))
        pose = replace(
            pose,
            eyes_xyzw=np.repeat(smooth_turns(1, time_s, 0.3, 2), 2, axis=0),
            expression=waves.astype(np.float32),
            head_from_face=True,
        )
    seen = np.array([0.9, 0.8, 0.0] if hands else [0.0] * 3, np.float32)
    seen[2] = 0.7 if face else 0.0
    return replace(pose, detail_confidence=seen)
