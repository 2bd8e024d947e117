"""A VMC receiver written from the specification alone rebuilds the pose; python-osc reads the same messages."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pythonosc.osc_bundle import OscBundle

from engine.osc.vmc import VmcEncoder, VmcFeed
from engine.osc.vmc_options import VmcOptions
from engine.types import Pose
from models.skeleton import JOINT  # only to find the row of a name in the arrays of the sender
from tests.engine.osc.vmc_listener import UNITY_PARENTS, VmcListener, osc_messages

PoseMaker = Callable[..., Pose]


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
        distance = np.linalg.norm(listener.joint_in_our_world(name) - pose.joints_world_m[JOINT[name]])
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


def _kinds(datagrams: list[bytes]) -> set[str]:
    """The addresses of one frame, without /VMC/Ext."""
    messages = [message for datagram in datagrams for message in osc_messages(datagram)]
    return {address.removeprefix("/VMC/Ext/") for address, *_ in messages}


@pytest.mark.parametrize("rate_hz", [5, 30, 120])
def test_whatever_period_is_asked_for_each_group_is_sent_once_a_second(make_pose: PoseMaker, rate_hz: int) -> None:
    encoder = VmcEncoder()
    encoder.feed = VmcFeed(status_every=1000, root_every=1000, bones_every=1000, blends_every=1000)
    sent_at_s: dict[str, list[float]] = {"OK": [], "Root/Pos": [], "Bone/Pos": [], "Blend/Apply": []}
    for frame in range(10 * rate_hz):
        kinds = _kinds(encoder.encode(make_pose(), frame / rate_hz))
        for kind, times in sent_at_s.items():
            if kind in kinds:
                times.append(frame / rate_hz)
    for times in sent_at_s.values():
        assert len(times) >= 10
        assert np.diff(times).max() < 1.0 + 2 / rate_hz


def test_a_period_of_some_frames_is_kept(make_pose: PoseMaker) -> None:
    encoder = VmcEncoder()
    encoder.feed = VmcFeed(bones_every=4)
    with_bones = ["Bone/Pos" in _kinds(encoder.encode(make_pose(), frame / 30)) for frame in range(12)]
    assert with_bones == [frame % 4 == 0 for frame in range(12)]


def test_that_nobody_is_tracked_is_one_bundle_or_two_bare_messages() -> None:
    encoder = VmcEncoder()
    encoder.feed = VmcFeed(calibration=3)
    (datagram,) = encoder.encode_lost(2.5)
    assert osc_messages(datagram) == [("/VMC/Ext/OK", "iiii", [1, 3, 0, 0]), ("/VMC/Ext/T", "f", [2.5])]
    assert [datagram[:11] for datagram in VmcEncoder(VmcOptions(packets="bare")).encode_lost(2.5)] == [
        b"/VMC/Ext/OK",
        b"/VMC/Ext/T\0",
    ]
