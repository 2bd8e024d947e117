"""A VMC target with an avatar file: the stream fits that model, byte for byte as a receiver applies it."""

from __future__ import annotations

import dataclasses
import json
import socket
import struct
import time
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.errors import InputError, UsageError
from engine.osc.demo_pose import t_pose, wave_pose
from engine.osc.hub import OutputHub
from engine.osc.targets import open_target, parse_target
from engine.osc.vmc import VmcEncoder, VmcFeed
from engine.types import Pose
from tests.engine.avatar.made_avatars import glb, made_document
from tests.engine.avatar.raw_receiver import worlds
from tests.engine.osc.vmc_listener import VmcListener, osc_messages

DATA = Path(__file__).parents[1] / "avatar" / "data"
ADULT, CHILD = DATA / "adult_1.0.vrm", DATA / "child_0.0.vrm"


def _encoder(path: Path, options: str = "") -> VmcEncoder:
    encoder = parse_target(f"vmc://127.0.0.1?avatar={quote(str(path))}{options}").encoder()
    assert isinstance(encoder, VmcEncoder)
    return encoder


def _heard(encoder: VmcEncoder, pose: Pose) -> VmcListener:
    listener = VmcListener()
    for datagram in encoder.encode(pose, 0.5):
        listener.receive(datagram, longest=2000)
    return listener


def _document(path: Path) -> dict:
    data = path.read_bytes()
    return json.loads(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]])


def _applied(listener: VmcListener) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Local places and quaternions in our axes: Unity's x is mirrored."""
    return {
        name: (np.array(values[:3]) * [-1, 1, 1], np.array(values[3:]) * [1, -1, -1, 1])
        for name, values in listener.bones.items()
    }


@pytest.mark.parametrize("path", [ADULT, CHILD], ids=["1.0", "0.x"])
def test_a_receiver_that_applies_all_transforms_shows_the_model_as_it_is(path: Path) -> None:
    document, encoder = _document(path), _encoder(path)
    rest = worlds(document)
    shown = worlds(document, _applied(_heard(encoder, t_pose(1.9))))
    for name in rest:
        np.testing.assert_allclose(shown[name][0], rest[name][0], atol=1e-5)
    assert "UpperChest" not in _heard(encoder, t_pose(1.9)).bones
    waving = worlds(document, _applied(_heard(encoder, wave_pose(1.9, 0.0))))
    upper_arm = waving["LeftLowerArm"][0] - waving["LeftUpperArm"][0]
    down = Rotation.from_euler("Z", -70, degrees=True).apply([1, 0, 0])
    np.testing.assert_allclose(upper_arm / np.linalg.norm(upper_arm), down, atol=1e-3)
    assert np.linalg.norm(upper_arm) == pytest.approx(
        np.linalg.norm(rest["LeftLowerArm"][0] - rest["LeftUpperArm"][0]), abs=1e-5
    )


def test_normalised_rotations_are_against_the_t_pose() -> None:
    listener = _heard(_encoder(ADULT, "&rotations=normalised"), t_pose(1.7))
    assert all(values[3:] == pytest.approx([0, 0, 0, 1]) for values in listener.bones.values())
    x, y, z = listener.joint_in_our_world("LeftHand")
    np.testing.assert_allclose([x, y, z], worlds(_document(ADULT))["LeftHand"][0], atol=1e-5)
    godot, blender = (_heard(_encoder(ADULT, f"&preset={name}"), t_pose(1.7)).bones for name in ("godot", "blender"))
    assert godot == blender == listener.bones


@pytest.mark.parametrize("path", [ADULT, CHILD], ids=["1.0", "0.x"])
def test_travel_in_root_and_facing_back_go_with_an_avatar(path: Path) -> None:
    pose = wave_pose(1.7, 0.2)
    shift = np.array([1.0, 0, -0.5], np.float32)
    pose = dataclasses.replace(pose, root_m=pose.root_m + shift, joints_world_m=pose.joints_world_m + shift)
    document = _document(path)
    forward = worlds(document, _applied(_heard(_encoder(path), pose)))
    back = worlds(document, _applied(_heard(_encoder(path, "&facing=back"), pose)))
    for name, (place, _) in forward.items():
        np.testing.assert_allclose(back[name][0], place * [-1, 1, -1], atol=1e-4)
    root = _heard(_encoder(path, "&travel=root"), pose)
    hips = forward["Hips"][0]
    np.testing.assert_allclose(root.root[:3], [-hips[0], 0, hips[2]], atol=1e-5)
    np.testing.assert_allclose(root.bones["Hips"][:3], [0, hips[1], 0], atol=1e-5)


def test_of_a_face_the_model_gets_what_it_has_by_its_own_names() -> None:
    face = VmcFeed(blends=(("Joy", 0.25), ("Blink_L", 1.0), ("happy", 0.5), ("cheekPuff", 0.7), ("a", 0.1)))
    adult, child = _encoder(ADULT), _encoder(CHILD)
    adult.feed = child.feed = face
    assert _heard(adult, t_pose(1.7)).blends == {
        "happy": 0.25,
        "blinkLeft": 1.0,
        "aa": pytest.approx(0.1),
    }
    assert _heard(child, t_pose(1.7)).blends == {"Joy": 0.25, "Blink_L": 1.0, "A": pytest.approx(0.1)}
    adult.feed = VmcFeed()
    assert _heard(adult, t_pose(1.7)).blends == {}


def test_a_folded_bone_and_the_upper_body_alone() -> None:
    bones = _heard(_encoder(ADULT, "&fold=shoulders&bones=upper"), t_pose(1.7)).bones
    assert set(bones) == {"Hips", "Spine", "Chest", "Neck", "Head"} | {
        f"{side}{name}" for side in ("Left", "Right") for name in ("UpperArm", "LowerArm", "Hand")
    }


def test_without_positions_an_avatar_gets_only_the_hips() -> None:
    bones = _heard(_encoder(CHILD, "&positions=none"), t_pose(1.7)).bones
    assert bones["Hips"][1] == pytest.approx(0.4331, abs=1e-3)
    assert all(values[:3] == [0, 0, 0] for name, values in bones.items() if name != "Hips")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("rotations=normalised", "rotations=normalised needs avatar=FILE.vrm"),
        ("avatar=a.vrm&positions=neutral", "positions=neutral contradicts avatar="),
        ("avatar=a.vrm&rotations=local", "rotations=local is not one of raw, normalised"),
        ("avatar=a.vrm#2.vrm", "write %23 for a #"),
    ],
)
def test_a_wrong_setting_is_told_before_any_file_is_read(query: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_target(f"vmc://127.0.0.1?{query}")
    assert says in str(caught.value)


def test_a_name_with_spaces_and_signs_is_found(tmp_path: Path) -> None:
    path = tmp_path / "my avatar #2 & co.vrm"
    path.write_bytes(glb(made_document()))
    assert "LeftHand" in _heard(_encoder(path), t_pose(1.7)).bones


def test_a_file_that_is_none_stops_its_own_target_and_no_other(tmp_path: Path, receiver: socket.socket) -> None:
    path = tmp_path / "a.vrm"
    path.write_bytes(b"\x89PNG and so on")
    with pytest.raises(InputError, match="is not an avatar"):
        open_target(f"vmc://127.0.0.1:39539?avatar={quote(str(path))}")
    bad = f"vmc://127.0.0.1:39539?avatar={quote(str(path))}"
    hub = OutputHub((bad, f"vmc://127.0.0.1:{receiver.getsockname()[1]}"))
    try:
        hub.put(t_pose(1.7))
        assert b"/VMC/Ext/OK" in receiver.recv(2048)
        until_s = time.monotonic() + 10
        while hub.states()[0].error is None and time.monotonic() < until_s:
            time.sleep(0.005)
        state = hub.states()[0]
        assert "expected a .vrm file" in (state.error or "")
        assert "retried" in (state.error or "")
        assert state.packets == 0
    finally:
        hub.close()


def test_a_target_with_an_avatar_opens_in_the_background(receiver: socket.socket) -> None:
    hub = OutputHub((f"vmc://127.0.0.1:{receiver.getsockname()[1]}?avatar={quote(str(CHILD))}",))
    try:
        until_s, heard = time.monotonic() + 10, b""
        receiver.settimeout(0.05)
        while not heard and time.monotonic() < until_s:
            hub.put(t_pose(1.7))
            try:
                heard = receiver.recv(2048)
            except TimeoutError:
                continue
        assert osc_messages(heard)[0][0] == "/VMC/Ext/OK"
    finally:
        hub.close()


def test_targets_that_want_the_same_numbers_of_one_avatar_share_them() -> None:
    one, bundled, other = _encoder(ADULT), _encoder(ADULT, "&packets=one"), _encoder(ADULT, "&bones=upper")
    pose = wave_pose(1.7, 0.3)
    heard = [_heard(encoder, pose) for encoder in (one, bundled, other)]
    assert one._bones.numbers(pose) is bundled._bones.numbers(pose)
    assert heard[0].bones == heard[1].bones
    assert set(heard[2].bones) < set(heard[0].bones)
    assert _heard(one, wave_pose(1.7, 0.5)).bones != heard[0].bones
