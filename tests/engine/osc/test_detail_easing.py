"""Fingers and face at the output rate: without jumps or overshoot, there when the next pose is due, None when off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.osc.demo_pose import wave_pose
from engine.osc.detail_easing import LONGEST_S, DetailEasing
from engine.osc.predictor import Predictor
from engine.types import Pose

FRAME_S = 1 / 30


def pose_at(time_s: float, bend_deg: float, blink: float) -> Pose:
    fingers = Rotation.from_euler("Z", np.full((30, 1), bend_deg), degrees=True).as_quat().astype(np.float32)
    eyes = Rotation.from_euler("Y", np.full((2, 1), bend_deg / 4), degrees=True).as_quat().astype(np.float32)
    return replace(
        wave_pose(1.7, 0.0),
        captured_at_s=time_s,
        fingers_xyzw=fingers,
        eyes_xyzw=eyes,
        expression=np.full(52, blink, np.float32),
    )


def bend_of(fingers: np.ndarray) -> float:
    return float(np.degrees(Rotation.from_quat(fingers[3]).magnitude()))


def test_a_fist_and_a_blink_are_reached_smoothly_and_never_overshot() -> None:
    predictor = Predictor()
    predictor.push(pose_at(0.0, 0.0, 0.0), 0.03)
    predictor.push(pose_at(FRAME_S, 0.0, 0.0), 0.03 + FRAME_S)
    predictor.push(pose_at(2 * FRAME_S, 80.0, 1.0), 0.03 + 2 * FRAME_S)
    bends, blinks = [], []
    for tick in range(13):
        found = predictor.at(0.03 + 2 * FRAME_S + tick / 120)
        assert found is not None
        assert found.fingers_xyzw is not None
        assert found.expression is not None
        np.testing.assert_allclose(np.linalg.norm(found.fingers_xyzw, axis=1), 1.0, atol=1e-5)
        bends.append(bend_of(found.fingers_xyzw))
        blinks.append(float(found.expression[0]))
    assert bends[0] == pytest.approx(0.0, abs=0.1)
    assert blinks[:4] == pytest.approx([0.0, 0.25, 0.5, 0.75], abs=1e-3)
    assert np.diff(bends).max() < 30
    assert (np.diff(bends) > -0.1).all()
    assert bends[4:] == pytest.approx([80.0] * 9, abs=0.1)
    assert max(blinks) == 1.0


def test_poses_that_come_seldom_are_reached_within_the_limit() -> None:
    easing = DetailEasing()
    easing.push(pose_at(0.0, 0.0, 0.0), 0.0)
    easing.push(pose_at(0.2, 40.0, 1.0), 0.2)
    assert easing.at(0.2)["expression"] == pytest.approx(np.zeros(52))
    assert easing.at(0.2 + LONGEST_S)["expression"] == pytest.approx(np.ones(52))


def test_the_first_value_is_there_at_once_and_what_is_switched_off_is_gone_at_once() -> None:
    easing = DetailEasing()
    assert easing.at(0.0) == {"fingers_xyzw": None, "eyes_xyzw": None, "expression": None}
    easing.push(pose_at(0.0, 30.0, 0.5), 0.0)
    fingers = easing.at(0.0)["fingers_xyzw"]
    assert fingers is not None
    assert bend_of(fingers) == pytest.approx(30.0, abs=0.01)
    easing.push(replace(pose_at(FRAME_S, 30.0, 0.5), fingers_xyzw=None), FRAME_S)
    now = easing.at(FRAME_S + 0.001)
    assert now["fingers_xyzw"] is None
    assert now["expression"] is not None


def test_a_quaternion_of_the_other_sign_takes_the_short_way() -> None:
    easing = DetailEasing()
    first, second = pose_at(0.0, 10.0, 0.0), pose_at(FRAME_S, 20.0, 0.0)
    assert second.fingers_xyzw is not None
    easing.push(first, 0.0)
    easing.push(replace(second, fingers_xyzw=-second.fingers_xyzw), FRAME_S)
    fingers = easing.at(1.5 * FRAME_S)["fingers_xyzw"]
    assert fingers is not None
    assert bend_of(fingers) == pytest.approx(15.0, abs=0.1)
