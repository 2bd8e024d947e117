"""A VMC receiver written from the specification alone rebuilds the pose; python-osc reads the same messages."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from pythonosc.osc_bundle import OscBundle

from engine.outputs.vmc import VmcEncoder
from engine.types import Pose
from models.skeleton import JOINT  # only to find the row of a name in the arrays of the sender

PoseMaker = Callable[..., Pose]

# Written out here, not taken from models.skeleton: the listener must not share the sender's mistakes.
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
    applies: int = 0

    def receive(self, datagram: bytes) -> None:
        assert len(datagram) <= 1200
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
            elif address == "/VMC/Ext/Blend/Apply":
                assert tags == ""
                self.applies += 1
            else:
                raise AssertionError(f"unknown address {address}")

    def joint_in_unity(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """World position and quaternion, as localPosition/localRotation of nested Unity transforms give them."""
        parent = UNITY_PARENTS[name]
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


@pytest.mark.parametrize("seed", range(5))
def test_a_listener_with_its_own_kinematics_rebuilds_joints_within_a_millimetre(
    make_pose: PoseMaker, seed: int
) -> None:
    pose = make_pose(seed, 0.7)
    listener = VmcListener()
    for datagram in VmcEncoder().encode(pose, 1.25):
        listener.receive(datagram)
    assert set(listener.bones) == set(UNITY_PARENTS)
    for name in UNITY_PARENTS:
        x, y, z = listener.joint_in_unity(name)[0]
        distance = np.linalg.norm(np.array([-x, y, z]) - pose.joints_world_m[JOINT[name]])
        assert distance < 1e-3, name


def test_one_frame_is_two_bundles_with_one_apply_at_the_end(make_pose: PoseMaker) -> None:
    datagrams = VmcEncoder().encode(make_pose(), 0.0)
    assert len(datagrams) == 2
    assert all(len(datagram) <= 1200 and datagram.startswith(b"#bundle\0") for datagram in datagrams)
    messages = [message for datagram in datagrams for message in osc_messages(datagram)]
    assert messages[0][0] == "/VMC/Ext/OK"
    assert messages[-1][0] == "/VMC/Ext/Blend/Apply"
    assert len(messages) == 3 + 22 + 1


def test_root_is_identity_and_travel_is_in_hips_from_the_floor(make_pose: PoseMaker) -> None:
    pose = make_pose(1, 2.0)
    listener = VmcListener()
    for datagram in VmcEncoder().encode(pose, 0.0):
        listener.receive(datagram)
    assert listener.root == [0, 0, 0, 0, 0, 0, 1]
    x, y, z = pose.root_m
    np.testing.assert_allclose(listener.bones["Hips"][:3], [-x, y, z], atol=1e-6)


def test_a_lost_person_keeps_the_pose_and_lowers_the_tracking_flag(make_pose: PoseMaker) -> None:
    encoder, seen, lost = VmcEncoder(), VmcListener(), VmcListener()
    for listener, tracked in ((seen, True), (lost, False)):
        for datagram in encoder.encode(make_pose(tracked=tracked), 0.5):
            listener.receive(datagram)
    assert seen.ok == [1, 3, 0, 1]
    assert lost.ok == [1, 3, 0, 0]
    assert seen.bones == lost.bones


def test_time_is_seconds_since_the_start(make_pose: PoseMaker) -> None:
    listener = VmcListener()
    for datagram in VmcEncoder().encode(make_pose(), 12.5):
        listener.receive(datagram)
    assert listener.time_s == 12.5


def test_quaternion_signs_never_jump_between_frames(make_pose: PoseMaker) -> None:
    encoder, before = VmcEncoder(), None
    for step in range(120):
        listener = VmcListener()
        for datagram in encoder.encode(make_pose(2, step / 30, spread_rad=3.1), step / 30):
            listener.receive(datagram)
        now = np.array([listener.bones[name][3:] for name in UNITY_PARENTS])
        if before is not None:
            assert np.einsum("jk,jk->j", now, before).min() > 0
        before = now


def test_python_osc_reads_the_same_messages(make_pose: PoseMaker) -> None:
    for datagram in VmcEncoder().encode(make_pose(3), 0.25):
        ours = [(address, values) for address, _, values in osc_messages(datagram)]
        theirs = [(message.address, message.params) for message in OscBundle(datagram)]
        assert ours == theirs
