"""What the network says in the person's view -> RawMotion in the camera frame. NumPy."""

from __future__ import annotations

import numpy as np

from engine.types import F32, RawMotion, Window
from models.camera import Intrinsics
from models.refine import refine
from models.rotations import rotation_6d_to_matrix
from models.view import View, gravity_up, root_to_camera


def decode(
    window: Window, intrinsics: Intrinsics, rotations_6d: F32, root: F32, log_ratio: F32, contacts: F32
) -> RawMotion:
    """The network's outputs for one window -> RawMotion.

    rotations_6d (1, 22, 6); root (1, 5): log depth, place x, y, gravity pitch, roll; log_ratio (1, 22);
    contacts (1, 2).
    """
    view = View(window.view_rotation, window.view_size, window.box)
    to_camera = window.view_rotation[0]
    values = root.astype(np.float64)
    matrices, place = rotation_6d_to_matrix(rotations_6d.astype(np.float64)), values[:, 1:3]
    if window.refined:
        matrices, place = refine(
            matrices,
            log_ratio.astype(np.float64),
            np.exp(values[:, 0]) / window.view_size,
            place,
            window.shown.astype(np.float64),
            window.view_size,
        )
    rotations = matrices[0]
    place_cam = root_to_camera(values[:, 0], place, view)[0]
    place_cam[2] = max(place_cam[2], 1e-3)
    rotations[0] = to_camera @ rotations[0]
    return RawMotion(
        frame_id=window.frame_id,
        captured_at_s=window.captured_at_s,
        rotations=rotations.astype(np.float32),
        root_px=intrinsics.to_pixels(place_cam).astype(np.float32),
        root_depth=float(place_cam[2]),
        bone_ratio=np.exp(log_ratio[0]),
        up_cam=(to_camera @ gravity_up(values[0, 3:5])).astype(np.float32),
        contacts=contacts[0],
        confidence=window.confidence,
        root_visible=window.root_visible,
    )
