"""Poses predicted to the present: ahead of a steady motion, within limits, without a jump, at rest for nobody."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.errors import UsageError
from engine.osc import predictor as predictor_module
from engine.osc.demo_pose import t_pose, wave_pose
from engine.osc.output_clock import SILENT_S, OscClock
from engine.osc.predictor import MOST_M, MOST_RAD, Predictor
from engine.types import Pose
from models.skeleton import JOINT

FRAME_S = 1 / 30
LATE_S = 0.04


def walking(time_s: float, speed: float = 1.0) -> Pose:
    """Waving while gliding along x."""
    pose = wave_pose(1.7, time_s)
    way = np.array([speed * time_s, 0, 0], np.float32)
    return replace(pose, root_m=pose.root_m + way, joints_world_m=pose.joints_world_m + way)


def error_m(found: Pose, wanted: Pose) -> float:
    return float(np.linalg.norm(found.joints_world_m - wanted.joints_world_m, axis=1).mean())


def test_the_present_is_nearer_than_the_last_pose_and_nothing_jumps():
    predictor = Predictor()
    predicted, held, steps, last = [], [], [], None
    pushed, newest = 0, walking(0.0)
    for time_s in np.arange(0.3, 3.0, 1 / 120):
        while pushed * FRAME_S + LATE_S <= time_s:
            newest = walking(pushed * FRAME_S)
            predictor.push(newest, pushed * FRAME_S + LATE_S)
            pushed += 1
        found = predictor.at(float(time_s))
        assert found is not None
        assert found.captured_at_s == pytest.approx(time_s)
        if time_s > 1.0:
            predicted.append(error_m(found, walking(float(time_s))))
            held.append(error_m(newest, walking(float(time_s))))
            assert last is not None
            steps.append(float(np.abs(found.root_m - last.root_m).max()))
        last = found
    assert np.mean(predicted) < 0.4 * np.mean(held)
    assert max(steps) < 2.0 / 120  # 1 m/s: a camera's frame at once would be 4/120


def test_bones_keep_their_lengths():
    predictor = Predictor()
    for frame in range(4):
        predictor.push(walking(frame * FRAME_S), frame * FRAME_S)
    found = predictor.at(4 * FRAME_S)
    assert found is not None
    upper, lower = JOINT["RightLowerArm"], JOINT["RightHand"]
    length = np.linalg.norm(found.joints_world_m[lower] - found.joints_world_m[upper])
    assert length == pytest.approx(found.bone_lengths_m[lower], abs=1e-5)
    assert np.allclose(np.linalg.norm(found.rotations_xyzw, axis=1), 1.0, atol=1e-5)


def test_a_wild_motion_is_carried_on_within_the_limits_only():
    predictor = Predictor()
    start = t_pose(1.7)
    turn = Rotation.from_euler("y", 80, degrees=True).as_quat().astype(np.float32)
    turned = replace(
        start,
        captured_at_s=0.01,
        rotations_xyzw=np.concatenate([turn[None], start.rotations_xyzw[1:]]),
        root_m=start.root_m + np.array([0.2, 0, 0], np.float32),
    )
    predictor.push(start, 0.0)
    predictor.push(turned, 0.01)
    found = predictor.at(60.0)
    assert found is not None
    way = np.linalg.norm(found.root_m - turned.root_m)
    angle = (
        Rotation.from_quat(turned.rotations_xyzw[0]).inv() * Rotation.from_quat(found.rotations_xyzw[0])
    ).magnitude()
    assert way == pytest.approx(MOST_M, abs=1e-3)
    assert angle == pytest.approx(MOST_RAD, abs=1e-3)


def test_after_a_correction_the_new_pose_is_reached():
    predictor = Predictor()
    for frame in range(3):
        predictor.push(walking(frame * FRAME_S), frame * FRAME_S)
    stopped = [replace(walking(2 * FRAME_S), captured_at_s=frame * FRAME_S) for frame in (3, 4, 5, 6)]
    before = predictor.at(3 * FRAME_S)
    predictor.push(stopped[0], 3 * FRAME_S)
    after = predictor.at(3 * FRAME_S)
    assert before is not None
    assert after is not None
    np.testing.assert_allclose(after.root_m, before.root_m, atol=1e-5)  # no jump at the moment of correction
    for pose in stopped[1:]:
        predictor.push(pose, pose.captured_at_s)
    rest = predictor.at(2.0)
    assert rest is not None
    assert error_m(rest, stopped[-1]) < 1e-4


def test_a_lost_or_a_new_person_is_not_carried_on():
    predictor = Predictor()
    predictor.push(walking(0.0), 0.0)
    predictor.push(walking(FRAME_S), FRAME_S)
    lost = replace(walking(FRAME_S), captured_at_s=2 * FRAME_S, tracked=False)
    predictor.push(lost, 2 * FRAME_S)
    later = predictor.at(1.0)
    assert later is not None
    assert not later.tracked
    assert error_m(later, lost) < 1e-4
    far = replace(lost, captured_at_s=1.1, tracked=True, root_m=lost.root_m + np.float32(3.0))
    predictor.push(far, 1.1)
    at_once = predictor.at(1.1)
    assert at_once is not None
    np.testing.assert_allclose(at_once.root_m, far.root_m)


@pytest.mark.parametrize("metres", [0.6, 1.0, 30.0])
def test_a_jump_is_shown_where_it_ends_and_is_not_carried_on(metres):
    """Somebody else was picked, or the world was found anew: that is no speed."""
    predictor = Predictor()
    for frame in range(3):
        predictor.push(walking(frame * FRAME_S), frame * FRAME_S)
    there = walking(3 * FRAME_S)
    far = replace(there, root_m=there.root_m + np.array([0, 0, metres], np.float32))
    predictor.push(far, 3 * FRAME_S)
    for later_s in (0.0, 0.02, 0.1, 1.0):
        found = predictor.at(3 * FRAME_S + later_s)
        assert found is not None
        np.testing.assert_allclose(found.root_m, far.root_m, atol=1e-5)
        np.testing.assert_allclose(np.abs(np.vecdot(found.rotations_xyzw, far.rotations_xyzw)), 1.0, atol=1e-6)


def test_before_the_first_pose_there_is_nothing():
    assert Predictor().at(1.0) is None


class Clock:
    now_s = 10.0

    def __call__(self) -> float:
        return self.now_s


def test_the_clock_sends_while_poses_come_then_one_that_is_not_tracked_and_falls_silent():
    clock, sent = Clock(), []
    osc = OscClock(sent.append, 100.0, clock)
    osc.close()
    osc.close()
    osc.tick()
    assert not sent
    osc.push(replace(t_pose(1.7), captured_at_s=10.0))
    for _ in range(3):
        clock.now_s += 0.01
        osc.tick()
    assert [pose.captured_at_s for pose in sent] == pytest.approx([10.01, 10.02, 10.03])
    for _ in range(3):
        clock.now_s += SILENT_S + 0.1
        osc.tick()
    assert [pose.tracked for pose in sent] == [True, True, True, False]
    osc.push(replace(t_pose(1.7), captured_at_s=clock.now_s))
    osc.tick()
    assert sent[-1].tracked


def test_a_defect_is_told_once_and_poses_go_on_as_they_come(monkeypatch):
    monkeypatch.setattr(predictor_module.Predictor, "at", lambda *_: 1 / 0)
    sent, said = [], []
    osc = OscClock(sent.append, 120.0, on_error=said.append)
    osc.push(t_pose(1.7))
    osc._thread.join(5.0)
    assert isinstance(osc.error, ZeroDivisionError)
    assert len(said) == 1
    assert "ZeroDivisionError" in said[0]
    osc.push(t_pose(1.7))
    assert len(sent) == 1
    osc.close()


@pytest.mark.parametrize("rate_hz", [0.0, -1.0, 121.0, math.nan, math.inf])
def test_a_rate_that_makes_no_sense_is_wrong_usage(rate_hz):
    with pytest.raises(UsageError, match="expected 1 to 120"):
        OscClock(lambda _pose: None, rate_hz)


def swinging(frame: int) -> Pose:
    """An arm that swings at 4 rad/s for a second and stops within three frames; the hips glide along with it."""
    speeds = np.full(60, 4.0)
    speeds[30:33], speeds[33:] = (2.6, 1.2, 0.3), 0.0
    angle = float(speeds[:frame].sum() * FRAME_S)
    pose = t_pose(1.7, frame * FRAME_S)
    rotations = pose.rotations_xyzw.copy()
    rotations[JOINT["LeftUpperArm"]] = Rotation.from_euler("y", angle).as_quat()
    way = np.array([0.3 * angle, 0, 0], np.float32)
    return replace(pose, rotations_xyzw=rotations, root_m=pose.root_m + way)


def overshoot_rad(late_s: float) -> float:
    """How far the arm is predicted beyond where it stops, summed over the frames of the stop."""
    predictor, beyond_rad = Predictor(), 0.0
    end = Rotation.from_quat(swinging(59).rotations_xyzw[JOINT["LeftUpperArm"]])
    for frame in range(60):
        predictor.push(swinging(frame), frame * FRAME_S + late_s)
        found = predictor.at(frame * FRAME_S + late_s)
        assert found is not None
        beyond = (end.inv() * Rotation.from_quat(found.rotations_xyzw[JOINT["LeftUpperArm"]])).as_rotvec()[1]
        beyond_rad += max(float(beyond), 0.0) if frame >= 30 else 0.0
    return beyond_rad


def test_a_sudden_stop_is_overshot_less(monkeypatch: pytest.MonkeyPatch):
    with_rule = overshoot_rad(LATE_S)
    monkeypatch.setattr(predictor_module, "_stopping", lambda _before, now: now)
    assert with_rule < 0.6 * overshoot_rad(LATE_S)


def test_a_steady_motion_is_carried_on_at_its_full_speed():
    predictor = Predictor()
    for frame in range(20):
        predictor.push(swinging(frame), frame * FRAME_S)
    found = predictor.at(19 * FRAME_S + LATE_S)
    assert found is not None
    start = Rotation.from_quat(swinging(19).rotations_xyzw[JOINT["LeftUpperArm"]])
    ahead = (start.inv() * Rotation.from_quat(found.rotations_xyzw[JOINT["LeftUpperArm"]])).magnitude()
    assert ahead > 0.8 * 4.0 * LATE_S
