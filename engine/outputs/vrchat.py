"""VRChat OSC trackers: eight body trackers and the head, in Unity's axes, real metres and Euler degrees.

The numbers of the trackers follow SlimeVR's habit; VRChat assigns them by nearness at "Calibrate FBT". The position of
the head aligns the whole tracking space with the user's head; of its rotation only the yaw is used. VRChat takes head
and hands from the user's headset: without one it shows nothing of this. Source: docs.vrchat.com/docs/osc-trackers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.outputs.coordinates import unity_matrices, unity_positions
from engine.outputs.euler import euler_unity_deg
from engine.outputs.options import Options
from engine.outputs.osc_packing import OscMessage, PacketSet, grouped
from engine.types import F32, Pose
from models.skeleton import JOINT, JOINT_NAMES, PARENTS

MAX_BUNDLE_BYTES = 1200


@dataclass(frozen=True, slots=True)
class Tracker:
    """One tracker: its address, the joint it sits at, the bone it turns with, the choice that turns it on."""

    address: str
    joint: str
    bone: str
    choice: str


TRACKERS = (
    Tracker("1", "Hips", "Hips", "hip"),
    Tracker("2", "LeftFoot", "LeftFoot", "feet"),
    Tracker("3", "RightFoot", "RightFoot", "feet"),
    Tracker("4", "LeftLowerLeg", "LeftUpperLeg", "knees"),
    Tracker("5", "RightLowerLeg", "RightUpperLeg", "knees"),
    Tracker("6", "UpperChest", "UpperChest", "chest"),
    Tracker("7", "LeftLowerArm", "LeftUpperArm", "elbows"),
    Tracker("8", "RightLowerArm", "RightUpperArm", "elbows"),
    Tracker("head", "Head", "Head", "head"),
)
CHOICES = ("hip", "chest", "feet", "knees", "elbows", "head")


def _depth(joint: int) -> int:
    return 0 if PARENTS[joint] < 0 else 1 + _depth(PARENTS[joint])


_DEPTHS = np.array([_depth(joint) for joint in range(len(JOINT_NAMES))])
_LEVELS = [np.flatnonzero(depth == _DEPTHS) for depth in range(1, int(_DEPTHS.max()) + 1)]
_LEVEL_PARENTS = [np.array(PARENTS)[level] for level in _LEVELS]


def _matrix_map() -> NDArray[np.float32]:
    """(16, 9) M: the outer product of a unit quaternion with itself, flattened, times M is its rotation matrix."""
    x, y, z, w = range(4)
    terms = [
        [(x, x, 1), (y, y, -1), (z, z, -1), (w, w, 1)],
        [(x, y, 2), (z, w, -2)],
        [(x, z, 2), (y, w, 2)],
        [(x, y, 2), (z, w, 2)],
        [(y, y, 1), (x, x, -1), (z, z, -1), (w, w, 1)],
        [(y, z, 2), (x, w, -2)],
        [(x, z, 2), (y, w, -2)],
        [(y, z, 2), (x, w, 2)],
        [(z, z, 1), (x, x, -1), (y, y, -1), (w, w, 1)],
    ]
    M = np.zeros((4, 4, 9), np.float32)
    for entry, products in enumerate(terms):
        for a, b, factor in products:
            M[a, b, entry] = factor
    return M.reshape(16, 9)


_MATRIX_MAP = _matrix_map()


def world_rotations(local_xyzw: F32) -> F32:
    """(22, 4) unit quaternions local to the parent -> (22, 3, 3) in the world, level by level down the tree."""
    squares = local_xyzw[:, :, None] * local_xyzw[:, None, :]
    world: F32 = np.asarray(squares.reshape(-1, 16) @ _MATRIX_MAP, np.float32).reshape(-1, 3, 3)
    for level, parents in zip(_LEVELS, _LEVEL_PARENTS, strict=True):
        world[level] = world[parents] @ world[level]
    return world


def read_vrchat_options(options: Options) -> frozenset[str]:
    """Which trackers to send; all unless told. Raises ValueError, one line."""
    chosen = options.several("trackers", CHOICES, CHOICES)
    if not chosen:
        raise ValueError(f"trackers= names none; it is some of {', '.join(CHOICES)}")
    return chosen


class VrchatEncoder:
    """Pose -> VRChat tracker datagrams. One encoder per target, one thread."""

    def __init__(self, chosen: frozenset[str] = frozenset(CHOICES)) -> None:
        """Lay out the bundle for the trackers chosen (see CHOICES)."""
        trackers = [tracker for tracker in TRACKERS if tracker.choice in chosen]
        messages = [
            OscMessage(f"/tracking/trackers/{tracker.address}/{what}", "fff")
            for tracker in trackers
            for what in ("position", "rotation")
        ]
        self._packets = PacketSet(grouped(messages, MAX_BUNDLE_BYTES))
        self._joints = np.array([JOINT[tracker.joint] for tracker in trackers])
        self._bones = np.array([JOINT[tracker.bone] for tracker in trackers])
        self._floats = np.zeros((len(trackers), 2, 3), dtype=np.float32)

    def encode(self, pose: Pose, elapsed_s: float) -> list[bytes]:  # noqa: ARG002 — VRChat takes no time
        """The datagrams of one frame."""
        world = world_rotations(pose.rotations_xyzw)
        self._floats[:, 0] = unity_positions(pose.joints_world_m[self._joints])
        self._floats[:, 1] = euler_unity_deg(unity_matrices(world[self._bones]))
        return self._packets.pack(self._floats.reshape(-1))
