"""A VMC receiver written from the specification alone; it shares no line and no table with the sender."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np

UNITY_PARENTS = {
    "Hips": None,
    "Spine": "Hips",
    "Chest": "Spine",
    "UpperChest": "Chest",
    "Neck": "UpperChest",
    "Head": "Neck",
    **{f"{side}Shoulder": "UpperChest" for side in ("Left", "Right")},
    **{f"{side}UpperArm": f"{side}Shoulder" for side in ("Left", "Right")},
    **{f"{side}LowerArm": f"{side}UpperArm" for side in ("Left", "Right")},
    **{f"{side}Hand": f"{side}LowerArm" for side in ("Left", "Right")},
    **{f"{side}UpperLeg": "Hips" for side in ("Left", "Right")},
    **{f"{side}LowerLeg": f"{side}UpperLeg" for side in ("Left", "Right")},
    **{f"{side}Foot": f"{side}LowerLeg" for side in ("Left", "Right")},
    **{f"{side}Toes": f"{side}Foot" for side in ("Left", "Right")},
}


def _text(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(0, at)
    return data[at:end].decode(), (end // 4 + 1) * 4


def osc_messages(data: bytes) -> list[tuple[str, str, list]]:
    """(address, tags, values) of every message in a datagram, by the OSC 1.0 text."""
    if data.startswith(b"#bundle\0"):
        found, at = [], 16
        while at < len(data):
            (size,) = struct.unpack_from(">i", data, at)
            found += osc_messages(data[at + 4 : at + 4 + size])
            at += 4 + size
        assert at == len(data)
        return found
    address, at = _text(data, 0)
    tags, at = _text(data, at)
    values: list = []
    for tag in tags[1:]:
        if tag == "s":
            value, at = _text(data, at)
        else:
            (value,) = struct.unpack_from({"f": ">f", "i": ">i"}[tag], data, at)
            at += 4
        values.append(value)
    assert at == len(data)
    return [(address, tags[1:], values)]


@dataclass
class VmcListener:
    """What an avatar application keeps of a VMC stream."""

    ok: list[int] = field(default_factory=list)
    time_s: float = -1.0
    root: list[float] = field(default_factory=list)
    bones: dict[str, list[float]] = field(default_factory=dict)
    blends: dict[str, float] = field(default_factory=dict)
    extras: dict[tuple[str, str], float] = field(default_factory=dict)
    applies: int = 0

    def receive(self, datagram: bytes, longest: int = 1200) -> None:
        assert len(datagram) <= longest
        for address, tags, values in osc_messages(datagram):
            if address == "/VMC/Ext/OK":
                assert tags == "iiii"
                self.ok = values
            elif address == "/VMC/Ext/T":
                assert tags == "f"
                self.time_s = values[0]
            elif address == "/VMC/Ext/Root/Pos":
                assert (tags, values[0]) == ("sfffffff", "root")
                self.root = values[1:]
            elif address == "/VMC/Ext/Bone/Pos":
                assert tags == "sfffffff"
                self.bones[values[0]] = values[1:]
            elif address == "/VMC/Ext/Blend/Val":
                assert tags == "sf"
                self.blends[values[0]] = values[1]
            elif address.startswith("/VMC/Thru/"):
                assert tags == "sf"
                self.extras[address.removeprefix("/VMC/Thru/"), values[0]] = values[1]
            elif address == "/VMC/Ext/Blend/Apply":
                assert tags == ""
                self.applies += 1
            else:
                raise AssertionError(f"unknown address {address}")

    def joint_in_our_world(self, name: str) -> np.ndarray:
        """Metres, x mirrored back."""
        x, y, z = self.joint_in_unity(name)[0]
        return np.array([-x, y, z])

    def joint_in_unity(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """World position and quaternion, as localPosition/localRotation of nested Unity transforms give them."""
        parent = UNITY_PARENTS[name]
        while parent is not None and parent not in self.bones:  # a bone left out: its parent takes its place
            parent = UNITY_PARENTS[parent]
        position, turn = np.array(self.root[:3]), np.array(self.root[3:])
        if parent is not None:
            position, turn = self.joint_in_unity(parent)
        local = np.array(self.bones[name])
        return position + _turned(turn, local[:3]), _product(turn, local[3:])


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hamilton product, x, y, z, w."""
    xyz = a[3] * b[:3] + b[3] * a[:3] + np.cross(a[:3], b[:3])
    return np.array([*xyz, a[3] * b[3] - a[:3] @ b[:3]])


def _turned(q: np.ndarray, v: np.ndarray) -> np.ndarray:
    return v + 2 * np.cross(q[:3], np.cross(q[:3], v) + q[3] * v)
