"""How well the figure covers the person: its limb joints, projected through the lens, against the detector's
keypoints."""

from __future__ import annotations

import numpy as np

from engine.types import Detection, Keypoints2D, Pose
from models.keypoints import KEYPOINT, LIMB_KEYPOINTS
from models.skeleton import JOINT

LEAST_SCORE = 0.5
FEWEST = 4
_PAIRS = [
    (JOINT[side + bone], KEYPOINT[f"{side.lower()}_{name}"])
    for side in ("Left", "Right")
    for bone, name in LIMB_KEYPOINTS.items()
]


def fit_px(pose: Pose | None, detection: Detection | None) -> float | None:
    """Return the mean picture distance, pixels, between the sent joints and the detector's keypoints.

    None: no tracked person, too few visible keypoints, or the two are from different frames.
    """
    if pose is None or not pose.tracked or not isinstance(detection, Keypoints2D):
        return None
    joints, points = ([pair[k] for pair in _PAIRS] for k in (0, 1))
    seen = detection.scores[points] >= LEAST_SCORE
    if seen.sum() < FEWEST or pose.frame_id != detection.frame_id:
        return None
    R, t = pose.R_world_cam.astype(np.float64), pose.t_world_cam.astype(np.float64)
    in_camera = (pose.joints_world_m[joints].astype(np.float64) - t) @ R
    if (in_camera[:, 2] <= 0.01).any():
        return None
    away = np.linalg.norm(pose.intrinsics.to_pixels(in_camera) - detection.points_px[points], axis=1)
    return float(away[seen].mean())
