"""Play back a take: the poses as sent when it was recorded; where no person was seen, the held pose."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.motion.resample import held_motion
from engine.motion.take import MotionTake
from engine.types import Pose
from models.camera import Intrinsics
from models.fingers import FINGER_NAMES


def poses_of(take: MotionTake) -> Iterator[Pose]:
    """Yield one pose per frame, times from 0, long gaps shortened. Raises OutputError when no frame has a person."""
    motion = held_motion(take)
    K = np.nan_to_num(take.intrinsics)
    intrinsics = Intrinsics(float(K[0, 0]), float(K[1, 1]), float(K[0, 2]), float(K[1, 2]))
    R_world_cam, t_world_cam = take.R_world_cam.astype(np.float32), take.t_world_cam.astype(np.float32)
    fingers = 0 if take.fingers_xyzw is None else len(FINGER_NAMES)
    for block in motion.blocks():
        details = block.details_xyzw.astype(np.float32)
        expression = None if block.expression is None else block.expression.astype(np.float32)
        for offset, rotations in enumerate(block.rotations_xyzw.astype(np.float32)):
            number = block.start + offset
            frame, source = motion.frames[number], motion.shown[number]
            tracked = bool(take.tracked[frame])
            yield Pose(
                frame_id=number,
                captured_at_s=float(motion.times_s[number]),
                tracked=tracked,
                rotations_xyzw=rotations,
                root_m=take.root_m[source],
                joints_world_m=take.joints_world_m[source],
                joints_cam_m=take.joints_cam_m[source],
                rest_offsets_m=take.rest_offsets_m,
                contacts=take.contacts[source],
                confidence=float(take.part_confidence[frame].mean()),
                R_world_cam=R_world_cam,
                t_world_cam=t_world_cam,
                intrinsics=intrinsics,
                part_confidence=take.part_confidence[frame],
                fingers_xyzw=details[offset, :fingers] if fingers else None,
                eyes_xyzw=None if take.eyes_xyzw is None else details[offset, fingers:],
                expression=None if expression is None else expression[offset],
                hand_points_cam_m=None if take.hand_points_cam_m is None else take.hand_points_cam_m[source],
                head_from_face=take.head_from_face is not None and bool(take.head_from_face[source]),
                detail_confidence=None if take.detail_confidence is None else take.detail_confidence[frame],
            )
