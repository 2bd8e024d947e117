"""The pose that goes out of the solver: of a frame with a person, and held and fading without one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from engine.solver.body import Body
from engine.solver.body_mode import BodyMode
from engine.solver.raw_checks import part_confidence
from engine.types import F32, F64, Pose, RawMotion
from models.camera import Intrinsics
from models.skeleton import ROOT


def outgoing(
    raw: RawMotion,
    body: Body,
    last: Pose | None,
    *,
    joints_cam_m: F64,
    rest_offsets_m: F32,
    R_world_cam: F64,
    t_world_cam: F64,
    intrinsics: Intrinsics,
    mode: BodyMode,
) -> Pose:
    """Return the pose of a frame with a person: `body` in the world; the keywords are the fields of Pose."""
    quaternions = Rotation.from_matrix(body.rotations, assume_valid=True).as_quat()
    if last is not None:  # of q and -q, the same rotation, the one nearer to the last frame's
        opposite = np.vecdot(quaternions, last.rotations_xyzw) < 0
        quaternions = np.where(opposite[:, None], -quaternions, quaternions)
    return Pose(
        frame_id=raw.frame_id,
        captured_at_s=raw.captured_at_s,
        tracked=True,
        rotations_xyzw=quaternions.astype(np.float32),
        root_m=body.joints[ROOT].astype(np.float32),
        joints_world_m=body.joints.astype(np.float32),
        joints_cam_m=joints_cam_m.astype(np.float32),
        rest_offsets_m=rest_offsets_m,
        contacts=_contacts(raw, mode.weight),
        confidence=min(max(raw.confidence, 0.0), 1.0),
        R_world_cam=R_world_cam.astype(np.float32),
        t_world_cam=t_world_cam.astype(np.float32),
        intrinsics=intrinsics,
        part_confidence=part_confidence(raw),
        body=mode.name,
    )


def _contacts(raw: RawMotion, stance: float) -> F32:
    """(2,) of the feet; those of a stance, whose weight is 0..1, are planted."""
    contacts: F32 = ((1 - stance) * np.clip(raw.contacts, 0.0, 1.0) + stance).astype(np.float32)
    return contacts


def fading(last: Pose, frame_id: int, captured_at_s: float, left: float) -> Pose:
    """Return the held or relaxed pose at a later frame, with `left` (1 to 0) of its confidence."""
    return replace(
        last,
        frame_id=frame_id,
        captured_at_s=captured_at_s,
        tracked=False,
        contacts=np.zeros(2, np.float32),
        confidence=last.confidence * left,
        part_confidence=last.part_confidence * np.float32(left),
    )
