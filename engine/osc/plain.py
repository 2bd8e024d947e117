"""Plain OSC for stage and patching tools: one flat address per value group, only numbers, no string arguments.

Metres in our world: right-handed, Y up, floor at 0, the performer faces +Z, left at +X. `plain_messages` is the address
map; PlainOptions select the groups, the prefix, and the number of poses between messages.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.osc.coordinates import SignContinuity
from engine.osc.options import Options
from engine.osc.packing import OscMessage, PacketSet, grouped
from engine.osc.plain_details import DETAIL_GROUPS, PlainDetails, detail_entries
from engine.osc.pose_numbers import numbers_of
from engine.types import Pose
from models.parts import NUM_PARTS, PART_NAMES
from models.skeleton import JOINT_NAMES, NUM_JOINTS

MAX_BUNDLE_BYTES = 1200
_SIZES = {
    "root": 3,
    "speed": 1,
    "contacts": 2,
    "confidence": 1,
    "parts": NUM_PARTS,
    "rate": 1,
    "time": 1,
    "tracked": 0,  # an int, separate from the floats
    "positions": 3 * NUM_JOINTS,
    "rotations": 4 * NUM_JOINTS,
}
_BODY_GROUPS = tuple(_SIZES)
GROUPS = (*_BODY_GROUPS, *DETAIL_GROUPS)
"""Groups to choose from, in sending order."""
_LOST_GROUPS = ("confidence", "parts", "tracked")
_SMOOTHING_S = 0.2  # time constant of fps and speed
_FASTEST_M_S, _MOST_FPS = 1e6, 1e6  # limits, so that wild poses cannot overflow float32


@dataclass(frozen=True, slots=True)
class PlainOptions:
    """Settings of one plain OSC target."""

    prefix: str = "/mocap"
    send: frozenset[str] = frozenset(GROUPS)
    every: int = 1  # send every nth pose


@dataclass(frozen=True, slots=True)
class MapEntry:
    """One line of the address map."""

    message: OscMessage
    group: str
    meaning: str


def read_plain_options(options: Options) -> PlainOptions:
    """Parse the options. Raises ValueError, one line."""
    prefix = options.text("prefix", "/mocap")
    if not prefix.startswith("/") or prefix.endswith("/") or not prefix.isascii() or set(prefix) & set(" #*,?[]{}"):
        raise ValueError(f"prefix={prefix} is not an OSC address: write it like /mocap")
    send = options.several("send", GROUPS, GROUPS)
    if not send:
        raise ValueError(f"send= is empty; expected some of {', '.join(GROUPS)}")
    return PlainOptions(prefix, send, int(options.number("every", 1, 1000, 1)))


def address_map(options: PlainOptions | None = None) -> list[MapEntry]:
    """Return what is sent, in order, with its meaning: for `vtm osc-map` and the window."""
    options = PlainOptions() if options is None else options
    scalars = [
        ("root/x", "f", "root", "hips, metres to the performer's left of the start"),
        ("root/y", "f", "root", "hips, metres above the floor"),
        ("root/z", "f", "root", "hips, metres forward"),
        ("speed", "f", "speed", "speed of the hips over the floor, metres per second"),
        ("contact/l", "f", "contacts", "left foot on the floor, 0..1"),
        ("contact/r", "f", "contacts", "right foot on the floor, 0..1"),
        ("conf", "f", "confidence", "confidence of the pose, 0..1"),
        *((f"part/{name}", "f", "parts", "visibility, 0..1; 0 is invented") for name in PART_NAMES),
        ("fps", "f", "rate", "poses per second"),
        ("time", "f", "time", "seconds since the start"),
        ("tracked", "i", "tracked", "1 while a person is seen, else 0"),
    ]
    joints = [(f"joint/{name}/pos", "fff", "positions", "x, y, z in the world, metres") for name in JOINT_NAMES]
    joints += [
        (f"joint/{name}/rot", "ffff", "rotations", "quaternion x, y, z, w relative to the parent (Hips: to the world)")
        for name in JOINT_NAMES
    ]
    return [
        MapEntry(OscMessage(f"{options.prefix}/{address}", tags), group, meaning)
        for address, tags, group, meaning in (*scalars, *joints, *detail_entries())
        if group in options.send
    ]


class PlainOscEncoder:
    """Converts poses to plain OSC datagrams. One encoder per target, one thread."""

    def __init__(self, options: PlainOptions | None = None) -> None:
        """Create the bundle layouts."""
        self._options = PlainOptions() if options is None else options
        messages = [entry.message for entry in address_map(self._options) if entry.group in _BODY_GROUPS]
        groups = [group for group, size in _SIZES.items() for _ in range(size)]  # group of each number
        sent = [place for place, group in enumerate(groups) if group in self._options.send]
        self._packets = PacketSet(grouped(messages, MAX_BUNDLE_BYTES), floats_from=sent, given=len(groups))
        lost = [entry.message for entry in address_map(self._options) if entry.group in _LOST_GROUPS]
        self._lost = PacketSet([lost] if lost else [])
        self._signs = SignContinuity()
        self._details = PlainDetails(self._options.prefix, self._options.send)
        self._pose_number = 0
        self._before: tuple[float, float, float] | None = None  # captured_at_s, x and z of the last pose
        self._interval_s = 0.0
        self._speed_m_s = 0.0

    def encode(self, pose: Pose, elapsed_s: float) -> list[bytes]:
        """Return the datagrams of one frame; none for poses skipped by `every`."""
        numbers = numbers_of(pose)
        self._follow(pose.captured_at_s, numbers.root)
        due = self._pose_number % self._options.every == 0
        self._pose_number += 1
        if not due:
            return []
        fps = min(1.0 / self._interval_s, _MOST_FPS) if self._interval_s else 0.0
        speed_m_s, contacts = min(self._speed_m_s, _FASTEST_M_S), pose.contacts.tolist()
        seen = pose.part_confidence.tolist()
        scalars = [
            *numbers.root,
            speed_m_s,
            *contacts,
            pose.confidence,
            *seen,
            fps,
            elapsed_s,
        ]  # in the order of _SIZES
        tracked = (int(pose.tracked),) if "tracked" in self._options.send else ()
        body = self._packets.pack([*scalars, *numbers.joints, *self._signs(numbers.rotations)], tracked)
        return body + self._details.encode(pose)

    def encode_lost(self, elapsed_s: float) -> list[bytes]:  # noqa: ARG002 — it goes with the pose
        """Return confidences and `tracked`, all 0; none if they are not sent."""
        return self._lost.pack((0.0,) * self._lost.num_floats, (0,) * self._lost.num_ints)

    def _follow(self, captured_at_s: float, root_m: list[float]) -> None:
        """Update running means of the pose interval and of the speed."""
        before, self._before = self._before, (captured_at_s, root_m[0], root_m[2])
        if before is None or captured_at_s <= before[0]:
            return
        interval_s = captured_at_s - before[0]
        share = min(1.0, interval_s / _SMOOTHING_S)
        self._interval_s += (interval_s - self._interval_s) * (share if self._interval_s else 1.0)
        way_m = math.hypot(root_m[0] - before[1], root_m[2] - before[2])
        self._speed_m_s += (way_m / interval_s - self._speed_m_s) * share
