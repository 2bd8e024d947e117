"""Turned and mirrored pictures, and the camera that goes with them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.config import ROTATIONS_DEG
from engine.sources.orientation import UPRIGHT, Orientation
from models.camera import Intrinsics

WIDTH, HEIGHT = 64, 48
POINT = (10, 5)  # x, y of the one bright pixel
CAMERA = Intrinsics(70.0, 66.0, 30.0, 25.0)
RAY = np.array([0.2, -0.1, 1.0])
EVERY = pytest.mark.parametrize(
    "orientation", [Orientation(mirror, degrees) for degrees in ROTATIONS_DEG for mirror in (False, True)]
)


def picture() -> np.ndarray:
    bgr = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    bgr[POINT[1], POINT[0]] = 255
    return bgr


@EVERY
def test_the_camera_turns_with_the_picture(orientation: Orientation):
    seen = orientation.applied(picture())
    height, width = seen.shape[:2]
    assert orientation.camera_size((width, height)) == (WIDTH, HEIGHT)
    y, x = np.argwhere(seen[..., 0])[0]
    ray = CAMERA.to_rays(np.array(POINT) + 0.5)
    turned = orientation.applied_to_camera(CAMERA, (WIDTH, HEIGHT)).to_rays(np.array([x, y]) + 0.5)
    angle = np.radians(orientation.rotate_deg)
    expected = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ ray
    if orientation.mirror:
        expected[0] *= -1
    np.testing.assert_allclose(turned, expected, atol=1e-9)


@EVERY
def test_pictures_lie_in_one_piece_of_memory(orientation: Orientation):
    assert orientation.applied(picture()).flags.c_contiguous


def test_an_upright_camera_is_left_as_it_is():
    bgr = picture()
    assert UPRIGHT.applied(bgr) is bgr
    assert UPRIGHT.applied_to_camera(CAMERA, (WIDTH, HEIGHT)) == CAMERA


def test_the_field_of_view_is_that_of_the_longer_side():
    across = Intrinsics.from_hfov((1280, 720), 1.0)
    upright = Intrinsics.from_hfov((720, 1280), 1.0)
    assert across.fx == upright.fx == upright.fy
