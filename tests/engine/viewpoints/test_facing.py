"""From which side the camera sees somebody, and how far they have turned."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.viewpoints.facing import TurnTracker, camera_yaw_deg, hips_axes, laid_on, sector_of, wrapped_deg
from tests.engine.viewpoints.turners import UP_CAM, before_camera, body


@pytest.mark.parametrize("yaw", [0.0, 30.0, 90.0, 179.0, -90.0, -150.0])
def test_the_camera_stands_where_it_was_put(yaw):
    assert camera_yaw_deg(before_camera(body(), yaw), UP_CAM) == pytest.approx(yaw, abs=1e-6)


def test_a_tilted_camera_sees_the_same_yaw():
    tilt = Rotation.from_euler("x", 25, degrees=True).as_matrix()
    joints = before_camera(body(), 60.0) @ tilt.T
    assert camera_yaw_deg(joints, tilt @ UP_CAM) == pytest.approx(60.0, abs=1e-6)


def test_the_hips_axes_are_a_rotation_that_turns_with_the_body():
    turn = Rotation.from_euler("xyz", [10, 50, -20], degrees=True).as_matrix()
    axes = hips_axes(body() @ turn.T)
    assert np.allclose(axes.T @ axes, np.eye(3))
    assert np.allclose(axes, turn @ hips_axes(body()))


def test_sectors_go_anticlockwise_from_the_front():
    assert [sector_of(yaw) for yaw in (0, 14, 16, 90, 180, -180, -90, -14)] == [0, 0, 1, 3, 6, 6, 9, 0]


def test_a_pose_is_laid_on_another_by_a_rotation_without_scale():
    turn = Rotation.from_euler("xyz", [30, -70, 5], degrees=True).as_matrix()
    poses = np.stack([1.2 * body() @ turn.T, np.full((22, 3), np.nan)])
    laid = laid_on(poses, body(), list(range(22)))
    assert np.allclose(laid[0], 1.2 * body())
    assert np.isnan(laid[1]).all()


def test_a_mirrored_pose_is_not_mirrored_back():
    laid = laid_on((body() * [-1, 1, 1])[None], body() + np.array([0, 0, 0.1]), list(range(22)))[0]
    sides = np.linalg.det(np.stack([laid[14] - laid[0], laid[1] - laid[0], laid[17] - laid[16]]))
    assert sides == pytest.approx(np.linalg.det((body() * [-1, 1, 1])[[14, 1, 17]] - (body() * [-1, 1, 1])[[0, 0, 16]]))


def steady(tracker, degrees_per_s=20.0, seconds=18.0, wrong=lambda _at_s: 0.0):
    for frame in range(round(seconds * 30) + 1):
        at_s = frame / 30
        tracker.push(wrapped_deg(degrees_per_s * at_s + wrong(at_s)), at_s)
    return tracker


def test_a_whole_turn_is_counted():
    assert steady(TurnTracker()).travelled_deg == pytest.approx(360, abs=4)


def test_a_turn_the_other_way_counts_down():
    assert steady(TurnTracker(), -20.0).travelled_deg == pytest.approx(-360, abs=4)


def test_a_body_seen_the_wrong_way_round_for_a_second_is_still_where_it_was():
    tracker = steady(TurnTracker(), wrong=lambda at_s: 180.0 if 6.0 <= at_s < 7.0 else 0.0)
    assert tracker.travelled_deg == pytest.approx(360, abs=8)


def test_a_change_that_lasts_is_believed_and_is_no_way_travelled():
    tracker = steady(TurnTracker(), 0.0, wrong=lambda at_s: 150.0 if at_s > 5.0 else 0.0)
    assert tracker.yaw_deg == pytest.approx(150.0, abs=1)
    assert abs(tracker.travelled_deg) < 5


def test_an_unknown_yaw_changes_nothing():
    tracker = steady(TurnTracker(), seconds=2.0)
    before = tracker.yaw_deg
    assert tracker.push(math.nan, 2.1) == before
