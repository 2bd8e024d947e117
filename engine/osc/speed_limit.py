"""Limit the speed of a stream for robots: joints rotate no faster than allowed, start softly, and hold their position
while no person is seen.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from engine.types import F64, Pose
from models.kinematics import posed
from models.skeleton import JOINT, NUM_JOINTS

SOFT_START_S = 2.0
"""The limit rises from zero in this time, at the start and whenever a person is seen again."""
_FASTEST_M_S = 3.0  # speed of the hips
_LONGEST_STEP_S = 0.1  # longest step after a pause, so that the motion does not jump
_ARM_DOWN_DEG = 75.0
_SLOWEST_RAD_S = 0.05


class SpeedLimit:
    """Limits the poses of one target. One thread."""

    def __init__(self, fastest_rad_s: float, folded: Collection[str] = ()) -> None:
        """Prepare for a target.

        fastest_rad_s  of each joint relative to its parent, of the hips in the world
        folded         joints sent combined with their neighbour: each of the two gets half of the speed
        """
        self._fastest_rad_s = np.full((NUM_JOINTS, 1), fastest_rad_s)
        self._fastest_rad_s[[JOINT[name] for name in folded]] /= 2
        self._sent: Pose | None = None
        self._sent_at_s = 0.0
        self._seen_since_s = 0.0

    def __call__(self, pose: Pose, elapsed_s: float) -> Pose:
        """Return the pose that may be sent now; `elapsed_s` must not decrease."""
        before = self._sent
        if before is None:
            before = _standing(pose)
            self._sent_at_s = elapsed_s
        if not pose.tracked:
            self._sent, self._sent_at_s = before.as_lost(), elapsed_s
            return self._sent
        if self._sent is None or not self._sent.tracked:
            self._seen_since_s = elapsed_s
        step_s = min(elapsed_s - self._sent_at_s, _LONGEST_STEP_S)
        softness = min((elapsed_s - self._seen_since_s) / SOFT_START_S, 1.0)
        fastest = np.maximum(self._fastest_rad_s * softness * softness, _SLOWEST_RAD_S)
        self._sent = _moved(before, pose, fastest * step_s, _FASTEST_M_S * softness * step_s)
        self._sent_at_s = elapsed_s
        return self._sent


def _standing(pose: Pose) -> Pose:
    """Return the performer upright with the arms down, at the same position and facing the same way."""
    turns = Rotation.identity(NUM_JOINTS)
    quaternions = turns.as_quat()
    x, _, z = Rotation.from_quat(pose.rotations_xyzw[0]).apply([0.0, 0.0, 1.0])
    quaternions[0] = Rotation.from_euler("Y", np.arctan2(x, z)).as_quat()
    for side, sign in (("Left", -1), ("Right", 1)):
        down = Rotation.from_euler("Z", sign * _ARM_DOWN_DEG, degrees=True)
        quaternions[JOINT[f"{side}UpperArm"]] = down.as_quat()
    root = np.array([pose.root_m[0], pose.rest_offsets_m[0, 1], pose.root_m[2]], np.float64)
    return _with(pose, quaternions, root)


def _moved(before: Pose, pose: Pose, most_rad: F64, most_m: float) -> Pose:
    """Return `pose` with each joint limited to a rotation (22, 1) from its previous one."""
    start = Rotation.from_quat(before.rotations_xyzw)
    turn = (start.inv() * Rotation.from_quat(pose.rotations_xyzw)).as_rotvec()
    angles = np.linalg.norm(turn, axis=1, keepdims=True)
    turn *= np.minimum(1.0, most_rad / np.maximum(angles, 1e-9))
    way = pose.root_m.astype(np.float64) - before.root_m
    way *= min(1.0, most_m / max(float(np.linalg.norm(way)), 1e-9))
    return _with(pose, (start * Rotation.from_rotvec(turn)).as_quat(), before.root_m + way)


def _with(pose: Pose, quaternions: F64, root: F64) -> Pose:
    rotations = Rotation.from_quat(quaternions).as_matrix()[None]
    joints, _ = posed(rotations, pose.rest_offsets_m.astype(np.float64), root[None])
    return replace(
        pose,
        rotations_xyzw=quaternions.astype(np.float32),
        root_m=root.astype(np.float32),
        joints_world_m=joints[0].astype(np.float32),
    )
