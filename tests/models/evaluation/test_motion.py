"""Measures over time: known paths, known slips, gaps that must not count."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.motion import Run, consecutive, motion_errors
from models.skeleton import FEET, JOINT, ROOT

FPS = 30.0
POSE = np.random.default_rng(0).normal(size=(22, 3)) * 0.3


def walking(frames: int = 60, speed_m_s: float = 1.2) -> Run:
    """A stiff body carried along +X at an even speed."""
    truth = np.tile(POSE, (frames, 1, 1))
    truth[:, :, 0] += (np.arange(frames) / FPS * speed_m_s)[:, None]
    return Run(truth.copy(), truth, np.zeros((frames, 2), bool), FPS)


def changed(run: Run, joints: np.ndarray, resting: np.ndarray | None = None) -> Run:
    return Run(joints, run.truth, run.resting if resting is None else resting, run.fps)


def test_the_truth_has_no_error_and_an_even_walk_no_jitter():
    errors = motion_errors([walking()])
    for name in ("root_trajectory_percent", "jitter", "true_jitter", "acceleration_error", "world_jitter"):
        assert errors[name] == pytest.approx(0, abs=1e-6), name
    assert "foot_sliding_mm" not in errors  # no foot rests


def test_a_trajectory_may_be_turned_and_moved_but_not_longer():
    run = walking()
    turned = run.joints[:, :, [2, 1, 0]] * (1, 1, -1) + (0, 0, 4)
    assert motion_errors([changed(run, turned)])["root_trajectory_percent"] == pytest.approx(0, abs=1e-6)
    longer = run.joints.copy()
    longer[:, :, 0] += 0.1 * (longer[:, ROOT, 0] - longer[0, ROOT, 0])[:, None]  # 10 % of the way too far
    errors = motion_errors([changed(run, longer)])
    assert errors["root_trajectory_percent"] == pytest.approx(2.5, rel=0.05)  # ends 5 % off, 2.5 % on average
    assert errors["path_m"] == pytest.approx(59 / FPS * 1.2)


def test_paths_are_weighed_by_their_length_and_who_stands_has_none():
    long, short, still = walking(120), walking(30), walking(60, speed_m_s=0.1)
    off = short.joints.copy()
    off[::2, :, 1] += 0.05
    off[1::2, :, 1] -= 0.05
    errors = motion_errors([long, changed(short, off), changed(still, still.joints * 1.5)])
    assert errors["paths"] == 2
    assert errors["root_trajectory_percent"] == pytest.approx(5 / (119 / FPS * 1.2 + 29 / FPS * 1.2), rel=0.05)


def test_jitter_is_of_the_body_and_world_jitter_of_the_root_as_well():
    run = walking()
    shaking = run.joints.copy()
    shaking[::2, :, 1] += 0.001
    errors = motion_errors([changed(run, shaking)])
    assert errors["jitter"] == pytest.approx(0, abs=1e-6)
    assert errors["world_jitter"] == pytest.approx(0.004 * FPS**3 / 10)  # third difference of 1, 0, 1, 0 is 4


def test_acceleration_errors_are_told_in_metres_per_second_squared():
    run = walking()
    hand = run.joints.copy()
    hand[:, JOINT["LeftHand"], 1] += 0.5 * 9.81 * (np.arange(60) / FPS) ** 2
    assert motion_errors([changed(run, hand)])["acceleration_error"] == pytest.approx(9.81 / 22)


def test_sliding_is_of_feet_that_truly_rest_and_beside_the_truths_own():
    run = walking(speed_m_s=0.0)
    sliding = run.joints.copy()
    sliding[:, FEET[0], 0] += np.arange(60) * 0.004
    resting = np.zeros((60, 2), bool)
    resting[10:20, 0] = True
    errors = motion_errors([changed(run, sliding, resting), walking(speed_m_s=3.0)])
    assert errors["foot_sliding_mm"] == pytest.approx(4.0)
    assert errors["true_foot_sliding_mm"] == pytest.approx(0.0, abs=1e-9)


def test_frames_in_a_row_are_told_apart_and_short_ones_left_out():
    rows = consecutive(np.array([3, 4, 5, 6, 9, 10, 20, 21, 22, 23, 24]))
    assert rows == [slice(0, 4), slice(6, 11)]
    assert consecutive(np.array([], int)) == []


def test_each_frame_counts_once():
    calm, shaky = walking(90), walking(30)
    shaking = shaky.joints.copy()
    shaking[::2, JOINT["Head"], 1] += 0.001
    shaky = changed(shaky, shaking)
    alone = motion_errors([shaky])["jitter"]
    assert motion_errors([calm, shaky])["jitter"] == pytest.approx(alone / 4)


def test_without_a_run_there_is_nothing_to_tell():
    assert motion_errors([]) == {}
