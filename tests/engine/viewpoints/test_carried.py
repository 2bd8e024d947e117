"""A camera that is carried round somebody who stands still."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.osc.demo_pose import wave_pose
from engine.viewpoints.carried import CarryMeter


def standing(at_s, turn_deg=0.0, lean_deg=0.0, moved=(0.0, 0.0, 0.0), tracked=True):
    pose = wave_pose(1.7, 0.0)
    turn = Rotation.from_euler("YX", [turn_deg, lean_deg], degrees=True).as_matrix()
    root = pose.joints_world_m[0]
    joints = (pose.joints_world_m - root) @ turn.T + root + moved
    return dataclasses.replace(pose, captured_at_s=at_s, tracked=tracked, joints_world_m=joints.astype(np.float32))


def test_a_still_camera_drifts_nowhere():
    meter = CarryMeter()
    for frame in range(60):
        drift = meter.push(standing(frame / 30))
    assert drift.hips_m == pytest.approx(0, abs=1e-6)
    assert drift.lean_deg == pytest.approx(0, abs=0.01)
    assert drift.seconds == pytest.approx(59 / 30)


def test_the_way_round_is_a_turn_and_no_lean():
    meter = CarryMeter()
    for frame in range(301):
        drift = meter.push(standing(frame / 30, turn_deg=max(0, frame - 20) * 1.5))
    assert drift.turned_deg == pytest.approx(420, abs=1)
    assert drift.lean_deg == pytest.approx(0, abs=0.1)


def test_drift_and_lean_are_against_the_start_and_the_worst_is_kept():
    meter = CarryMeter()
    for frame in range(20):
        meter.push(standing(frame / 30))
    meter.push(standing(1.0, lean_deg=12.0, moved=(0.3, 0.0, 0.4)))
    drift = meter.push(standing(1.1))
    assert drift.hips_m == pytest.approx(0, abs=1e-6)
    assert drift.worst_hips_m == pytest.approx(0.5, abs=1e-6)
    assert drift.worst_lean_deg == pytest.approx(12, abs=0.1)


def test_a_lost_performer_changes_nothing():
    meter = CarryMeter()
    before = meter.push(standing(0.0))
    assert meter.push(standing(1.0, moved=(1.0, 0, 0), tracked=False)) == before
