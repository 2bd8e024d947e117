"""VRChat OSC trackers: eight body trackers and the head, in Unity's axes, real metres and Euler degrees.

The numbers of the trackers follow SlimeVR's habit; VRChat assigns them by nearness at "Calibrate FBT". The position of
the head aligns the whole tracking space with the user's head; of its rotation only the yaw is used.
Source: docs.vrchat.com/docs/osc-trackers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.outputs.coordinates import unity_matrices, unity_positions
from engine.outputs.euler import euler_unity_deg
from engine.outputs.osc_packing import OscMessage, PacketSet, grouped
from engine.types import F32, Pose
from models.rotations import quaternion_to_matrix
from models.skeleton import JOINT, JOINT_NAMES, PARENTS

MAX_BUNDLE_BYTES = 1200
TRACKERS: tuple[tuple[str, str, str], ...] = (
    ("1", "Hips", "Hips"),
    ("2", "LeftFoot", "LeftFoot"),
    ("3", "RightFoot", "RightFoot"),
    ("4", "LeftLowerLeg", "LeftUpperLeg"),
    ("5", "RightLowerLeg", "RightUpperLeg"),
    ("6", "UpperChest", "UpperChest"),
    ("7", "LeftLowerArm", "LeftUpperArm"),
    ("8", "RightLowerArm", "RightUpperArm"),
    ("head", "Head", "Head"),
)
"""Address, joint that gives the position, bone that gives the rotation. Knees ride on thighs, elbows on arms."""

_POSITIONS = np.array([JOINT[joint] for _, joint, _ in TRACKERS])
_ROTATIONS = np.array([JOINT[bone] for _, _, bone in TRACKERS])


def _depth(joint: int) -> int:
    return 0 if PARENTS[joint] < 0 else 1 + _depth(PARENTS[joint])


_DEPTHS = np.array([_depth(joint) for joint in range(len(JOINT_NAMES))])
_LEVELS = [np.flatnonzero(depth == _DEPTHS) for depth in range(1, int(_DEPTHS.max()) + 1)]
_PARENTS = np.array(PARENTS)


def world_rotations(local: F32) -> NDArray[np.float64]:
    """(22, 3, 3) local to the parent -> (22, 3, 3) in the world, level by level down the tree."""
    world = np.array(local, dtype=np.float64)
    for level in _LEVELS:
        world[level] = world[_PARENTS[level]] @ world[level]
    return world


def vrchat_messages() -> list[OscMessage]:
    """The messages of one frame, position then rotation of each tracker."""
    return [
        OscMessage(f"/tracking/trackers/{number}/{what}", "fff")
        for number, _, _ in TRACKERS
        for what in ("position", "rotation")
    ]


class VrchatEncoder:
    """Pose -> VRChat tracker datagrams. One encoder per target, one thread."""

    def __init__(self) -> None:
        """Lay out the bundle."""
        self._packets = PacketSet(grouped(vrchat_messages(), MAX_BUNDLE_BYTES))
        self._floats = np.zeros((len(TRACKERS), 2, 3), dtype=np.float32)

    def encode(self, pose: Pose, elapsed_s: float) -> list[bytes]:  # noqa: ARG002 — VRChat takes no time
        """The datagrams of one frame."""
        world = world_rotations(quaternion_to_matrix(pose.rotations_xyzw))
        self._floats[:, 0] = unity_positions(pose.joints_world_m[_POSITIONS])
        self._floats[:, 1] = euler_unity_deg(unity_matrices(world[_ROTATIONS]))
        return self._packets.pack(self._floats.reshape(-1))
