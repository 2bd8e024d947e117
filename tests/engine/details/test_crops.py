"""Crops of hands and face: where they lie, which way is up, and that they follow turned and moved points."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from engine.details import crops
from engine.networks.region import Region
from tests.engine.details.body import KNUCKLES, body, face, open_hand_px


def holds(region: Region | None, points: np.ndarray) -> bool:
    """Whether all points lie inside the square."""
    assert region is not None
    inside = (points - [region.x_px, region.y_px]) @ region.rotation / region.size_px
    return bool((np.abs(inside) < 0.5).all())


@pytest.mark.parametrize("side", [0, 1])
def test_the_first_look_at_a_hand_holds_the_whole_hand_with_the_fingers_up(side: int) -> None:
    region = crops.hand_from_body(body(), side)
    assert holds(region, open_hand_px(side)[:, :2])
    assert region is not None
    assert region.angle_rad == pytest.approx(0.0, abs=0.2)


def test_without_knuckles_the_forearm_says_where_the_hand_is() -> None:
    for side in (0, 1):
        assert holds(crops.hand_from_body(replace(body(), crop_points=None), side), KNUCKLES[side])
    assert crops.hand_from_body(replace(body(left_elbow=0.0), crop_points=None), 0) is None


def test_a_wrist_that_is_not_seen_gives_no_crop() -> None:
    assert crops.hand_from_body(body(left_wrist=0.1), 0) is None
    assert crops.hand_from_body(body(left_wrist=0.1), 1) is not None


def test_a_hand_too_small_to_show_anything_gives_no_crop() -> None:
    assert crops.hand_from_points(open_hand_px(0, 5.0)) is None
    assert crops.hand_from_points(np.full((21, 3), np.nan, np.float32)) is None


@pytest.mark.parametrize("angle", [0.0, 0.7, -2.5])
def test_the_crop_of_a_followed_hand_turns_with_it_and_holds_it(angle: float) -> None:
    cos, sin = math.cos(angle), math.sin(angle)
    points = open_hand_px(1)[:, :2].astype(np.float64)
    turned = (points - points[0]) @ np.array([[cos, -sin], [sin, cos]]).T + [300, 200]
    still, region = crops.hand_from_points(points), crops.hand_from_points(turned)
    assert holds(region, turned)
    assert still is not None
    assert still.y_px < points[[0, 6, 18], 1].mean()  # moved on towards the fingers, which reach beyond the palm
    assert region is not None
    assert math.remainder(region.angle_rad - still.angle_rad - angle, 2 * math.pi) == pytest.approx(0.0, abs=1e-6)
    assert region.size_px == pytest.approx(still.size_px)


def test_the_crop_of_a_face_holds_it_and_is_upright() -> None:
    for person in (body(), replace(body(), crop_points=None)):
        region = crops.face_from_body(person)
        assert holds(region, face().points_px[:, :2])
        assert region is not None
        assert region.angle_rad == pytest.approx(0.0, abs=1e-6)
    assert crops.face_from_body(body(left_eye=0.0)) is None


def test_the_crop_of_a_followed_face_is_its_box_and_a_half() -> None:
    region = crops.face_from_points(face().points_px)
    assert region is not None
    assert (region.x_px, region.y_px) == pytest.approx((320, 125), abs=0.5)
    assert region.size_px == pytest.approx(150, abs=1)
    assert region.angle_rad == pytest.approx(0.0, abs=1e-6)
