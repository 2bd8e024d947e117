"""VRChat OSC trackers: eight body trackers and the head, in Unity's axes, real metres and Euler degrees.

The numbers of the trackers follow SlimeVR's habit; VRChat assigns them by nearness at "Calibrate FBT". The position of
the head aligns the whole tracking space with the user's head; of its rotation only the yaw is used. VRChat takes head
and hands from the user's headset: without one it shows nothing of this. Source: docs.vrchat.com/docs/osc-trackers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.outputs.coordinates import unity_positions, unity_quaternions
from engine.outputs.euler import euler_unity_deg
from engine.outputs.options import Options
from engine.outputs.osc_packing import OscMessage, PacketSet, grouped
from engine.outputs.quaternions import product
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


_LONGEST_CHAIN = 8  # Hips to Hand; a power of two
_NOTHING = len(JOINT_NAMES)  # the row of identity that pads shorter chains


def _chain(bone: int) -> list[int]:
    """Joints from Hips down to the bone, padded in front."""
    chain = [bone]
    while PARENTS[chain[0]] >= 0:
        chain.insert(0, PARENTS[chain[0]])
    return [_NOTHING] * (_LONGEST_CHAIN - len(chain)) + chain


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
        self._chains = np.array([_chain(JOINT[tracker.bone]) for tracker in trackers])  # (trackers, 8)
        self._locals: F32 = np.zeros((_NOTHING + 1, 4), np.float32)
        self._locals[_NOTHING, 3] = 1.0
        self._floats: F32 = np.zeros((len(trackers), 2, 3), np.float32)

    def encode(self, pose: Pose, elapsed_s: float) -> list[bytes]:  # noqa: ARG002 — VRChat takes no time
        """The datagrams of one frame."""
        self._locals[:_NOTHING] = pose.rotations_xyzw
        turns = self._locals[self._chains]  # (trackers, 8, 4)
        while turns.shape[1] > 1:
            turns = product(turns[:, ::2], turns[:, 1::2])
        self._floats[:, 0] = unity_positions(pose.joints_world_m[self._joints])
        self._floats[:, 1] = [euler_unity_deg(*turn) for turn in unity_quaternions(turns[:, 0]).tolist()]
        return self._packets.pack(self._floats.reshape(-1))
