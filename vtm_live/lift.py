"""Lift whole files and arrays at once: every frame is used, in order."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from engine.config import Config
from engine.convert import observe
from engine.keypoints_file import keypoints_of
from vtm_live.motion import Motion

Progress = Callable[[int, int], None]
"""Frames done, total frames (0: unknown)."""


def lift_video(
    path: str | Path, config: Config | None = None, *, on_progress: Progress | None = None, **settings: Any
) -> Motion:
    """Lift a video, a folder or pattern of pictures, a keypoints .npz or "demo" to motion.

    config    settings of `vtm_live.Config`
    settings  single fields of it: lift_video("a.mp4", height_m=1.82, hfov_deg=75)
    Raises UsageError (no such file), CameraError (no video), InputError, DetectorError, ModelError.
    """
    return Motion(observe(path, _config(config, settings), on_progress=on_progress).take)


def lift_keypoints(
    keypoints_px: ArrayLike,
    scores: ArrayLike,
    image_size: tuple[int, int],
    *,
    fps: float | None = None,
    timestamps_s: ArrayLike | None = None,
    intrinsics: ArrayLike | None = None,
    evidence_m: ArrayLike | None = None,
    config: Config | None = None,
    on_progress: Progress | None = None,
    **settings: Any,
) -> Motion:
    """Lift the 2D keypoints of one person, from any detector, to motion.

    keypoints_px  (N, 23, 2) in the order of `vtm_live.KEYPOINT_NAMES`, or COCO's first 17; pixels
    scores        (N, 23) or (N, 17); 0 is not seen
    image_size    (width, height) of the picture
    fps, timestamps_s   give one of them
    intrinsics    (3, 3) of the camera; None: derived from the field of view in the settings
    evidence_m    (N, 27, 3) BlazePose's 3D landmarks, if available
    Raises InputError for an impossible shape, size or number; ModelError.
    """
    arrays = {
        "keypoints_px": keypoints_px,
        "keypoint_scores": scores,
        "image_size": image_size,
        "fps": fps,
        "timestamps_s": timestamps_s,
        "intrinsics": intrinsics,
        "evidence_m": evidence_m,
    }
    return Motion(observe(keypoints_of(arrays), _config(config, settings), on_progress=on_progress).take)


def _config(config: Config | None, settings: dict[str, Any]) -> Config:
    return dataclasses.replace(config or Config(), **settings)
