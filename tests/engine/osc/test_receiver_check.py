"""The receiver test: it walks, squats, turns, lifts a hand, and its soles stay on the floor."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.osc.demo_pose import t_pose
from engine.osc.receiver_check import DURATION_S, PARTS, STEP_S, part_at, walking_test
from engine.types import Pose
from models.skeleton import FEET, JOINT, TOES

TIMES = np.arange(0, DURATION_S, 1 / 30)


def _middle(name: str) -> Pose:
    number = [part.name for part in PARTS].index(name)
    return walking_test(1.7, (number + 0.5) * STEP_S)


def test_every_part_says_what_is_seen_and_what_to_change() -> None:
    assert [part_at((n + 0.5) * STEP_S).name for n in range(len(PARTS))] == [part.name for part in PARTS]
    assert part_at(DURATION_S + 0.1) is PARTS[0]
    for part in PARTS:
        assert part.seen.endswith(".")
        assert ": " in part.otherwise


def test_the_lowest_sole_is_always_on_the_floor() -> None:
    rest = t_pose(1.7).joints_world_m
    for time_s in TIMES:
        joints = walking_test(1.7, float(time_s)).joints_world_m
        assert min(joints[row, 1] - rest[row, 1] for row in (*FEET, *TOES)) == pytest.approx(0, abs=1e-4)


def test_nothing_jumps() -> None:
    poses = [walking_test(1.7, float(time_s)) for time_s in np.append(TIMES, DURATION_S)]
    joints = np.stack([pose.joints_world_m for pose in poses])
    assert np.linalg.norm(np.diff(joints, axis=0), axis=-1).max() < 0.13


def test_each_part_does_what_it_says() -> None:
    standing, t = walking_test(1.7, 0.0), _middle("T-pose")
    np.testing.assert_allclose(t.rotations_xyzw, t_pose(1.7).rotations_xyzw, atol=1e-6)
    assert _middle("A step forward").root_m[2] > standing.root_m[2] + 0.3
    assert _middle("Squat").root_m[1] < standing.root_m[1] - 0.2
    facing = Rotation.from_quat(_middle("Turn").rotations_xyzw[0]).apply([0, 0, 1])
    assert facing[0] > 0.8, "to the performer's left"
    hand = _middle("Right hand up").joints_world_m
    assert hand[JOINT["RightHand"], 1] > hand[JOINT["Head"], 1]
    assert hand[JOINT["LeftHand"], 1] < hand[JOINT["Hips"], 1] + 0.1
