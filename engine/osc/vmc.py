"""VMC performer (protocol 2.7): the messages that a Marionette such as VSeeFace, Warudo, VNyan or EVMC4U needs per
frame.

Unity's axes. Bone positions are real: the person's own offset of each bone from its parent. The travel is in the Hips
position, whose origin is the floor; Root stays at identity, so that no receiver counts travel twice. VmcOptions change
this per target; a VmcFeed carries a face sent to us by an assistant and periods requested by a receiver.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from engine.avatar.avatar import Avatar
from engine.osc.avatar_bones import avatar_stream
from engine.osc.packing import MAX_DATAGRAM_BYTES, OscMessage, PacketSet, grouped
from engine.osc.speed_limit import SpeedLimit
from engine.osc.vmc_bones import FOLDED_PAIRS, BoneLayout, UnityBones
from engine.osc.vmc_details import DetailBones, gaze_target
from engine.osc.vmc_expressions import FaceBlends
from engine.osc.vmc_options import VmcOptions
from engine.types import Pose
from models.parts import NUM_PARTS, PART_NAMES
from models.skeleton import JOINT_NAMES, NON_ROOT

MAX_BUNDLE_BYTES = 1200
LONGEST_PERIOD_S = 1.0
"""Each group of messages is sent at least this often, whatever a receiver requests: one message must not freeze it."""
UNCALIBRATED, ABOUT_TO_CALIBRATE, CALIBRATING, CALIBRATED = range(4)
CALIBRATION_CODES = {
    "idle": CALIBRATED,  # the first frame has placed the performer; receivers may hide an uncalibrated one
    "asked": ABOUT_TO_CALIBRATE,
    "countdown": ABOUT_TO_CALIBRATE,
    "waiting": CALIBRATING,
    "done": CALIBRATED,
    "failed": UNCALIBRATED,  # while it is shown
}
"""Value of OK for each state of engine.types.Calibration."""
_TRANSFORM = "sfffffff"  # name, position, quaternion
_LOADED, _NORMAL_MODE, _EYES_ON = 1, 0, 1
_STATUS = (OscMessage("/VMC/Ext/OK", "iiii"), OscMessage("/VMC/Ext/T", "f"))
_LENGTHS_EVERY_S = 1.0
_EVERY_FRAME = (1, 1, 1, 1)
_MAX_LAYOUTS = 16  # cached; a face whose names keep changing must not fill the memory


@dataclass(frozen=True, slots=True)
class VmcFeed:
    """What is sent besides the pose, and how often; replaced as a whole."""

    calibration: int = CALIBRATED
    blends: tuple[tuple[str, float], ...] = ()  # (name, 0..1) of an assistant's face
    status_every: int = 1  # frames, but at most LONGEST_PERIOD_S; OK and T
    root_every: int = 1
    bones_every: int = 1
    blends_every: int = 1
    requests: int = 0  # a new number requests what is otherwise sent at a low rate


class _Kind(NamedTuple):
    """Which message groups a frame contains, apart from the always present ones."""

    status: bool
    root: bool
    bones: bool
    blends: bool
    names: tuple[str, ...]  # of the face
    details: tuple[str, ...]  # finger bones and eyes
    gaze: bool  # the gaze target
    lengths: bool  # bone lengths, at a low rate


class _Layout:
    """The packets of one kind of frame, and the positions of their numbers: see `VmcEncoder._numbers`."""

    def __init__(self, kind: _Kind, bones: list[str], options: VmcOptions) -> None:
        messages = _messages(kind, bones, options.extras)
        more = [OscMessage("/VMC/Thru/VTM/BoneLength", "sf", (JOINT_NAMES[joint],)) for joint in NON_ROOT]
        more = more if kind.lengths else []
        details = [OscMessage("/VMC/Ext/Bone/Pos", _TRANSFORM, (name,)) for name in kind.details]
        if options.packets == "bare":
            groups = [[message] for message in (*details, *messages, *more)]
        elif options.packets == "one":
            groups = grouped([*details, *messages], MAX_DATAGRAM_BYTES) + grouped(more, MAX_BUNDLE_BYTES)
        else:  # details in separate bundles, and Apply after all of them
            groups = [group for part in (details, messages, more) for group in grouped(part, MAX_BUNDLE_BYTES)]
        positions, quaternions, rest = 8, 8 + 3 * len(bones), 8 + 7 * len(bones)
        own = rest + 3 * kind.gaze + len(kind.names) + (3 + NUM_PARTS) * options.extras + len(more)
        given = own + 7 * len(details)
        places = list(range(own, given))
        places += [0] if kind.status else []
        places += range(1, 8) if kind.root else ()
        for bone in range(len(bones) if kind.bones else 0):
            places += range(positions + 3 * bone, positions + 3 * bone + 3)
            places += range(quaternions + 4 * bone, quaternions + 4 * bone + 4)
        places += range(rest, own)
        self.packets = PacketSet(groups, bundled=options.packets != "bare", floats_from=places, given=given)


class _Due:
    """Decides which groups of messages a frame contains: every n frames, and at least every LONGEST_PERIOD_S."""

    def __init__(self) -> None:
        self._frame = 0
        self._sent_at_s = [-math.inf] * 4

    def __call__(self, every: tuple[int, int, int, int], elapsed_s: float) -> list[bool]:
        """Return whether status, root, bones and face are due at this time."""
        frame = self._frame
        self._frame += 1
        if every == _EVERY_FRAME:
            self._sent_at_s = [elapsed_s] * 4
            return [True] * 4
        due = [
            frame % frames == 0 or elapsed_s >= sent_at_s + LONGEST_PERIOD_S
            for frames, sent_at_s in zip(every, self._sent_at_s, strict=True)
        ]
        self._sent_at_s = [elapsed_s if now else sent for now, sent in zip(due, self._sent_at_s, strict=True)]
        return due


class VmcEncoder:
    """Converts poses to VMC datagrams. Keeps quaternion signs between frames: one encoder per target, one thread."""

    def __init__(self, options: VmcOptions | None = None, avatar: Avatar | None = None) -> None:
        """`feed` may be replaced at any time, from any thread. `avatar`: the model to drive."""
        self.feed = VmcFeed()
        self._options = VmcOptions() if options is None else options
        self._bones = UnityBones(BoneLayout(self._options)) if avatar is None else avatar_stream(self._options, avatar)
        folded = [name for fold in self._options.fold for name in FOLDED_PAIRS[fold]]
        self._speed_limit = SpeedLimit(self._options.speed_rad_s, folded) if self._options.speed_rad_s else None
        self._details = DetailBones(self._options, avatar)
        self._face = FaceBlends(self._options.face, avatar)
        self._layouts: dict[_Kind, _Layout] = {}
        self._last: tuple[tuple[object, ...], _Kind, _Layout] | None = None
        self._due = _Due()
        self._lengths_at_s = float("-inf")
        self._requests = 0
        bare = self._options.packets == "bare"
        self._status = PacketSet([[message] for message in _STATUS] if bare else [_STATUS], bundled=not bare)

    def encode(self, pose: Pose, elapsed_s: float) -> list[bytes]:
        """Return the datagrams of one frame. `elapsed_s`: since the start; a Unix time would not fit a float32."""
        if self._speed_limit is not None:
            pose = self._speed_limit(pose, elapsed_s)
        feed = self.feed
        face, (details, transforms) = self._face.of(feed.blends, pose), self._details.of(pose)
        gaze = gaze_target(pose) if self._options.eyes == "target" else None
        kind, layout = self._contents(feed, face.names, details, gaze is not None, elapsed_s)
        ints: tuple[int, ...] = (_LOADED, feed.calibration, _NORMAL_MODE, int(pose.tracked)) if kind.status else ()
        ints = (*ints, _EYES_ON) if kind.gaze else ints
        numbers = self._numbers(kind, face.values, gaze, pose, elapsed_s)
        return layout.packets.pack(numbers + transforms if kind.details else numbers, ints)

    def _contents(
        self, feed: VmcFeed, names: tuple[str, ...], details: tuple[str, ...], gaze: bool, elapsed_s: float
    ) -> tuple[_Kind, _Layout]:
        """Return what this frame contains; mostly the same as the previous one."""
        every = (feed.status_every, feed.root_every, feed.bones_every, feed.blends_every)
        due = self._due(every, elapsed_s)
        lengths = self._options.extras and self._lengths_are_due(elapsed_s, feed.requests)
        asked = (names, details, gaze, due, lengths)
        if self._last is not None and self._last[0] == asked:
            return self._last[1:]
        status, root, bones, blends = due
        kind = _Kind(
            status=status,
            root=root,
            bones=bones,
            blends=blends,
            names=names if blends else (),
            details=details if bones else (),
            gaze=gaze and bones,
            lengths=lengths,
        )
        layout = self._layout(kind)
        self._last = (asked, kind, layout)
        return kind, layout

    def encode_lost(self, elapsed_s: float) -> list[bytes]:
        """Return only OK and T: the model is loaded, and no person is tracked."""
        return self._status.pack((elapsed_s,), (_LOADED, self.feed.calibration, _NORMAL_MODE, 0))

    def _numbers(
        self, kind: _Kind, face: list[float], gaze: tuple[float, float, float] | None, pose: Pose, elapsed_s: float
    ) -> list[float]:
        """Return time, Root (7), positions (3B), quaternions (4B), then gaze, face, extras, lengths if they are
        sent."""
        numbers = [elapsed_s, *self._bones.numbers(pose)]
        if kind.gaze and gaze is not None:
            numbers += gaze
        if kind.names:
            numbers += face
        if self._options.extras:
            numbers += (*pose.contacts.tolist(), pose.confidence, *pose.part_confidence.tolist())
        if kind.lengths:
            numbers += pose.bone_lengths_m[list(NON_ROOT)].tolist()
        return numbers

    def _lengths_are_due(self, elapsed_s: float, requests: int) -> bool:
        if requests == self._requests and elapsed_s < self._lengths_at_s + _LENGTHS_EVERY_S:
            return False
        self._requests, self._lengths_at_s = requests, elapsed_s
        return True

    def _layout(self, kind: _Kind) -> _Layout:
        """Return the layout, cached."""
        found = self._layouts.get(kind)
        if found is None:
            if len(self._layouts) >= _MAX_LAYOUTS:
                self._layouts.clear()
            found = self._layouts[kind] = _Layout(kind, self._bones.names, self._options)
        return found


def _messages(kind: _Kind, bones: list[str], extras: bool) -> list[OscMessage]:
    """Return the messages of one frame, in sending order."""
    messages: list[OscMessage] = []
    if kind.status:
        messages += _STATUS
    if kind.root:
        messages.append(OscMessage("/VMC/Ext/Root/Pos", _TRANSFORM, ("root",)))
    if kind.bones:
        messages += [OscMessage("/VMC/Ext/Bone/Pos", _TRANSFORM, (name,)) for name in bones]
    if kind.gaze:
        messages.append(OscMessage("/VMC/Ext/Set/Eye", "ifff"))
    messages += [OscMessage("/VMC/Ext/Blend/Val", "sf", (name,)) for name in kind.names]
    if extras:
        messages += [OscMessage("/VMC/Thru/VTM/Contact", "sf", (side,)) for side in ("Left", "Right")]
        seen = ("Body", *(name.title().replace("_", "") for name in PART_NAMES))
        messages += [OscMessage("/VMC/Thru/VTM/Confidence", "sf", (name,)) for name in seen]
    if kind.blends:
        messages.append(OscMessage("/VMC/Ext/Blend/Apply"))
    return messages
