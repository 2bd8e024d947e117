"""A held pose turned on the spot: what the ring shows of it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.viewpoints.turn import TurnMeter
from models.skeleton import JOINT
from tests.engine.viewpoints.turners import UP_CAM, before_camera, body


def turned(turns=1.0, pose=lambda *_: body(), theirs=None, seconds=18.0):
    """Measure somebody who turns; `pose(yaw, turn)` is what is answered, about the hips."""
    meter = TurnMeter()
    for frame in range(round(seconds * 30 * turns) + 40):
        yaw = max(frame - 20, 0) / (seconds * 30) * 360  # they stand for a moment before
        joints = before_camera(pose(yaw % 360, int(yaw // 360)), yaw)
        other = None if theirs is None else before_camera(theirs(yaw % 360), yaw)
        meter.push(frame / 30, joints, other, UP_CAM, 0.8)
    return meter


def bent(side: float):
    """The left hand is off by 12 cm where the camera is within 20 degrees of `side`."""

    def pose(yaw, _turn=0):
        joints = body()
        if abs((yaw - side + 180) % 360 - 180) < 20:
            joints[JOINT["LeftHand"]] += [0.0, 0.0, 0.12]
        return joints

    return pose


def test_an_answer_that_is_the_same_from_all_sides_gives_an_empty_ring():
    report = turned().report()
    assert report.turns == 1
    assert report.filled == 12
    assert max(report.ours.sectors_mm) < 1e-6


def test_the_sector_in_which_the_answer_differs_stands_out():
    report = turned(pose=bent(90.0)).report()
    assert int(np.argmax(report.ours.sectors_mm)) == 3
    assert report.ours.sectors_mm[3] > 5 * report.ours.sectors_mm[9]
    assert report.ours.worst_over_best > 5
    assert report.confidence[3] == pytest.approx(0.8)


def test_turning_away_from_the_camera_changes_no_pose():
    """The same error, seen while turning clockwise, is in the same sector."""
    meter = TurnMeter()
    for frame in range(560):
        yaw = -max(frame - 10, 0) / 540 * 360
        meter.push(frame / 30, before_camera(bent(90.0)(yaw % 360), yaw), None, UP_CAM, 1.0)
    report = meter.report()
    assert report.turns == 1
    assert int(np.argmax(report.ours.sectors_mm)) == 3


def test_the_detector_is_measured_in_the_same_way_where_it_has_3d():
    report = turned(theirs=bent(180.0)).report()
    assert max(report.ours.sectors_mm) < 1e-6
    assert int(np.argmax(report.detector.sectors_mm)) == 6


def test_without_a_detectors_3d_its_ring_stays_empty():
    report = turned(theirs=None).report()
    assert report.detector.mean_mm is None
    assert report.detector.worst_over_best is None


def test_bones_that_change_with_the_side_show_in_percent():
    def pose(yaw, _turn):
        joints = body()
        if yaw < 100:
            joints[JOINT["LeftHand"]] += (joints[JOINT["LeftHand"]] - joints[JOINT["LeftLowerArm"]]) * 0.1
        return joints

    bones = turned(pose=pose).report().ours.bones_percent
    assert bones[1] > 2 * bones[7] > 0


def test_the_second_turn_gives_the_floor():
    def pose(_yaw, turn):
        joints = body()
        joints[JOINT["LeftHand"]] += [0.0, 0.024 * turn, 0.0]
        return joints

    once, twice = turned(1.0, pose).report(), turned(2.0, pose).report()
    assert once.ours.floor_mean_mm is None
    assert twice.turns == 2
    assert twice.ours.floor_mean_mm == pytest.approx(24 / 12, rel=0.1)


def test_what_comes_after_two_turns_is_left_out():
    meter = turned(2.6)
    assert meter.done
    assert meter.report().turns == 2


def test_a_quarter_of_a_turn_fills_a_quarter_of_the_ring():
    report = turned(0.25).report()
    assert 3 <= report.filled <= 5
    assert report.turns == 0


def test_an_answer_that_is_not_finite_is_left_out():
    meter = TurnMeter()
    meter.push(0.0, np.full((22, 3), np.nan), None, UP_CAM, 1.0)
    assert meter.report().filled == 0
    assert meter.report().yaw_deg is None


def test_the_figures_are_json_with_null_for_what_is_not_known():
    found = json.loads(json.dumps(turned(0.5).report().as_json()))
    assert found["sectors_deg"] == list(range(0, 360, 30))
    assert None in found["ours"]["sectors_mm"]
    assert found["detector"]["mean_mm"] is None
    assert found["cannot_see"]
