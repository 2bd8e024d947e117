"""Fingers, eyes and expression as plain OSC: separate bundles, sent while hands or face are tracked."""

from __future__ import annotations

import math
from collections.abc import Collection

from engine.osc.coordinates import SignContinuity
from engine.osc.packing import OscMessage, PacketSet, grouped
from engine.types import Pose
from models.detail_skeleton import EYE_NAMES
from models.face import EXPRESSION_NAMES
from models.fingers import FINGER_NAMES
from models.parts import DETAIL_PARTS

MAX_BUNDLE_BYTES = 1200
DETAIL_GROUPS = ("details", "fingers", "eyes", "face")
"""Groups to choose from besides those of the body, in sending order."""


def detail_entries() -> list[tuple[str, str, str, str]]:
    """Return address, types, group and meaning of every message, in sending order."""
    seen = "visibility, 0..1; 0 is invented"
    entries = [(f"part/{name}", "f", "details", seen) for name in DETAIL_PARTS]
    entries += [
        (f"finger/{name}/rot", "ffff", "fingers", "quaternion relative to the parent bone") for name in FINGER_NAMES
    ]
    entries += [(f"eye/{name}/rot", "ffff", "eyes", "quaternion relative to the head") for name in EYE_NAMES]
    return entries + [(f"face/{name}", "f", "face", "0..1") for name in EXPRESSION_NAMES[1:]]


class PlainDetails:
    """Converts poses to datagrams of hands and face; none for what is not tracked. One per encoder, one thread."""

    def __init__(self, prefix: str, send: Collection[str]) -> None:
        """send: groups; those of the body are ignored."""
        self._packets: dict[str, PacketSet] = {}
        for group in DETAIL_GROUPS:
            messages = [OscMessage(f"{prefix}/{at}", tags) for at, tags, own, _ in detail_entries() if own == group]
            if group in send:
                self._packets[group] = PacketSet(grouped(messages, MAX_BUNDLE_BYTES))
        self._signs = {"fingers": SignContinuity(), "eyes": SignContinuity()}

    def encode(self, pose: Pose) -> list[bytes]:
        """Return the datagrams of one frame."""
        fields = (pose.detail_confidence, pose.fingers_xyzw, pose.eyes_xyzw, pose.expression)
        datagrams: list[bytes] = []
        for group, values in zip(DETAIL_GROUPS, fields, strict=True):
            if values is None or group not in self._packets:
                continue
            numbers: list[float] = values.ravel().tolist()
            if group == "face":
                numbers = numbers[1:]  # the first score is unused ("_neutral")
            if group in self._signs:
                numbers = self._signs[group](numbers)
            if math.isfinite(sum(numbers)):
                datagrams += self._packets[group].pack(numbers)
        return datagrams
