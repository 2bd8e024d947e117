"""The pinhole: pixels and rays undo each other, and the field of view is what was asked for."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.camera import Intrinsics

UNEVEN = Intrinsics(fx=610.0, fy=590.0, cx=330.0, cy=250.0)


def test_the_edge_of_the_picture_is_half_the_field_of_view_away():
    camera = Intrinsics.from_hfov((1280, 720), math.radians(70))
    left, right = camera.to_rays(np.array([[0.0, 360.0], [1280.0, 360.0]]))
    assert math.degrees(math.atan(right[0])) == pytest.approx(35)
    assert math.degrees(math.atan(left[0])) == pytest.approx(-35)
    assert left[1] == right[1] == 0
    assert camera.fx == camera.fy


def test_points_come_back_through_pixels_and_rays():
    points = np.random.default_rng(0).uniform((-1, -1, 0.5), (1, 1, 4), (50, 3))
    rays = UNEVEN.to_rays(UNEVEN.to_pixels(points))
    np.testing.assert_allclose(rays * points[:, 2:], points[:, :2], atol=1e-12)


def test_right_and_down_of_the_camera_are_right_and_down_in_the_picture():
    centre = UNEVEN.to_pixels(np.array([0.0, 0.0, 2.0]))
    np.testing.assert_allclose(centre, [UNEVEN.cx, UNEVEN.cy])
    assert UNEVEN.to_pixels(np.array([0.1, 0.0, 2.0]))[0] > centre[0]
    assert UNEVEN.to_pixels(np.array([0.0, 0.1, 2.0]))[1] > centre[1]


def test_the_matrix_projects_like_to_pixels():
    point = np.array([0.3, -0.2, 1.7])
    u, v, w = UNEVEN.matrix @ point
    np.testing.assert_allclose(UNEVEN.to_pixels(point), [u / w, v / w])


def test_the_turn_to_a_point_takes_the_cameras_axis_onto_its_ray_without_rolling() -> None:
    camera = Intrinsics.from_hfov((640, 480), math.radians(65))
    np.testing.assert_array_equal(camera.view_rotation(np.array([320.0, 240.0])), np.eye(3))
    turn = camera.view_rotation(np.array([600.0, 100.0]))
    np.testing.assert_allclose(camera.to_pixels(turn @ [0.0, 0.0, 2.0]), [600.0, 100.0])
    axis = np.cross([0.0, 0.0, 1.0], turn @ [0.0, 0.0, 1.0])
    np.testing.assert_allclose(turn @ axis, axis, atol=1e-12)
