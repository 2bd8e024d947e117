"""Receivers by name: each gets the stream that its way with a skeleton needs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.osc.receivers import PRESETS, RECEIVERS
from engine.osc.targets import parse_target
from engine.osc.vmc import VmcEncoder
from engine.types import Pose
from models.kinematics import forward_kinematics
from models.skeleton import JOINT
from tests.engine.osc.vmc_listener import VmcListener

PoseMaker = Callable[..., Pose]


def _bones(preset: str, pose: Pose, more: str = "") -> dict[str, list[float]]:
    encoder = parse_target(f"vmc://127.0.0.1?preset={preset}{more}").encoder()
    assert isinstance(encoder, VmcEncoder)
    listener = VmcListener()
    for datagram in encoder.encode(pose, 0.0):
        listener.receive(datagram, longest=2000)
    return listener.bones


def _turn(values: list[float]) -> Rotation:
    return Rotation.from_quat(np.array(values[3:]) * [1, -1, -1, 1])


def test_presets_of_the_same_content_are_one() -> None:
    by_content: dict[object, object] = {}
    for options in PRESETS.values():
        assert by_content.setdefault(options, options) is options
    assert len(by_content) < len(PRESETS)


@pytest.mark.parametrize("name", RECEIVERS)
def test_each_receiver_says_what_to_set_in_three_lines_that_name_its_port(name: str) -> None:
    receiver = RECEIVERS[name]
    assert len(receiver.settings) == 3
    assert str(receiver.port) in " ".join(receiver.settings)
    assert all(line.endswith(".") and len(line) < 120 for line in receiver.settings)


@pytest.mark.parametrize("preset", ["unreal", "gmr"])
def test_who_knows_no_upper_chest_gets_its_turn_with_the_chest(make_pose: PoseMaker, preset: str) -> None:
    pose = make_pose(2)
    bones = _bones(preset, pose, "&speed=0")
    assert "UpperChest" not in bones
    expected = Rotation.from_quat(pose.rotations_xyzw[JOINT["Chest"]])
    expected *= Rotation.from_quat(pose.rotations_xyzw[JOINT["UpperChest"]])
    assert (_turn(bones["Chest"]).inv() * expected).magnitude() < 1e-5


def test_who_copies_the_chest_to_the_upper_chest_shows_the_whole_bend(make_pose: PoseMaker) -> None:
    pose = make_pose(2)
    bones = _bones("slimevr", pose)
    chest = _turn(bones["Chest"])
    assert (chest.inv() * _turn(bones["UpperChest"])).magnitude() < 1e-5
    _, world = forward_kinematics(Rotation.from_quat(pose.rotations_xyzw).as_matrix(), pose.rest_offsets_m, pose.root_m)
    shown = _turn(bones["Hips"]) * _turn(bones["Spine"]) * chest * chest
    assert (shown.inv() * Rotation.from_matrix(world[JOINT["UpperChest"]])).magnitude() < 1e-5
    folded = _bones("slimevr", pose, "&fold=upperchest")
    assert (_turn(folded["Chest"]).inv() * chest * chest).magnitude() < 1e-5


def test_a_robot_is_given_no_turn_faster_than_its_limit(make_pose: PoseMaker) -> None:
    encoder = parse_target("vmc://127.0.0.1?preset=gmr&speed=20").encoder()
    poses = [make_pose(0), make_pose(5, 1.2)]
    turns, hips = [], []
    for frame in range(240):
        listener = VmcListener()
        for datagram in encoder.encode(dataclasses.replace(poses[frame // 20 % 2]), frame / 60):
            listener.receive(datagram, longest=2000)
        turns.append(Rotation.from_quat([values[3:] for values in listener.bones.values()]))
        hips.append(listener.bones["Hips"][:3])
    names = list(listener.bones)
    steps = np.array([(a.inv() * b).magnitude() for a, b in pairwise(turns)])
    assert steps.max() <= 20 / 60 + 1e-3
    assert steps[:12].max() < 0.05, "it starts softly"
    assert steps[130:].max() > 0.3, "and is not slowed down for ever"
    assert np.linalg.norm(np.diff(hips, axis=0), axis=1).max() <= 3 / 60 + 1e-3
    for name in ("LeftUpperArm", "RightUpperArm"):
        assert np.degrees(turns[0][names.index(name)].magnitude()) == pytest.approx(75, abs=0.5)


def test_a_robot_holds_its_pose_while_nobody_is_seen(make_pose: PoseMaker) -> None:
    encoder = parse_target("vmc://127.0.0.1?preset=gmr").encoder()
    heard = []
    for frame in range(100):
        pose = make_pose(frame // 30, 0.9)
        listener = VmcListener()
        for datagram in encoder.encode(pose.as_lost() if 60 <= frame < 90 else pose, frame / 30):
            listener.receive(datagram, longest=2000)
        heard.append(listener)
    for listener in heard[60:90]:
        assert listener.ok[3] == 0
        for name, values in listener.bones.items():
            np.testing.assert_allclose(values, heard[59].bones[name], atol=1e-6)
    assert any(heard[99].bones[name] != heard[59].bones[name] for name in heard[99].bones)
