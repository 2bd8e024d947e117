"""The mean of two cameras' answers: nearer to the truth than either, and a valid body."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.viewpoints.fit import F64, distances_mm
from engine.viewpoints.fusion import DEPTH_TRUST, fused, in_axes_of, own_axes, weighted_mean
from engine.viewpoints.track import Track
from models.skeleton import PARENTS
from tests.engine.made_up_performer import OFFSETS_M, performance

Yaw = Callable[[float], F64]
Make = Callable[..., Track]


def _fused(a: Track, b: Track, R_b_a: F64) -> tuple[F64, F64]:
    answer = in_axes_of(own_axes(b.joints_m, b.turned, b.part_confidence), R_b_a.T)
    return fused(own_axes(a.joints_m, a.turned, a.part_confidence), answer, OFFSETS_M)


def test_two_equal_answers_stay_what_they_are(make_track: Make, yaw: Yaw) -> None:
    a, b = make_track(yaw(0)), make_track(yaw(90))
    local, joints = _fused(a, b, yaw(90))
    assert np.allclose(joints, a.joints_m, atol=1e-6)
    assert np.allclose(local @ np.swapaxes(local, -1, -2), np.eye(3), atol=1e-6)


def test_errors_in_depth_are_taken_away_by_the_other_camera(make_track: Make, yaw: Yaw) -> None:
    a, b = make_track(yaw(0), depth_m=0.1), make_track(yaw(90), depth_m=0.1)
    _, joints = _fused(a, b, yaw(90))
    truth = performance(a.times_s)[0]
    assert distances_mm(joints, truth).mean() < 0.7 * distances_mm(a.joints_m, truth).mean()


def test_bones_keep_their_lengths(make_track: Make, yaw: Yaw) -> None:
    a, b = make_track(yaw(0), noise_m=0.05), make_track(yaw(90), noise_m=0.05)
    _, joints = _fused(a, b, yaw(90))
    lengths = np.linalg.norm(joints[:, 1:] - joints[:, list(PARENTS[1:])], axis=-1)
    assert np.allclose(lengths, np.linalg.norm(OFFSETS_M[1:], axis=-1), atol=1e-9)


def test_a_part_that_only_one_camera_sees_is_that_cameras() -> None:
    a, b = np.zeros((1, 3)), np.ones((1, 3))
    mean = weighted_mean(a, np.array([1.0]), np.array([0, 0, 1.0]), b, np.array([1e-6]), np.array([1.0, 0, 0]))
    assert np.allclose(mean, a, atol=1e-4)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_each_answer_counts_little_along_its_own_line_of_sight(axis: int) -> None:
    ahead, aside = np.array([0.0, 0, 1.0]), np.array([1.0, 0, 0])
    one = np.array([1.0])
    mean = weighted_mean(np.zeros((1, 3)), one, ahead, np.ones((1, 3)), one, aside)[0]
    far = DEPTH_TRUST / (1 + DEPTH_TRUST)
    assert mean[axis] == pytest.approx([far, 1 / 2, 1 - far][axis])
