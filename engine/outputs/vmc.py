"""VMC performer (protocol 2.7): what a Marionette such as VSeeFace, Warudo, VNyan or EVMC4U needs each frame.

Unity's axes. Bone positions are real: the person's own offset of each bone to its parent. Travel lives in the Hips
position, whose origin is the floor; Root stays at identity, so that no receiver counts travel twice. VmcOptions change
this per target; a VmcFeed carries what an assistant sends to us (face) and what a receiver asks for (periods).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.outputs.coordinates import SignContinuity, mirror_transforms
from engine.outputs.osc_packing import MAX_DATAGRAM_BYTES, OscMessage, PacketSet, grouped
from engine.outputs.vmc_bones import BoneLayout
from engine.outputs.vmc_options import VmcOptions
from engine.types import F32, Pose
from models.skeleton import JOINT_NAMES, NON_ROOT

MAX_BUNDLE_BYTES = 1200
UNCALIBRATED, CALIBRATING, CALIBRATED = 0, 2, 3
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


class _Kind(NamedTuple):
    """What a frame holds besides nothing."""

    status: bool
    root: bool
    bones: bool
    blends: bool
    names: tuple[str, ...]  # of the face
    lengths: bool  # of the bones, at a low rate


class _Layout:
    """The packets of one kind of frame; its numbers lie in one array, in the order of the messages."""

    def __init__(self, kind: _Kind, bones: list[str], options: VmcOptions) -> None:
        messages = _messages(kind, bones, options.extras)
        more = [OscMessage("/VMC/Thru/VTM/BoneLength", "sf", (JOINT_NAMES[joint],)) for joint in NON_ROOT]
        more = more if kind.lengths else []
        if options.packets == "bare":
            groups = [[message] for message in (*messages, *more)]
        else:
            limit = MAX_BUNDLE_BYTES if options.packets == "two" else MAX_DATAGRAM_BYTES
            groups = grouped(messages, limit) + grouped(more, MAX_BUNDLE_BYTES)
        self.packets = PacketSet(groups, bundled=options.packets != "bare")
        self.floats: F32 = np.zeros(self.packets.num_floats, np.float32)
        sizes = (
            kind.status,
            7 * kind.root,
            7 * len(bones) * kind.bones,
            len(kind.names),
            3 * options.extras,
            len(more),
        )
        ends = np.cumsum(sizes)
        parts = [self.floats[end - size : end] for end, size in zip(ends, sizes, strict=True)]
        self.time, self.root, self.bones, self.blends, self.extras, self.lengths = parts


class VmcEncoder:
    """Pose -> VMC datagrams. Keeps the signs of the frame before: one encoder per target, one thread."""

    def __init__(self, options: VmcOptions | None = None) -> None:
        """`feed` may be replaced at any time, from any thread."""
        self.feed = VmcFeed()
        self._options = VmcOptions() if options is None else options
        self._bones = BoneLayout(self._options)
        self._transforms: F32 = np.zeros((1 + len(self._bones.names), 7), np.float32)  # root, then the bones
        self._signs = SignContinuity()
        self._layouts: dict[_Kind, _Layout] = {}
        self._frame = 0
        self._lengths_at_s = float("-inf")
        self._requests = 0

    def encode(self, pose: Pose, elapsed_s: float) -> list[bytes]:
        """The datagrams of one frame. `elapsed_s`: since the start; a Unix time would not fit a float32."""
        feed, frame = self.feed, self._frame
        self._frame += 1
        with_blends = frame % feed.blends_every == 0
        kind = _Kind(
            status=frame % feed.status_every == 0,
            root=frame % feed.root_every == 0,
            bones=frame % feed.bones_every == 0,
            blends=with_blends,
            names=tuple(name for name, _ in feed.blends) if with_blends else (),
            lengths=self._options.extras and self._lengths_are_due(elapsed_s, feed.requests),
        )
        layout = self._layout(kind)
        self._write(layout, kind, pose, elapsed_s)
        if kind.names:
            layout.blends[:] = [value for _, value in feed.blends]
        ints = (_LOADED, feed.calibration, _NORMAL_MODE, int(pose.tracked)) if kind.status else ()
        return layout.packets.pack(layout.floats, ints)

    def _write(self, layout: _Layout, kind: _Kind, pose: Pose, elapsed_s: float) -> None:
        transforms = self._transforms
        self._bones.write(pose, transforms[1:], transforms[0])
        mirror_transforms(transforms)
        self._signs(transforms[1:, 3:])
        if kind.status:
            layout.time[0] = elapsed_s
        if kind.root:
            layout.root[:] = transforms[0]
        if kind.bones:
            layout.bones[:] = transforms[1:].reshape(-1)
        if self._options.extras:
            layout.extras[:] = (*pose.contacts, pose.confidence)
        if kind.lengths:
            layout.lengths[:] = pose.bone_lengths_m[list(NON_ROOT)]

    def _lengths_are_due(self, elapsed_s: float, requests: int) -> bool:
        if requests == self._requests and elapsed_s < self._lengths_at_s + _LENGTHS_EVERY_S:
            return False
        self._requests, self._lengths_at_s = requests, elapsed_s
        return True

    def _layout(self, kind: _Kind) -> _Layout:
        """Built once, then kept."""
        found = self._layouts.get(kind)
        if found is None:
            if len(self._layouts) >= _MAX_LAYOUTS:
                self._layouts.clear()
            found = self._layouts[kind] = _Layout(kind, self._bones.names, self._options)
        return found


def _messages(kind: _Kind, bones: list[str], extras: bool) -> list[OscMessage]:
    """The messages of one frame, in the order they are sent."""
    messages: list[OscMessage] = []
    if kind.status:
        messages += [OscMessage("/VMC/Ext/OK", "iiii"), OscMessage("/VMC/Ext/T", "f")]
    if kind.root:
        messages.append(OscMessage("/VMC/Ext/Root/Pos", _TRANSFORM, ("root",)))
    if kind.bones:
        messages += [OscMessage("/VMC/Ext/Bone/Pos", _TRANSFORM, (name,)) for name in bones]
    messages += [OscMessage("/VMC/Ext/Blend/Val", "sf", (name,)) for name in kind.names]
    if extras:
        messages += [OscMessage("/VMC/Thru/VTM/Contact", "sf", (side,)) for side in ("Left", "Right")]
        messages.append(OscMessage("/VMC/Thru/VTM/Confidence", "sf", ("Body",)))
    if kind.blends:
        messages.append(OscMessage("/VMC/Ext/Blend/Apply"))
    return messages
