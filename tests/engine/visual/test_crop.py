"""The person's crop: a square around who is seen, sampled at the right place, with the border repeated beyond it."""

from __future__ import annotations

import numpy as np
import pytest

from engine.visual.crop import MARGIN, MIN_KEYPOINTS, cut, person_square

SIDE = 224


def keypoints(count: int = 23) -> tuple[np.ndarray, np.ndarray]:
    """In x 100..200, y 50..350."""
    points = np.random.default_rng(0).uniform((100, 50), (200, 350), (count, 2)).astype(np.float32)
    points[:2] = (100, 50), (200, 350)
    return points, np.ones(count, np.float32)


def test_the_square_is_around_the_middle_of_the_box_and_as_long_as_its_longer_side_with_a_margin():
    x, y, side = person_square(*keypoints())
    assert (x, y) == pytest.approx((150, 200))
    assert side == pytest.approx(MARGIN * 300)


def test_what_is_not_seen_or_not_a_number_moves_nothing():
    points, scores = keypoints()
    expected = person_square(points, scores)
    points[5], scores[5] = (4000, 4000), 0.05
    points[6] = np.nan
    points[7, 0] = np.inf
    assert person_square(points, scores) == pytest.approx(expected)


@pytest.mark.parametrize(("count", "somebody"), [(0, False), (MIN_KEYPOINTS - 1, False), (MIN_KEYPOINTS, True)])
def test_too_few_keypoints_are_nobody(count, somebody):
    points, _ = keypoints()
    scores = (np.arange(23) < count).astype(np.float32)
    assert (person_square(points, scores) is not None) == somebody


def test_keypoints_all_in_one_place_are_nobody():
    assert person_square(np.full((23, 2), 80.0, np.float32), np.ones(23, np.float32)) is None


def ramp(height: int = 400, width: int = 600) -> np.ndarray:
    """Blue tells x, green tells y: 0.4 per pixel."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 0.4, y * 0.4, np.zeros_like(x)], axis=-1).round().astype(np.uint8)


@pytest.mark.parametrize("side", [120.0, 224.0, 300.0, 380.0])
def test_every_pixel_of_the_crop_shows_its_place_in_the_picture(side):
    """Also where the crop is read finer and averaged: no shift by half a pixel."""
    crop = cut(ramp(), (310.0, 195.0, side), SIDE)
    assert crop.shape == (SIDE, SIDE, 3)
    assert crop.dtype == np.uint8
    along = (np.arange(SIDE) + 0.5) * side / SIDE - side / 2 - 0.5
    np.testing.assert_allclose(crop[SIDE // 2, :, 0], (310 + along) * 0.4, atol=1.01)
    np.testing.assert_allclose(crop[:, SIDE // 2, 1], (195 + along) * 0.4, atol=1.01)


@pytest.mark.parametrize("side", [120.0, 300.0, 380.0])
def test_the_mirrored_picture_gives_the_mirrored_crop(side):
    """Within what rounding does, which is the same on both sides: a shift would show as a difference."""
    crop = cut(ramp(), (310.0, 195.0, side), SIDE)
    mirrored = cut(np.ascontiguousarray(ramp()[:, ::-1]), (600 - 310.0, 195.0, side), SIDE)[:, ::-1]
    difference = crop.astype(float) - mirrored
    assert np.abs(difference).max() <= 1
    assert abs(difference[..., 0].mean()) < 0.02  # a twentieth of a pixel


def test_beyond_the_picture_its_border_is_repeated():
    crop = cut(ramp(), (0.0, 200.0, 200.0), SIDE)
    assert (crop[:, : SIDE // 2 - 2] == crop[:, :1]).all()
    assert crop[:, -1, 0].min() > 30
    far = cut(ramp(), (-5000.0, -5000.0, 300.0), SIDE)
    assert not far.any()  # the top left corner is black


def test_a_large_person_is_averaged_and_not_skipped_through():
    """Stripes of one pixel, ten of them per pixel of the crop: grey, not black or white."""
    stripes = np.zeros((1000, 1000, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = cut(stripes, (500.0, 500.0, 900.0), SIDE).astype(float)
    assert abs(crop.mean() - 127.5) < 3
    assert crop.std() < 75
