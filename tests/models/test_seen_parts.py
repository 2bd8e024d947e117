"""How well each part is seen counts every point the part needs, and nothing outside the picture."""

from __future__ import annotations

import numpy as np
import pytest

from models.keypoints import KEYPOINT, NUM_KEYPOINTS
from models.parts import MIRROR_PARTS, PART, PART_NAMES
from models.seen_parts import NEEDS, seen_parts

SIZE = (640, 480)
EVERYWHERE = np.full((NUM_KEYPOINTS, 2), 240.0, np.float32)


def seen(**changes: tuple[float, float, float]) -> dict[str, float]:
    """All points in the middle with score 1, but for `changes`: name -> x, y, score."""
    points, scores = EVERYWHERE.copy(), np.ones(NUM_KEYPOINTS, np.float32)
    for name, (x, y, score) in changes.items():
        points[KEYPOINT[name]], scores[KEYPOINT[name]] = (x, y), score
    return dict(zip(PART_NAMES, seen_parts(points, scores, SIZE).tolist(), strict=True))


def test_a_whole_person_is_seen_whole():
    assert all(value == pytest.approx(1.0) for value in seen().values())


def test_every_part_but_the_head_has_weights_that_sum_to_one_and_the_table_is_symmetric():
    assert NEEDS.sum(-1).tolist() == pytest.approx([0, 1, 1, 1, 1, 1])
    assert NEEDS.sum(-1)[list(MIRROR_PARTS)].tolist() == NEEDS.sum(-1).tolist()


def test_legs_below_the_picture_are_not_seen_whatever_their_scores():
    below = {f"{side}_{name}": (300.0, 600.0, 0.9) for side in ("left", "right") for name in ("knee", "ankle")}
    parts = seen(**below)
    assert parts["left_leg"] == pytest.approx(0.2)
    assert parts["right_leg"] == pytest.approx(0.2)
    assert parts["left_arm"] == pytest.approx(1.0)


def test_a_bust_shot_shows_a_head_and_half_a_trunk():
    hidden = {
        f"{side}_{name}": (300.0, 700.0, 0.3)
        for side in ("left", "right")
        for name in ("elbow", "wrist", "hip", "knee", "ankle")
    }
    parts = seen(**hidden)
    assert parts["head"] == pytest.approx(1.0)
    assert parts["trunk"] == pytest.approx(0.5)
    assert parts["left_arm"] == pytest.approx(0.2)
    assert parts["left_leg"] == 0.0


def test_a_head_in_profile_is_a_head():
    parts = seen(left_eye=(240, 240, 0.1), left_ear=(240, 240, 0.0))
    assert parts["head"] == pytest.approx(1.0)


def test_points_fade_towards_the_edge_and_nothing_is_seen_without_numbers():
    values = [seen(left_wrist=(x, 240.0, 1.0))["left_arm"] for x in (20.0, 4.0, 1.0, -5.0)]
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(1.0)
    assert values[-1] == pytest.approx(0.6)
    assert seen(left_wrist=(float("nan"), 1.0, float("nan")))["left_arm"] == pytest.approx(0.6)


def test_parts_of_one_side_do_not_depend_on_the_other():
    parts = seen(right_elbow=(0, 0, 0.0), right_wrist=(0, 0, 0.0))
    assert parts["left_arm"] == pytest.approx(1.0)
    assert list(parts)[PART["right_arm"]] == "right_arm"
    assert parts["right_arm"] == pytest.approx(0.2)
