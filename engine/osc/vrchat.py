"""VRChat OSC trackers: eight body trackers and the head, in Unity's axes, real metres and Euler degrees.

The tracker numbers follow SlimeVR's convention; VRChat assigns them by distance at "Calibrate FBT". The head position
aligns the whole tracking space with the user's head; of its rotation only the yaw is used, and any error in it rotates
hips and feet around the user. So `head=position` sends it only after a calibration, `full` with each pose. VRChat takes
head and hands from the user's headset: without one it ignores all this.
Source: docs.vrchat.com/docs/osc-trackers.

Nine bones are converted to world rotations and Euler angles one by one in plain Python: after the 16 ms of other work
between two poses this takes less than half the time of SciPy's Rotation, which is made for long arrays.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.osc.options import Options
from engine.osc.packing import OscMessage, PacketSet, grouped
from engine.osc.pose_numbers import numbers_of
from engine.osc.vrchat_face import VrchatFace, read_prefix
from engine.types import Pose
from models.skeleton import JOINT, PARENTS

MAX_BUNDLE_BYTES = 1200
_POLE = 1.0 - 1e-9


@dataclass(frozen=True, slots=True)
class Tracker:
    """One tracker: its address, its joint, the bone whose rotation it takes, and the choice that enables it."""

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
HEADS = ("position", "full", "none")
_YAW_REPEATS = 3  # a packet may be lost


def _packets(trackers: Sequence[Tracker], *, head_turns: bool) -> PacketSet:
    messages = [
        OscMessage(f"/tracking/trackers/{tracker.address}/{what}", "fff")
        for tracker in trackers
        for what in ("position", "rotation")
        if head_turns or (tracker.choice, what) != ("head", "rotation")
    ]
    return PacketSet(grouped(messages, MAX_BUNDLE_BYTES))


def _with_parents(bones: Iterable[int]) -> list[tuple[int, int]]:
    """Return (joint, parent) of the bones and all their ancestors, parents first; the parent of Hips is -1."""
    needed: set[int] = set()
    for bone in bones:
        joint = bone
        while joint >= 0:
            needed.add(joint)
            joint = PARENTS[joint]
    return [(joint, PARENTS[joint]) for joint in sorted(needed)]


@dataclass(frozen=True, slots=True)
class VrchatOptions:
    """Settings of one VRChat target."""

    trackers: frozenset[str] = frozenset(CHOICES) - {"head"}
    head: str = "position"
    eyes: bool = True  # eye tracking, while the face is tracked
    face: bool = True  # parameters of avatars with face tracking, also
    prefix: str = ""  # prefix of these parameters


def read_vrchat_options(options: Options) -> VrchatOptions:
    """Parse which trackers to send; default: all. Raises ValueError, one line."""
    chosen = options.several("trackers", CHOICES, CHOICES)
    head = options.choice("head", HEADS, "position" if "head" in chosen else "none")
    if not chosen - {"head"} and head == "none":
        raise ValueError(f"trackers= is empty; expected some of {', '.join(CHOICES)}")
    eyes, face = options.flag("eyes", True), options.flag("face", True)
    return VrchatOptions(chosen - {"head"}, head, eyes, face, read_prefix(options))


class VrchatEncoder:
    """Converts poses to VRChat tracker datagrams. One encoder per target, one thread."""

    def __init__(self, options: VrchatOptions | None = None) -> None:
        """Create the bundle layouts of the chosen trackers."""
        options = VrchatOptions() if options is None else options
        chosen = options.trackers | (frozenset() if options.head == "none" else {"head"})
        trackers = [tracker for tracker in TRACKERS if tracker.choice in chosen]
        self._turning = _packets(trackers, head_turns=True)
        self._still = _packets(trackers, head_turns=False) if options.head == "position" else self._turning
        self._face = VrchatFace(eyes=options.eyes, face=options.face, prefix=options.prefix)
        self._turns_left = 0  # remaining frames that send the head's yaw
        self._parts = [(JOINT[tracker.joint], JOINT[tracker.bone]) for tracker in trackers]
        self._tree = _with_parents(bone for _, bone in self._parts)

    def align(self) -> None:
        """After a calibration: send the head's yaw once, so that VRChat's front is the performer's."""
        self._turns_left = _YAW_REPEATS

    def encode(self, pose: Pose, elapsed_s: float) -> list[bytes]:  # noqa: ARG002 — VRChat takes no time
        """Return the datagrams of one frame."""
        numbers = numbers_of(pose)
        world, joints = self._world_turns(numbers.rotations), numbers.joints
        floats: list[float] = []
        for joint, bone in self._parts:
            (right, up, ahead), (x, y, z, w) = joints[3 * joint : 3 * joint + 3], world[bone]
            floats += (-right, up, ahead, *euler_unity_deg(x, -y, -z, w))  # to Unity's axes: see coordinates.py
        packets = self._still
        if self._turns_left > 0:
            self._turns_left -= 1
            packets = self._turning
        body = packets.pack(floats if packets is self._turning else floats[:-3])
        return body + self._face.encode(pose)

    def encode_lost(self, elapsed_s: float) -> list[bytes]:  # noqa: ARG002
        """Return no datagrams: trackers that are no longer sent time out."""
        return []

    def _world_turns(self, local: list[float]) -> dict[int, Sequence[float]]:
        """Convert local quaternions, x, y, z, w per joint, to world rotations of the joints that matter."""
        world: dict[int, Sequence[float]] = {}
        for joint, parent in self._tree:
            bx, by, bz, bw = local[4 * joint : 4 * joint + 4]
            if parent < 0:
                world[joint] = (bx, by, bz, bw)
                continue
            ax, ay, az, aw = world[parent]
            world[joint] = (
                aw * bx + ax * bw + ay * bz - az * by,
                aw * by - ax * bz + ay * bw + az * bx,
                aw * bz + ax * by - ay * bx + az * bw,
                aw * bw - ax * bx - ay * by - az * bz,
            )
        return world


def euler_unity_deg(x: float, y: float, z: float, w: float) -> tuple[float, float, float]:
    """Convert a unit quaternion in Unity's axes to angles x, y, z in degrees, R = Ry @ Rx @ Rz (Unity's order z, x,
    y)."""
    sin_x = 2 * (w * x - y * z)
    if abs(sin_x) > _POLE:  # gimbal lock: y gets the whole rotation
        return math.copysign(90.0, sin_x), math.degrees(2 * math.atan2(y, w)), 0.0
    yaw = math.atan2(2 * (x * z + w * y), 1 - 2 * (x * x + y * y))
    roll = math.atan2(2 * (x * y + w * z), 1 - 2 * (x * x + z * z))
    return math.degrees(math.asin(sin_x)), math.degrees(yaw), math.degrees(roll)
