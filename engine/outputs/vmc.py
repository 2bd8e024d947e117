"""VMC performer (protocol 2.7): what a Marionette such as VSeeFace, Warudo, VNyan or EVMC4U needs each frame.

Unity's axes. Bone positions are real: the person's own offset of each bone to its parent. Travel lives in the Hips
position, whose origin is the floor; Root stays at identity, so that no receiver counts travel twice. VmcOptions change
this per target; a VmcFeed carries what an assistant sends to us (face) and what a receiver asks for (periods).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.outputs.coordinates import SignContinuity, unity_transforms
from engine.outputs.osc_packing import MAX_DATAGRAM_BYTES, OscMessage, PacketSet, grouped
from engine.outputs.vmc_bones import BoneLayout
from engine.outputs.vmc_options import VmcOptions
from engine.types import F32, Pose
from models.skeleton import JOINT_NAMES, NON_ROOT

MAX_BUNDLE_BYTES = 1200
UNCALIBRATED, CALIBRATED = 0, 3
_TRANSFORM = "sfffffff"  # name, position, quaternion
_LOADED, _NORMAL_MODE = 1, 0
_LENGTHS_EVERY_S = 1.0
_MAX_LAYOUTS = 16  # kept ready; a face with ever new names must not fill the memory


@dataclass(frozen=True, slots=True)
class VmcFeed:
    """What goes out besides the pose, and how often; replaced as a whole."""

    calibration: int = CALIBRATED
    blends: tuple[tuple[str, float], ...] = ()  # (name, 0..1) of the face, from an assistant
    status_every: int = 1  # frames; OK and T
    root_every: int = 1
    bones_every: int = 1
    blends_every: int = 1
    requests: int = 0  # a new number asks for what is sent at a low rate


class VmcEncoder:
    """Pose -> VMC datagrams. Keeps the signs of the frame before: one encoder per target, one thread."""

    def __init__(self, options: VmcOptions | None = None) -> None:
        """`feed` may be replaced at any time, from any thread."""
        self.feed = VmcFeed()
        self._options = VmcOptions() if options is None else options
        self._bones = BoneLayout(self._options)
        self._signs = SignContinuity()
        self._layouts: dict[tuple[object, ...], PacketSet] = {}
        self._frame = 0
        self._lengths_at_s = float("-inf")
        self._requests = 0

    def encode(self, pose: Pose, elapsed_s: float) -> list[bytes]:
        """The datagrams of one frame. `elapsed_s`: since the start; a Unix time would not fit a float32."""
        feed = self.feed
        status, with_root, with_bones, with_blends = (
            self._frame % every == 0
            for every in (feed.status_every, feed.root_every, feed.bones_every, feed.blends_every)
        )
        self._frame += 1
        bones, root = self._bones.transforms(pose)
        numbers: list[F32] = []
        if status:
            numbers.append(np.array([elapsed_s], np.float32))
        if with_root:
            numbers.append(unity_transforms(root))
        if with_bones:
            bones = unity_transforms(bones)
            bones[:, 3:] = self._signs(bones[:, 3:])
            numbers.append(bones.reshape(-1))
        names = tuple(name for name, _ in feed.blends) if with_blends else ()
        if with_blends:
            numbers.append(np.array([value for _, value in feed.blends], np.float32))
        if self._options.extras:
            numbers.append(np.array([*pose.contacts, pose.confidence], np.float32))
        lengths = self._options.extras and self._lengths_are_due(elapsed_s, feed.requests)
        if lengths:
            numbers.append(pose.bone_lengths_m[list(NON_ROOT)])
        packets = self._layout(status, with_root, with_bones, with_blends, names, lengths)
        ints = (_LOADED, feed.calibration, _NORMAL_MODE, int(pose.tracked)) if status else ()
        return packets.pack(np.concatenate(numbers) if numbers else np.zeros(0, np.float32), ints)

    def _lengths_are_due(self, elapsed_s: float, requests: int) -> bool:
        if requests == self._requests and elapsed_s < self._lengths_at_s + _LENGTHS_EVERY_S:
            return False
        self._requests, self._lengths_at_s = requests, elapsed_s
        return True

    def _layout(
        self, status: bool, root: bool, bones: bool, blends: bool, names: tuple[str, ...], lengths: bool
    ) -> PacketSet:
        """The packets that hold these messages; built once, then kept."""
        key = (status, root, bones, blends, names, lengths)
        found = self._layouts.get(key)
        if found is not None:
            return found
        if len(self._layouts) >= _MAX_LAYOUTS:
            self._layouts.clear()
        messages = _messages(self._bones.names if bones else [], status, root, blends, names, self._options.extras)
        more = [OscMessage("/VMC/Thru/VTM/BoneLength", "sf", (JOINT_NAMES[j],)) for j in NON_ROOT] if lengths else []
        if self._options.packets == "bare":
            groups = [[message] for message in (*messages, *more)]
        else:
            limit = MAX_BUNDLE_BYTES if self._options.packets == "two" else MAX_DATAGRAM_BYTES
            groups = grouped(messages, limit) + grouped(more, MAX_BUNDLE_BYTES)
        packets = PacketSet(groups, bundled=self._options.packets != "bare")
        self._layouts[key] = packets
        return packets


def _messages(
    bones: list[str], status: bool, root: bool, blends: bool, names: tuple[str, ...], extras: bool
) -> list[OscMessage]:
    """The messages of one frame, in the order they are sent."""
    messages: list[OscMessage] = []
    if status:
        messages += [OscMessage("/VMC/Ext/OK", "iiii"), OscMessage("/VMC/Ext/T", "f")]
    if root:
        messages.append(OscMessage("/VMC/Ext/Root/Pos", _TRANSFORM, ("root",)))
    messages += [OscMessage("/VMC/Ext/Bone/Pos", _TRANSFORM, (name,)) for name in bones]
    messages += [OscMessage("/VMC/Ext/Blend/Val", "sf", (name,)) for name in names]
    if extras:
        messages += [OscMessage("/VMC/Thru/VTM/Contact", "sf", (side,)) for side in ("Left", "Right")]
        messages.append(OscMessage("/VMC/Thru/VTM/Confidence", "sf", ("Body",)))
    if blends:
        messages.append(OscMessage("/VMC/Ext/Blend/Apply"))
    return messages
