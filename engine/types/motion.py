"""VTM's answer, and the pose that is sent out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from engine.types.arrays import F32
from models.camera import Intrinsics
from models.parts import NUM_DETAIL_PARTS, NUM_PARTS


@dataclass(frozen=True, slots=True)
class RawMotion:
    """VTM's answer for the LAST frame of a window, in the camera frame, before any smoothing."""

    frame_id: int
    captured_at_s: float
    rotations: F32  # (22, 3, 3) joint 0 (Hips) in the camera frame, the others local to the parent
    root_px: F32  # (2,) position of the Hips joint in the picture
    root_depth: float  # z of the Hips joint in body heights (multiply by height_m)
    bone_ratio: F32  # (22,) bone length relative to the mean skeleton s̄, at equal body height; [0] = 1
    up_cam: F32  # (3,) unit vector against gravity
    contacts: F32  # (2,) left, right foot on the floor, 0..1
    confidence: float  # 0..1
    root_visible: bool = True  # the 2D hips were seen in the last frame
    part_confidence: F32 | None = None
    """(6,) visibility of each part of models.parts.PART_NAMES, 0..1. None: unknown, treated as visible."""
    motion: F32 | None = None
    """(6,) motion of each part's keypoints, pixels per 1/30 s (models.seen_parts). None: unknown."""


@dataclass(frozen=True, slots=True)
class Pose:
    """The pose that is sent, recorded and drawn. When not tracked: held, live then at rest, fading (see `tracked`,
    `confidence`)."""

    frame_id: int
    captured_at_s: float
    tracked: bool
    rotations_xyzw: F32  # (22, 4) local to the parent, Hips in the world
    root_m: F32  # (3,) Hips joint, world
    joints_world_m: F32  # (22, 3) as sent out
    joints_cam_m: F32  # (22, 3) the network's output, before smoothing and foot locking
    rest_offsets_m: F32  # (22, 3) offsets from the parent in the person's own T-pose; row 0 = (0, hips height, 0)
    contacts: F32  # (2,) left, right
    confidence: float  # 0..1
    R_world_cam: F32  # (3, 3)
    t_world_cam: F32  # (3,) x_world = R_world_cam @ x_cam + t_world_cam
    intrinsics: Intrinsics
    part_confidence: F32 = field(default_factory=lambda: np.ones(NUM_PARTS, np.float32))
    """(6,) visibility of each part of models.parts.PART_NAMES, 0..1; 0 means invented."""
    body: str = "whole"
    """Lower body shown: "whole" (as tracked), or a stance in its place, "upper" (standing) or "seated"."""
    fingers_xyzw: F32 | None = None
    """(30, 4) local to the parent, in the order of models.fingers.FINGER_NAMES. None: hands are not tracked."""
    eyes_xyzw: F32 | None = None
    """(2, 4) LeftEye, RightEye relative to the head. None: the face is not tracked."""
    expression: F32 | None = None
    """(52,) in the order of models.face.EXPRESSION_NAMES, 0..1. None: the face is not tracked."""
    hand_points_cam_m: F32 | None = None
    """(2, 21, 3) the hand network's points of the left and right hand, at the body's wrists; NaN: not seen."""
    head_from_face: bool = False
    """The head's rotation comes from the face network, not from the body."""
    detail_confidence: F32 | None = None
    """(3,) visibility of left hand, right hand and face (models.parts.DETAIL_PARTS), 0..1; 0 where not tracked.
    None: neither hands nor face are tracked."""

    def as_lost(self) -> Pose:
        """Return the same pose, held while nobody is seen."""
        details = None if self.detail_confidence is None else np.zeros(NUM_DETAIL_PARTS, np.float32)
        return replace(
            self,
            tracked=False,
            confidence=0.0,
            part_confidence=np.zeros(NUM_PARTS, np.float32),
            detail_confidence=details,
        )

    @property
    def bone_lengths_m(self) -> F32:
        """Return bone lengths (22,) to the parent, 0 for Hips."""
        lengths: F32 = np.linalg.norm(self.rest_offsets_m, axis=1).astype(np.float32)
        lengths[0] = 0.0
        return lengths
