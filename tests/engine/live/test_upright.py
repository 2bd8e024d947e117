"""Whether the picture is upside down, from how somebody stands in it."""

from __future__ import annotations

import numpy as np
import pytest

from engine.live.upright import DECIDE_S, UPSIDE_DOWN_DEG, UprightVote, fixed_line, turn_of, turned_line
from engine.types import Keypoints2D
from models.keypoints import KEYPOINT, NUM_KEYPOINTS

SIZE = (640, 480)
HEIGHTS = {"nose": 160, "eye": 166, "ear": 163, "shoulder": 140, "hip": 90, "knee": 45, "ankle": 5}
FACE = ("nose", "eye", "ear")


def somebody(turned_deg: float = 0.0, seen: tuple[str, ...] = tuple(HEIGHTS), at_s: float = 0.0) -> Keypoints2D:
    """A standing person in a picture that was turned clockwise; only some of their points are seen."""
    points, scores = np.zeros((NUM_KEYPOINTS, 2), np.float32), np.zeros(NUM_KEYPOINTS, np.float32)
    angle = np.radians(turned_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for name, index in KEYPOINT.items():
        part = name.removeprefix("left_").removeprefix("right_")
        side = 0 if name == part else 15 if name.startswith("left") else -15
        points[index] = turn @ (side, 80 - HEIGHTS.get(part, 0)) + (320, 240)
        scores[index] = 0.9 if part in seen else 0.05
    return Keypoints2D(0, at_s, SIZE, points, scores)


def decision(angles_deg: list[float], rate_hz: float = 30.0) -> int | None:
    vote = UprightVote()
    for number, angle in enumerate(angles_deg):
        vote.add(somebody(angle, at_s=number / rate_hz))
    return vote.decided


@pytest.mark.parametrize("turned_deg", [0, 90, 180, 270])
@pytest.mark.parametrize("seen", [tuple(HEIGHTS), (*FACE, "shoulder"), FACE, ("shoulder", "hip")])
@pytest.mark.parametrize("off_deg", [-30, 0, 30])
def test_the_turn_brings_the_head_up_again(turned_deg: int, seen: tuple[str, ...], off_deg: int):
    assert turn_of(somebody(turned_deg + off_deg, seen)) == -turned_deg % 360


def test_a_bow_or_too_few_points_say_nothing():
    assert turn_of(somebody(seen=("hip",))) is None
    bowed = somebody()
    for name in ("left_eye", "right_eye", "left_shoulder", "right_shoulder", "nose"):
        bowed.points_px[KEYPOINT[name], 1] += 140  # head and shoulders below the hips, ankles below them
    assert turn_of(bowed) is None


@pytest.mark.parametrize("rate_hz", [6.0, 30.0])
def test_an_upside_down_picture_is_told_after_a_second_and_a_half(rate_hz: float):
    vote = UprightVote()
    frames = [vote.add(somebody(180, at_s=number / rate_hz)) for number in range(round(4 * rate_hz))]
    assert [turn for turn in frames if turn is not None] == [180]
    assert DECIDE_S <= frames.index(180) / rate_hz < DECIDE_S + 0.5


def test_a_handstand_or_a_person_who_tumbles_decides_nothing():
    assert decision([180] * 30 + [0] * 30) == 0
    assert decision(list(np.linspace(0, 360, 60))) == 0


def test_it_is_decided_once():
    assert decision([0] * 60 + [180] * 200) == 0


def test_a_person_on_their_side_is_said_and_not_acted_on():
    assert decision([90] * 60) == 270
    assert "--rotate 270" in turned_line(270)
    assert "--rotate 0" in turned_line(180)


def test_a_fixed_rotation_that_leaves_somebody_upside_down_points_to_automatic():
    assert "upside down" in fixed_line(UPSIDE_DOWN_DEG)
    assert "on their side" in fixed_line(90)
    assert "Automatic" in fixed_line(UPSIDE_DOWN_DEG)
