"""Cameras of rendered clips: as pitched and rolled as their style says, with the person in the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from models.rendering.views import MARGIN, CameraDraw, draw_camera, from_behind, rolled, stepped_back

SIZE = (480, 360)


@dataclass(frozen=True)
class Camera:
    """As the renderer's own: world to camera, x right, y down, z ahead."""

    rotation: np.ndarray
    translation: np.ndarray
    focal: float = 400.0

    def to_camera(self, points):
        return points @ self.rotation.T + self.translation

    def project(self, points):
        return points[..., :2] / points[..., 2:] * self.focal + np.array(SIZE) / 2


LEVEL = Camera(np.diag([1.0, -1, -1]), np.array([0.0, 1, 3]))


def draws(style: str, count: int = 200) -> list[CameraDraw]:
    rng = np.random.default_rng(1)
    return [draw_camera(style, rng) for _ in range(count)]


def test_steep_cameras_look_down_askew_at_the_whole_person():
    for draw in draws("steep"):
        assert 10 <= draw.pitch <= 35
        assert 20 <= abs(draw.roll) <= 30
        assert draw.distance == "fit"
    assert {np.sign(draw.roll) for draw in draws("steep")} == {-1.0, 1.0}


def test_any_camera_is_level_as_often_as_askew_and_may_be_too_near():
    found = draws("any", 400)
    assert 0.4 < np.mean([abs(draw.roll) < 5 for draw in found]) < 0.65
    assert max(abs(draw.roll) for draw in found) < 33
    assert 0.3 < np.mean([draw.distance == "fit" for draw in found]) < 0.6
    assert min(draw.pitch for draw in found) < -10
    assert max(draw.pitch for draw in found) > 35


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.5, 70, 130), (1.0, 200, 200)])
def test_a_share_of_the_clips_is_seen_from_behind(share, least, most):
    rng = np.random.default_rng(2)
    behind = [draw for draw in (from_behind(d, share, rng) for d in draws("any")) if draw.yaw != "random"]
    assert least <= len(behind) <= most
    if behind:
        assert np.median([abs(draw.yaw - 180) for draw in behind]) < 45


def test_a_rolled_camera_turns_the_picture_about_its_middle():
    points = np.array([[0.3, 1.2, 0.0], [-0.4, 0.5, 0.5]])
    before = LEVEL.project(LEVEL.to_camera(points)) - np.array(SIZE) / 2
    after = rolled(LEVEL, 90.0)
    now = after.project(after.to_camera(points)) - np.array(SIZE) / 2
    np.testing.assert_allclose(now, np.stack([-before[:, 1], before[:, 0]], axis=-1), atol=1e-9)
    np.testing.assert_allclose(-after.rotation.T @ after.translation, -LEVEL.rotation.T @ LEVEL.translation, atol=1e-9)


def test_the_camera_steps_back_until_the_person_is_in_the_picture_and_no_further():
    outline = np.array([[[0.0, -0.4, 0.0], [0.0, 2.4, 0.0]]])
    back = stepped_back(LEVEL, outline, SIZE)
    pixels = back.project(back.to_camera(outline))
    assert (pixels > np.array(SIZE) * MARGIN).all()
    assert (pixels < np.array(SIZE) * (1 - MARGIN)).all()
    assert back.translation[2] - LEVEL.translation[2] == pytest.approx(0.36)  # 2.8 m at 400 px: 3.24 m and the step
    assert stepped_back(back, outline, SIZE) is back


def test_the_camera_does_not_step_back_for_ever():
    endless = np.array([[[0.0, -50.0, 0.0], [0.0, 50.0, 0.0]]])
    assert stepped_back(LEVEL, endless, SIZE).translation[2] == pytest.approx(3 + 12 * 0.12)
