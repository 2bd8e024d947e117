"""Looks of the 3D view: the true lens puts joints where the picture shows them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from app.window.widgets.body_mesh import to_gl
from models.camera import Intrinsics

pytest.importorskip("OpenGL.GL", exc_type=ImportError)
looks = pytest.importorskip("app.window.widgets.looks", exc_type=ImportError)

R = Rotation.from_euler("xyz", [170, 25, 4], degrees=True).as_matrix()
T = np.array([0.4, 1.3, 2.8])
LENS = Intrinsics(700.0, 690.0, 300.0, 260.0)  # the principal point is not in the middle


def on_screen(points_world, pane, image=(640, 480)):
    """World points to the pane's pixels by the OpenGL matrices."""
    homogeneous = np.concatenate([to_gl(points_world), np.ones((len(points_world), 1))], axis=1)
    clip = homogeneous @ (looks.lens_matrix(LENS, image, pane) @ looks.eye_matrix(R, T)).T
    ndc = clip[:, :3] / clip[:, 3:]
    return np.stack([(ndc[:, 0] + 1) / 2 * pane[0], (1 - ndc[:, 1]) / 2 * pane[1]], axis=1), clip[:, 3]


@pytest.mark.parametrize("pane", [(640, 480), (400, 900), (1500, 500)])
def test_a_joint_lies_where_the_fitted_picture_shows_it(pane):
    in_camera = np.array([[0.0, 0.0, 3.0], [0.5, -0.4, 2.0], [-0.9, 0.6, 4.0]])
    shown, depth = on_screen(in_camera @ R.T + T, pane)
    scale = min(pane[0] / 640, pane[1] / 480)
    corner = (np.array(pane) - scale * np.array([640, 480])) / 2
    assert np.allclose(shown, LENS.to_pixels(in_camera) * scale + corner, atol=1e-3)
    assert np.allclose(depth, in_camera[:, 2])


@pytest.mark.parametrize("pane", [(640, 480), (400, 900)])
def test_the_picture_lies_where_it_is_fitted(pane):
    corners = np.array([[0, 0, 0, 1.0], [320, 240, 0, 1.0]]) @ looks.picture_matrix((320, 240), pane).T
    width, height = (corners[1, :2] - corners[0, :2]) / 2 * pane
    assert width == pytest.approx(-height / 240 * 320)
    assert np.allclose(corners.mean(0)[:2], 0)
    assert abs(max(width / pane[0], -height / pane[1])) == pytest.approx(1.0)


def test_the_pyramid_has_its_tip_at_the_camera_and_opens_where_it_looks():
    lines = looks.pyramid_lines(R, T, LENS, (640, 480))
    assert np.allclose(lines[0], to_gl(T), atol=1e-6)
    ahead = to_gl(R @ np.array([0.0, 0.0, 1.0]))
    base = lines[8:16].mean(0) - lines[0]
    assert base @ ahead == pytest.approx(0.45, abs=1e-3)
