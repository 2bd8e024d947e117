"""Eyes and face for VRChat: addresses, signs and ranges by its documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.errors import UsageError
from engine.osc.targets import parse_target
from engine.osc.vrchat_face import PARAMETERS, UNIFIED
from engine.types import Pose
from models.face import EXPRESSION, EXPRESSION_NAMES
from tests.engine.detailed_poses import with_details
from tests.engine.osc.vmc_listener import osc_messages

PoseMaker = Callable[..., Pose]


def sent(pose: Pose, options: str = "") -> dict[str, list]:
    datagrams = parse_target(f"vrchat://127.0.0.1{options}").encoder().encode(pose, 0.0)
    assert all(len(data) <= 1200 for data in datagrams)
    found: dict[str, list] = {}
    for data in datagrams:
        for address, _, values in osc_messages(data):
            assert address not in found
            found[address] = values
    return found


def looking(pose: Pose, left_deg: float, down_deg: float) -> Pose:
    look = Rotation.from_euler("YX", [left_deg, down_deg], degrees=True).as_quat().astype(np.float32)
    return replace(pose, eyes_xyzw=np.stack([look, look]))


def test_eyes_are_told_in_degrees_down_and_right(make_pose: PoseMaker):
    values = sent(looking(with_details(make_pose()), 20.0, 10.0))
    assert values["/tracking/eye/CenterPitchYaw"] == pytest.approx([10.0, -20.0], abs=0.01)
    x, y = values["/avatar/parameters/v2/EyeLeftX"][0], values["/avatar/parameters/v2/EyeLeftY"][0]
    assert x < 0
    assert y < 0
    assert values["/avatar/parameters/v2/EyeRightX"] == [x]


def test_lids_and_parameters_have_the_values_of_their_scores(make_pose: PoseMaker):
    pose = with_details(make_pose())
    scores = pose.expression.copy()
    scores[EXPRESSION["eyeBlinkLeft"]], scores[EXPRESSION["eyeBlinkRight"]] = 1.0, 0.0
    values = sent(replace(pose, expression=scores))
    assert values["/tracking/eye/EyesClosedAmount"] == [0.5]
    assert values["/avatar/parameters/v2/EyeLidLeft"] == [0.0]
    assert values["/avatar/parameters/v2/EyeLidRight"] == [0.75]
    for name, score in UNIFIED.items():
        assert values[f"/avatar/parameters/v2/{name}"] == pytest.approx([float(scores[EXPRESSION[score]])])
    assert set(UNIFIED.values()) <= set(EXPRESSION_NAMES)


def test_sides_stay_on_their_side():
    for name, score in UNIFIED.items():
        if score.endswith(("Left", "Right")):
            assert name.endswith("Left") == score.endswith("Left")


def test_without_a_face_only_trackers_are_sent_and_each_part_can_be_left_out(make_pose: PoseMaker):
    body = sent(make_pose())
    assert all(address.startswith("/tracking/trackers/") for address in body)
    pose = with_details(make_pose())
    assert len(sent(pose)) == len(body) + 2 + len(PARAMETERS)
    assert len(sent(pose, "?face=0")) == len(body) + 2
    assert len(sent(pose, "?eyes=0&face=0")) == len(body)


def test_the_prefix_of_an_avatar_goes_before_the_parameters(make_pose: PoseMaker):
    pose = with_details(make_pose())
    assert "/avatar/parameters/FT/v2/JawOpen" in sent(pose, "?prefix=FT")
    assert "/avatar/parameters/FT/v2/JawOpen" in sent(pose, "?prefix=/FT/")
    with pytest.raises(UsageError, match="prefix"):
        parse_target("vrchat://127.0.0.1?prefix=a%20b")


def test_numbers_that_are_none_are_not_sent(make_pose: PoseMaker):
    pose = with_details(make_pose())
    broken = replace(pose, expression=np.full(52, np.nan, np.float32))
    assert len(sent(broken)) == len(sent(make_pose()))
