"""What a target's URL can ask for: VMC presets and settings, VRChat trackers, plain OSC groups, a rate."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Callable

import numpy as np
import pytest
from pythonosc.osc_bundle import OscBundle

from engine.errors import UsageError
from engine.osc.plain import GROUPS, PlainOptions, PlainOscEncoder, address_map
from engine.osc.receivers import PRESETS
from engine.osc.targets import open_target, parse_target
from engine.osc.vmc import VmcEncoder, VmcFeed
from engine.osc.vmc_options import VmcOptions
from engine.osc.vrchat import VrchatEncoder, VrchatOptions
from engine.types import Pose
from models.parts import PART
from models.skeleton import JOINT
from tests.engine.detailed_poses import with_details
from tests.engine.osc.vmc_listener import UNITY_PARENTS, VmcListener, osc_messages

PoseMaker = Callable[..., Pose]


def _listen(encoder: VmcEncoder, pose: Pose, elapsed_s: float = 0.0, longest: int = 1200) -> VmcListener:
    listener = VmcListener()
    for datagram in encoder.encode(pose, elapsed_s):
        listener.receive(datagram, longest)
    return listener


def _options(url_query: str) -> VmcOptions:
    settings = parse_target(f"vmc://127.0.0.1?{url_query}").settings
    assert isinstance(settings, VmcOptions)
    return settings


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("change", ["", "&travel=root", "&fold=upperchest", "&fold=shoulders,upperchest&travel=root"])
def test_every_preset_keeps_every_joint_within_a_millimetre(make_pose: PoseMaker, preset: str, change: str) -> None:
    pose = make_pose(1, 0.9)
    encoder = VmcEncoder(_options(f"preset={preset}&speed=0&trunk=own{change}"))
    listener = _listen(encoder, pose, longest=2000)
    folded = {name for name in ("UpperChest", "LeftShoulder", "RightShoulder") if name not in listener.bones}
    assert bool(folded) == bool(_options(f"preset={preset}{change}").fold)
    for name in UNITY_PARENTS.keys() - folded:
        assert np.linalg.norm(listener.joint_in_our_world(name) - pose.joints_world_m[JOINT[name]]) < 1e-3, name


def test_travel_in_root_stays_on_the_floor_and_leaves_the_height_to_the_hips(make_pose: PoseMaker) -> None:
    pose = make_pose(1, 0.9)
    listener = _listen(VmcEncoder(_options("travel=root")), pose)
    x, y, z = pose.root_m
    np.testing.assert_allclose(listener.root[:3], [-x, 0, z], atol=1e-6)
    np.testing.assert_allclose(listener.bones["Hips"][:3], [0, y, 0], atol=1e-6)


@pytest.mark.parametrize("travel", ["hips", "root"])
def test_facing_back_turns_everything_half_round(make_pose: PoseMaker, travel: str) -> None:
    pose = make_pose(1, 0.9)
    listener = _listen(VmcEncoder(_options(f"facing=back&travel={travel}")), pose)
    for name, row in JOINT.items():
        x, y, z = pose.joints_world_m[row]
        np.testing.assert_allclose(listener.joint_in_our_world(name), [-x, y, -z], atol=1e-3)


def test_without_positions_only_the_hips_have_one(make_pose: PoseMaker) -> None:
    listener = _listen(VmcEncoder(_options("positions=none")), make_pose())
    assert all(listener.bones[name][:3] == [0, 0, 0] for name in UNITY_PARENTS if name != "Hips")
    assert listener.bones["Hips"][1] > 0.5


def test_neutral_positions_are_the_same_for_every_person_of_one_height(make_pose: PoseMaker) -> None:
    encoder = VmcEncoder(_options("positions=neutral"))
    first, second = (_listen(encoder, make_pose(seed)) for seed in (1, 2))
    for name in UNITY_PARENTS.keys() - {"Hips"}:
        np.testing.assert_allclose(first.bones[name][:3], second.bones[name][:3], atol=1e-5)
    own, standing = make_pose(1).rest_offsets_m[0, 1], make_pose(1).root_m[1]
    legs = -sum(first.bones[name][1] for name in ("LeftLowerLeg", "LeftFoot", "LeftToes"))
    assert first.bones["Hips"][1] == pytest.approx(standing / own * legs, rel=0.05)


def test_one_bundle_or_bare_messages_carry_the_same(make_pose: PoseMaker) -> None:
    pose = make_pose(3)
    two, one, bare = (VmcEncoder(_options(f"packets={mode}")).encode(pose, 0.5) for mode in ("two", "one", "bare"))
    assert (len(two), len(one), len(bare)) == (2, 1, 26)
    messages = [[message for packet in packets for message in osc_messages(packet)] for packets in (two, one, bare)]
    assert messages[0] == messages[1] == messages[2]


def test_extras_tell_contacts_and_confidence_each_frame_and_bone_lengths_once_a_second(make_pose: PoseMaker) -> None:
    encoder, pose = VmcEncoder(_options("extras=1")), make_pose()
    first, second, later = (_listen(encoder, pose, elapsed_s) for elapsed_s in (0.0, 0.5, 1.1))
    assert first.extras["VTM/Contact", "Right"] == 0.75
    assert second.extras["VTM/Confidence", "Body"] == 0.5
    assert second.extras["VTM/Confidence", "LeftLeg"] == pytest.approx(pose.part_confidence[PART["left_leg"]])
    assert first.extras["VTM/BoneLength", "LeftHand"] == pytest.approx(pose.bone_lengths_m[JOINT["LeftHand"]])
    assert [len(listener.extras) for listener in (first, second, later)] == [9 + 21, 9, 9 + 21]
    encoder.feed = VmcFeed(requests=1)
    assert len(_listen(encoder, pose, 1.2).extras) == 9 + 21


def test_a_face_from_an_assistant_goes_out_before_apply(make_pose: PoseMaker) -> None:
    encoder = VmcEncoder()
    encoder.feed = VmcFeed(blends=(("Joy", 0.25), ("A", 1.0)))
    listener = _listen(encoder, make_pose())
    assert listener.blends == {"Joy": 0.25, "A": 1.0}
    assert listener.applies == 1
    last = osc_messages(encoder.encode(make_pose(), 0.0)[-1])
    assert [message[0] for message in last[-3:]] == ["/VMC/Ext/Blend/Val"] * 2 + ["/VMC/Ext/Blend/Apply"]


def test_ever_new_names_of_a_face_fill_no_memory(make_pose: PoseMaker) -> None:
    encoder, pose = VmcEncoder(), make_pose()
    for n in range(100):
        encoder.feed = VmcFeed(blends=((f"face{n}", 0.5),))
        assert _listen(encoder, pose).blends == {f"face{n}": 0.5}
    assert len(encoder._layouts) <= 16


def test_asked_periods_are_kept(make_pose: PoseMaker) -> None:
    encoder = VmcEncoder()
    encoder.feed = VmcFeed(status_every=2, root_every=3, bones_every=1, blends_every=4)
    heard = [_listen(encoder, make_pose()) for _ in range(12)]
    assert sum(bool(listener.ok) for listener in heard) == 6
    assert sum(bool(listener.root) for listener in heard) == 4
    assert sum(len(listener.bones) == 22 for listener in heard) == 12
    assert sum(listener.applies for listener in heard) == 3


def test_the_calibration_state_is_told(make_pose: PoseMaker) -> None:
    encoder = VmcEncoder()
    encoder.feed = VmcFeed(calibration=2)
    assert _listen(encoder, make_pose()).ok == [1, 2, 0, 1]


def test_only_the_chosen_vrchat_trackers_are_sent(make_pose: PoseMaker) -> None:
    settings = parse_target("vrchat://127.0.0.1?trackers=hip,feet").settings
    assert isinstance(settings, VrchatOptions)
    (datagram,) = VrchatEncoder(settings).encode(make_pose(), 0.0)
    numbers = [message.address.split("/")[3] for message in OscBundle(datagram)]
    assert numbers == ["1", "1", "2", "2", "3", "3"]


def test_plain_osc_sends_the_chosen_groups_under_the_prefix_every_so_many_poses(make_pose: PoseMaker) -> None:
    settings = parse_target("osc://127.0.0.1?prefix=/stage/one&send=root,contacts&every=3").settings
    assert isinstance(settings, PlainOptions)
    encoder = PlainOscEncoder(settings)
    frames = [encoder.encode(make_pose(), 0.0) for _ in range(6)]
    assert [len(frame) for frame in frames] == [1, 0, 0, 1, 0, 0]
    addresses = [message.address for message in OscBundle(frames[0][0])]
    assert addresses == [f"/stage/one/{name}" for name in ("root/x", "root/y", "root/z", "contact/l", "contact/r")]


@pytest.mark.parametrize("group", GROUPS)
def test_the_address_map_is_what_is_sent(make_pose: PoseMaker, group: str) -> None:
    options = PlainOptions(send=frozenset({group}))
    sent = [
        message
        for packet in PlainOscEncoder(options).encode(with_details(make_pose()), 0.0)
        for message in OscBundle(packet)
    ]
    entries = address_map(options)
    assert [message.address for message in sent] == [entry.message.address for entry in entries]
    assert [len(message.params) for message in sent] == [len(entry.message.tags) for entry in entries]
    assert all(entry.meaning for entry in entries)


def test_plain_osc_tells_the_speed_over_the_floor(make_pose: PoseMaker) -> None:
    encoder = PlainOscEncoder(PlainOptions(send=frozenset({"speed"})))
    for n in range(60):
        pose = dataclasses.replace(make_pose(time_s=n / 30), root_m=np.array([0.03 * n, 0.9, 0.04 * n], np.float32))
        (datagram,) = encoder.encode(pose, 0.0)
    (message,) = OscBundle(datagram)
    assert message.params[0] == pytest.approx(1.5, rel=0.01)


def test_a_rate_leaves_poses_out_evenly_and_jitter_costs_none(make_pose: PoseMaker, receiver: socket.socket) -> None:
    port, now = receiver.getsockname()[1], [0.0]
    for hertz, expected in ((30, 60), (24, 48), (60, 120), (90, 120)):
        jitter = np.random.default_rng(0)
        sender = open_target(f"vrchat://127.0.0.1:{port}?rate={hertz}", clock=lambda: now[0])
        for n in range(120):  # two seconds at 60 Hz
            now[0] = 1000 * hertz + n / 60 + jitter.uniform(-1e-3, 1e-3)
            sender.send(make_pose())
        assert sender.state().packets == pytest.approx(expected, abs=1)
        sender.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("vmc://h?preset=vtube", "preset=vtube is not one of generic, vseeface"),
        ("vmc://h?packets=three", "packets=three is not one of two, one, bare"),
        ("vmc://h?fold=neck", "fold=neck is not one of upperchest, shoulders"),
        ("vmc://h?trackers=hip", "unknown option 'trackers'; known are"),
        ("vmc://h?rate=fast", "rate=fast is not a number from 0 to 1000"),
        ("vmc://h?rate=-1", "rate=-1"),
        ("vmc://h?rate=1&rate=2", "given twice"),
        ("vrchat://h?trackers=tail", "trackers=tail is not one of hip"),
        ("vrchat://h?trackers=", "is empty"),
        ("osc://h?prefix=mocap", "prefix=mocap is not an OSC address"),
        ("osc://h?prefix=/a*b", "not an OSC address"),
        ("osc://h?send=everything", "send=everything is not one of root"),
        ("osc://h?send=", "is empty"),
        ("osc://h?every=0", "every=0"),
    ],
)
def test_a_wrong_option_is_one_line_that_tells_what_is_allowed(url: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_target(url)
    assert says in str(caught.value)
    assert repr(url) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_avatar_programs_own_legs_are_left_alone(make_pose: PoseMaker) -> None:
    pose = make_pose()
    whole, upper = _listen(VmcEncoder(_options("")), pose, 0.0), _listen(VmcEncoder(_options("bones=upper")), pose, 0.0)
    left_out = set(whole.bones) - set(upper.bones)
    assert left_out == {
        f"{side}{name}" for side in ("Left", "Right") for name in ("UpperLeg", "LowerLeg", "Foot", "Toes")
    }
    assert all(upper.bones[name] == whole.bones[name] for name in upper.bones)
