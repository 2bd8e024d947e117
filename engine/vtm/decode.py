"""Convert the network's answer in the person's view to RawMotion in the camera frame. NumPy."""

from __future__ import annotations

import numpy as np

from engine.types import F32, F64, RawMotion, Window
from models.camera import Intrinsics
from models.head.joined import with_head
from models.parts import part_confidence
from models.refine import refine
from models.rotations import rotation_6d_to_matrix
from models.seen_parts import least_sure
from models.view import View, gravity_up, root_to_camera
from models.vtm.answer import NetworkAnswer, network_answer


def decode(window: Window, intrinsics: Intrinsics, *outputs: F32) -> RawMotion:
    """Convert the network's outputs for one window to RawMotion.

    outputs  as models.vtm.answer.output_shapes: one row, or two: the window's and its mirror image's
    """
    doubles = [output.astype(np.float64) for output in outputs]
    answer = network_answer(doubles, mirrored=len(outputs[0]) == 2)
    values, log_ratio = answer.root, answer.log_ratio
    parts = None if answer.log_spread is None else part_confidence(answer.log_spread)[0].astype(np.float32)
    view = View(window.view_rotation, window.view_size, window.box)
    to_camera = window.view_rotation[0]
    matrices, place = rotation_6d_to_matrix(answer.rotations_6d), values[:, 1:3]
    if window.refined:
        matrices, place = refine(
            matrices,
            log_ratio,
            np.exp(values[:, 0]) / window.view_size,
            place,
            window.shown.astype(np.float64),
            window.view_size,
        )
    rotations = matrices[0]
    if window.refined:
        rotations = _with_head(rotations, window, answer)
    place_cam = root_to_camera(values[:, 0], place, view)[0]
    place_cam[2] = max(place_cam[2], 1e-3)
    rotations[0] = to_camera @ rotations[0]
    return RawMotion(
        frame_id=window.frame_id,
        captured_at_s=window.captured_at_s,
        rotations=rotations.astype(np.float32),
        root_px=intrinsics.to_pixels(place_cam).astype(np.float32),
        root_depth=float(place_cam[2]),
        bone_ratio=np.exp(log_ratio[0]).astype(np.float32),
        up_cam=(to_camera @ gravity_up(values[0, 3:5])).astype(np.float32),
        contacts=answer.contacts[0].astype(np.float32),
        confidence=window.confidence,
        root_visible=window.root_visible,
        part_confidence=least_sure(parts, window.parts_seen),
        motion=window.motion,
    )


def _with_head(rotations: F64, window: Window, answer: NetworkAnswer) -> F64:
    """Return the rotations (22, 3, 3) in the view with the head that the face's points show."""
    frames = window.keypoints.shape[1] - window.latency_frames
    keypoints, evidence = (rows[0, :frames].astype(np.float64) for rows in (window.keypoints, window.evidence))
    spread = None if answer.log_spread is None else answer.log_spread[0]
    return with_head(rotations, keypoints, evidence, float(window.view_size[0]), spread)
