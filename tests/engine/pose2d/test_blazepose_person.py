"""Finding people: anchors, merging of overlapping hits, letterboxing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.pose2d.blazepose_person import NUM_ANCHORS, PersonFinder, anchor_centres, merge_people
from engine.pose2d.weights import WeightPaths

if TYPE_CHECKING:
    from tests.engine.pose2d.conftest import Demo


def test_there_is_an_anchor_for_each_number_the_network_gives() -> None:
    anchors = anchor_centres()
    assert anchors.shape == (NUM_ANCHORS, 2) == (2254, 2)
    assert anchors.min() > 0
    assert anchors.max() < 1
    np.testing.assert_allclose(anchors.mean(axis=0), 0.5, atol=1e-6)


def test_overlapping_hits_become_one_person_and_distant_ones_stay_two() -> None:
    centres = np.array([[100, 100], [104, 100], [400, 100]], np.float32)
    sizes = np.full((3, 2), 60, np.float32)
    hips, rims = centres + np.array([0, 50], np.float32), centres - np.array([0, 50], np.float32)
    people = merge_people(np.array([0.8, 0.8, 0.9]), centres, sizes, hips, rims)
    assert [person.score for person in people] == [0.9, 0.8]
    assert people[1].region.x_px == pytest.approx(102)
    assert people[1].region.size_px == pytest.approx(250)


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (333, 500)])
def test_the_person_is_found_at_the_same_place_whatever_the_shape_of_the_picture(
    size: tuple[int, int], weights: WeightPaths, demo: Demo
) -> None:
    width, height = size
    picture = np.full((height, width, 3), 90, np.uint8)
    person = demo.frames[0].bgr[40:460, 180:460]  # (420, 280)
    picture[20:440, 30:310] = person
    (found,) = PersonFinder(weights.person, threads=1).find(picture)
    hips = demo.joints_px[0, demo.joint_names.index("Hips")] - (180, 40) + (30, 20)
    assert np.hypot(found.region.x_px - hips[0], found.region.y_px - hips[1]) < 30


def test_an_empty_picture_holds_nobody(weights: WeightPaths) -> None:
    assert PersonFinder(weights.person, threads=1).find(np.full((480, 640, 3), 128, np.uint8)) == []
