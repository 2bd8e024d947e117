"""Viewpoints are where the camera stands; worst over best is of what is known."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.viewpoints import camera_yaw_pitch, viewpoint_table, worst_over_best

UP, FACING = np.array([[0.0, 2.0, 0.0]]), np.array([[0.0, 0.1, 1.0]])


@pytest.mark.parametrize(
    ("camera", "yaw_deg", "pitch_deg"),
    [((0, 0, 3), 0, 0), ((3, 0, 0), 90, 0), ((0, 0, -3), 180, 0), ((-3, 0, 0), -90, 0), ((2, 2, 0), 90, 45)],
    ids=["front", "left", "behind", "right", "left and above"],
)
def test_yaw_is_round_the_person_and_pitch_looks_down(camera, yaw_deg, pitch_deg):
    """Somebody faces +Z with Y up, so their left is +X."""
    yaw, pitch = camera_yaw_pitch(FACING, UP, np.array([camera], float))
    assert abs(yaw[0]) == pytest.approx(abs(yaw_deg))
    assert np.sin(np.radians(yaw[0])) == pytest.approx(np.sin(np.radians(yaw_deg)), abs=1e-9)
    assert pitch[0] == pytest.approx(pitch_deg)


def test_the_same_from_every_frame_of_reference():
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    camera = np.array([[1.0, 0.5, 2.0]])
    expected = camera_yaw_pitch(FACING, UP, camera)
    np.testing.assert_allclose(camera_yaw_pitch(FACING @ turn.T, UP @ turn.T, camera @ turn.T), expected)


def test_errors_are_told_in_the_cell_of_their_viewpoint():
    error = np.repeat([10.0, 30.0, 99.0], [6, 6, 4])
    yaw = np.repeat([-20.0, 100.0, 180.0], [6, 6, 4])
    pitch = np.repeat([0.0, 35.0, -20.0], [6, 6, 4])
    table = viewpoint_table(error, yaw, pitch)
    assert table["yaw_deg"][:3] == [0, 45, 90]
    assert table["table"][1][0] == 10.0
    assert table["table"][3][2] == 30.0
    assert table["table"][0][4] is None  # four frames are too few
    assert table["frames"][0][4] == 4
    assert table["by_yaw"][2] == table["by_pitch"][3] == 30.0
    assert table["worst_over_best"] == table["worst_over_best_cell"] == 3.0
    again = viewpoint_table(np.append(error, [60.0] * 5), np.append(yaw, [0.0] * 5), np.append(pitch, [35.0] * 5))
    assert again["worst_over_best_cell"] == 6.0
    assert again["worst_over_best"] == 1.09  # 30 at the left, (6 x 10 + 5 x 60) / 11 in front
    assert table["mean"] == pytest.approx(error.mean(), abs=0.05)


def test_worst_over_best_leaves_out_what_is_not_known():
    assert worst_over_best([2.0, None, 5.0]) == 2.5
    assert worst_over_best([None]) is None
