"""Regions: crop and picture are mapped onto each other without a gap."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.networks.region import Region


@pytest.mark.parametrize("angle", [0.0, 0.4, -1.2, math.pi / 2, 3.0])
def test_a_region_from_its_circle_points_back_at_the_rim(angle: float) -> None:
    rim = (100 + 80 * math.sin(angle), 200 - 80 * math.cos(angle))
    region = Region.from_circle((100, 200), rim)
    assert region.size_px == pytest.approx(200)
    assert region.angle_rad == pytest.approx(angle)
    above = region.to_image(np.array([0.5, 0.5 - 80 / 200], np.float32))
    np.testing.assert_allclose(above, rim, atol=1e-3)


def test_a_person_upright_in_the_picture_has_angle_zero() -> None:
    assert Region.from_circle((50, 50), (50, 10)).angle_rad == pytest.approx(0.0)


@pytest.mark.parametrize("angle", [0.0, 0.7, -2.0])
def test_the_crop_matrix_and_the_point_map_agree(angle: float) -> None:
    region = Region(320.0, 240.0, 300.0, angle)
    points = np.random.default_rng(0).random((20, 2)).astype(np.float32)
    matrix = region.crop_to_image(256)
    by_matrix = points * 256 @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(region.to_image(points), by_matrix, atol=1e-3)


@pytest.mark.parametrize(
    ("region", "plausible"),
    [
        (Region(320, 240, 300, 0), True),
        (Region(320, 600, 900, 0), True),  # an upper body: hips below the picture
        (Region(320, 240, 10, 0), False),
        (Region(320, 240, 9000, 0), False),
        (Region(-400, 240, 300, 0), False),
        (Region(math.nan, 240, 300, 0), False),
    ],
)
def test_only_regions_that_can_hold_a_person_are_plausible(region: Region, plausible: bool) -> None:
    assert region.is_plausible((640, 480)) is plausible


@pytest.mark.parametrize("up", [(0.0, -1.0), (3.0, -4.0), (-1.0, 0.5)])
def test_an_upright_region_shows_its_up_direction_upwards(up: tuple[float, float]) -> None:
    direction = np.array(up)
    region = Region.upright(np.array([100.0, 50.0]), 40.0, direction)
    above = region.to_image(np.array([0.5, 0.25], np.float32))
    expected = np.array([100.0, 50.0]) + 10 * direction / np.linalg.norm(direction)
    np.testing.assert_allclose(above, expected, atol=1e-4)
