"""VRChat trackers on poses whose answer is known, and the flat addresses of plain OSC; read back with python-osc."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from pythonosc.osc_bundle import OscBundle
from scipy.spatial.transform import Rotation

from engine.errors import UsageError
from engine.osc.plain import PlainOptions, PlainOscEncoder
from engine.osc.targets import parse_target
from engine.osc.vrchat import VrchatEncoder, VrchatOptions, euler_unity_deg
from engine.types import Pose
from models.kinematics import forward_kinematics
from models.parts import PART_NAMES
from models.skeleton import JOINT

PoseMaker = Callable[..., Pose]
FULL = VrchatOptions(head="full")


def _values(datagrams: list[bytes]) -> dict[str, list]:
    assert all(len(datagram) <= 1200 for datagram in datagrams)
    return {message.address: message.params for datagram in datagrams for message in OscBundle(datagram)}


@pytest.fixture
def posed(make_pose: PoseMaker):
    """posed({joint: rotation}, root) -> the T-pose with these local rotations."""

    def make(turns: dict[str, Rotation], root: tuple[float, float, float] = (0.0, 0.9, 0.0)) -> Pose:
        pose = make_pose()
        rotations = np.tile(np.array([0, 0, 0, 1], np.float32), (22, 1))
        for name, turn in turns.items():
            rotations[JOINT[name]] = turn.as_quat()
        matrices = Rotation.from_quat(rotations).as_matrix()
        joints, _ = forward_kinematics(matrices, pose.rest_offsets_m, np.array(root))
        return dataclasses.replace(
            pose, rotations_xyzw=rotations, root_m=np.array(root, np.float32), joints_world_m=joints.astype(np.float32)
        )

    return make


def test_vrchat_gets_eight_trackers_and_the_head_in_one_bundle(make_pose: PoseMaker) -> None:
    datagrams = VrchatEncoder(FULL).encode(make_pose(), 0.0)
    assert len(datagrams) == 1
    names = [*map(str, range(1, 9)), "head"]
    assert list(_values(datagrams)) == [f"/tracking/trackers/{n}/{w}" for n in names for w in ("position", "rotation")]


def test_in_the_t_pose_all_vrchat_rotations_are_zero_and_left_is_at_minus_x(posed: PoseMaker) -> None:
    values = _values(VrchatEncoder(FULL).encode(posed({}), 0.0))
    for address, value in values.items():
        if address.endswith("rotation"):
            np.testing.assert_allclose(value, 0.0, atol=1e-4)
    assert values["/tracking/trackers/7/position"][0] < -0.3  # left elbow
    assert values["/tracking/trackers/8/position"][0] > 0.3
    assert values["/tracking/trackers/head/position"][1] > values["/tracking/trackers/6/position"][1] > 0.9


def test_turned_ninety_degrees_left_is_minus_ninety_yaw_in_unity(posed: PoseMaker) -> None:
    left = Rotation.from_euler("Y", 90, degrees=True)  # +Z to +X, where our left is
    values = _values(VrchatEncoder(FULL).encode(posed({"Hips": left}), 0.0))
    for tracker in ("1", "6", "head"):
        np.testing.assert_allclose(values[f"/tracking/trackers/{tracker}/rotation"], [0, -90, 0], atol=1e-3)
    # facing Unity's -X, the left hand side is towards -Z
    assert values["/tracking/trackers/7/position"][2] < -0.3


def test_a_lifted_left_thigh_pitches_the_left_knee_up(posed: PoseMaker) -> None:
    lifted = Rotation.from_euler("X", -80, degrees=True)  # thigh from down to forward, +Z
    values = _values(VrchatEncoder(FULL).encode(posed({"LeftUpperLeg": lifted}), 0.0))
    np.testing.assert_allclose(values["/tracking/trackers/4/rotation"], [-80, 0, 0], atol=1e-3)
    np.testing.assert_allclose(values["/tracking/trackers/5/rotation"], 0, atol=1e-3)
    assert values["/tracking/trackers/4/position"][2] > 0.3


@pytest.mark.parametrize("seed", range(3))
def test_vrchat_euler_angles_rebuild_the_world_rotation_in_unitys_order(make_pose: PoseMaker, seed: int) -> None:
    pose = make_pose(seed, 0.4)
    _, world = forward_kinematics(Rotation.from_quat(pose.rotations_xyzw).as_matrix(), pose.rest_offsets_m, pose.root_m)
    values = _values(VrchatEncoder(FULL).encode(pose, 0.0))
    mirror = np.diag([-1.0, 1.0, 1.0])
    for tracker, bone in (("1", "Hips"), ("3", "RightFoot"), ("7", "LeftUpperArm"), ("head", "Head")):
        x, y, z = np.radians(values[f"/tracking/trackers/{tracker}/rotation"])
        Rx = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
        Ry = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
        Rz = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
        np.testing.assert_allclose(Ry @ Rx @ Rz, mirror @ world[JOINT[bone]] @ mirror, atol=1e-4)


def test_unitys_euler_angles_are_scipys() -> None:
    turns = Rotation.random(500, random_state=3)
    ours = [euler_unity_deg(*quaternion) for quaternion in turns.as_quat().tolist()]
    np.testing.assert_allclose(ours, turns.as_euler("YXZ", degrees=True)[:, [1, 0, 2]], atol=1e-6)


@pytest.mark.parametrize("pole_deg", [90.0, -90.0])
def test_unitys_euler_angles_rebuild_the_rotation_at_the_poles(pole_deg: float) -> None:
    for other in (0.0, 35.0, -170.0):
        turn = Rotation.from_euler("YXZ", [other, pole_deg, 20.0], degrees=True)
        x, y, z = euler_unity_deg(*turn.as_quat().tolist())
        assert (Rotation.from_euler("YXZ", [y, x, z], degrees=True).inv() * turn).magnitude() < 1e-4


def test_plain_osc_has_flat_numeric_addresses_for_everything(make_pose: PoseMaker) -> None:
    pose = make_pose(4)
    values = _values(PlainOscEncoder().encode(pose, 3.5))
    assert not any(isinstance(value, str) for params in values.values() for value in params)
    for name, row in JOINT.items():
        np.testing.assert_allclose(values[f"/mocap/joint/{name}/pos"], pose.joints_world_m[row], atol=1e-6)
        q = np.array(values[f"/mocap/joint/{name}/rot"])
        assert abs(q @ pose.rotations_xyzw[row]) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose([values[f"/mocap/root/{axis}"][0] for axis in "xyz"], pose.root_m, atol=1e-6)
    assert [values["/mocap/contact/l"], values["/mocap/contact/r"]] == [[0.25], [0.75]]
    assert values["/mocap/conf"] == [0.5]
    assert values["/mocap/part/head"] == [1.0]
    assert values["/mocap/time"] == [3.5]
    assert values["/mocap/tracked"] == [1]


def test_plain_osc_tells_the_rate_of_the_poses(make_pose: PoseMaker) -> None:
    encoder = PlainOscEncoder()
    first = _values(encoder.encode(make_pose(time_s=0.0), 0.0))
    for step in range(1, 30):
        last = _values(encoder.encode(make_pose(time_s=step / 40), step / 40))
    assert first["/mocap/fps"] == [0.0]
    assert last["/mocap/fps"][0] == pytest.approx(40.0, rel=1e-3)


def test_plain_osc_tells_that_nobody_is_tracked_where_that_is_sent() -> None:
    parts = {f"/mocap/part/{name}": [0.0] for name in PART_NAMES}
    expected = {"/mocap/conf": [0.0], **parts, "/mocap/tracked": [0]}
    assert _values(PlainOscEncoder().encode_lost(3.0)) == expected
    only = PlainOscEncoder(PlainOptions(send=frozenset({"tracked"})))
    assert _values(only.encode_lost(3.0)) == {"/mocap/tracked": [0]}
    assert PlainOscEncoder(PlainOptions(send=frozenset({"positions"}))).encode_lost(3.0) == []


def test_vrchat_has_no_message_for_it() -> None:
    assert VrchatEncoder().encode_lost(3.0) == []


def _head(encoder: VrchatEncoder, pose: Pose) -> set[str]:
    return {address.rpartition("/")[2] for address in _values(encoder.encode(pose, 0.0)) if "/head/" in address}


def test_the_heads_yaw_is_told_after_a_calibration_and_not_with_every_pose(make_pose: PoseMaker) -> None:
    encoder, pose = parse_target("vrchat://127.0.0.1").encoder(), make_pose()
    assert isinstance(encoder, VrchatEncoder)
    assert _head(encoder, pose) == {"position"}
    encoder.align()
    assert [len(_head(encoder, pose)) for _ in range(5)] == [2, 2, 2, 1, 1]


def test_the_head_can_be_sent_whole_or_not_at_all(make_pose: PoseMaker) -> None:
    for query, expected in (("head=full", {"position", "rotation"}), ("head=none", set()), ("trackers=hip", set())):
        encoder = parse_target(f"vrchat://127.0.0.1?{query}").encoder()
        assert isinstance(encoder, VrchatEncoder)
        encoder.align()
        assert _head(encoder, make_pose()) == expected
    only_head = parse_target("vrchat://127.0.0.1?trackers=head").encoder()
    assert len(_values(only_head.encode(make_pose(), 0.0))) == 1
    for query in ("trackers=", "trackers=head&head=none"):
        with pytest.raises(UsageError, match="is empty"):
            parse_target(f"vrchat://127.0.0.1?{query}")
    with pytest.raises(UsageError, match="head=yaw is not one of position, full, none"):
        parse_target("vrchat://127.0.0.1?head=yaw")
