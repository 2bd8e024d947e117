"""Hands and face over plain OSC: what the map says is what comes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from app.commands.osc_map import map_lines
from engine.osc.plain import PlainOptions, PlainOscEncoder, address_map
from engine.osc.targets import parse_target
from engine.types import Pose
from models.face import EXPRESSION, EXPRESSION_NAMES
from models.fingers import FINGER_NAMES
from tests.engine.detailed_poses import with_details
from tests.engine.osc.vmc_listener import osc_messages

PoseMaker = Callable[..., Pose]


def sent(encoder: PlainOscEncoder, pose: Pose) -> dict[str, tuple[str, list]]:
    return {
        address: (tags, values) for data in encoder.encode(pose, 0.0) for address, tags, values in osc_messages(data)
    }


def test_everything_in_the_map_is_sent_once_with_its_types(make_pose: PoseMaker):
    found = sent(PlainOscEncoder(), with_details(make_pose()))
    expected = {entry.message.address: entry.message.tags for entry in address_map()}
    assert {address: tags for address, (tags, _) in found.items()} == expected
    assert len([address for address in expected if "/finger/" in address]) == len(FINGER_NAMES)
    assert len([address for address in expected if "/face/" in address]) == 51


def test_the_values_are_those_of_the_pose(make_pose: PoseMaker):
    pose = with_details(make_pose())
    found = sent(PlainOscEncoder(), pose)
    assert found["/mocap/face/jawOpen"][1] == pytest.approx([float(pose.expression[EXPRESSION["jawOpen"]])])
    assert found["/mocap/part/left_hand"][1] == pytest.approx([0.9])
    turn = np.array(found["/mocap/finger/RightLittleDistal/rot"][1])
    assert abs(float(turn @ pose.fingers_xyzw[-1])) == pytest.approx(1.0, abs=1e-5)
    assert len(found["/mocap/eye/LeftEye/rot"][1]) == 4


def test_without_hands_and_face_none_of_it_is_sent(make_pose: PoseMaker):
    found = sent(PlainOscEncoder(), make_pose())
    assert not [address for address in found if any(part in address for part in ("finger", "eye", "face", "_hand"))]


@pytest.mark.parametrize("group", ["details", "fingers", "eyes", "face"])
def test_a_group_can_be_sent_alone(make_pose: PoseMaker, group: str):
    encoder = parse_target(f"osc://127.0.0.1?send={group}").encoder()
    assert isinstance(encoder, PlainOscEncoder)
    found = sent(encoder, with_details(make_pose()))
    assert set(found) == {entry.message.address for entry in address_map(PlainOptions(send=frozenset({group})))}
    assert encoder.encode_lost(0.0) == []


def test_the_map_lists_them():
    lines = map_lines()
    assert any(line.startswith("/mocap/finger/LeftThumbProximal/rot") for line in lines)
    assert any(line.startswith(f"/mocap/face/{EXPRESSION_NAMES[-1]}") for line in lines)
    assert len(map_lines(send="fingers")) == 30
