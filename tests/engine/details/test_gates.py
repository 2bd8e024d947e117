"""What is refused: hands that are not there, of the other side, of somebody else, too small; faces elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.details.gates import face_is_good, hand_is_good, same_hand
from tests.engine.details.body import body, face, hand, moved


@pytest.mark.parametrize("side", [0, 1])
def test_a_well_seen_hand_is_good_on_its_own_side_only(side: int) -> None:
    view = hand(side)
    assert hand_is_good(view, side, body())
    other_side_there = moved(hand(side), 200 if side else -200, 0)
    assert not hand_is_good(other_side_there, 1 - side, body())


def test_an_unsure_handedness_is_let_pass() -> None:
    assert hand_is_good(replace(hand(0), right=0.6), 0, body())
    assert not hand_is_good(replace(hand(0), right=0.71), 0, body())
    assert hand_is_good(replace(hand(1), right=0.4), 1, body())
    assert not hand_is_good(replace(hand(1), right=0.29), 1, body())


@pytest.mark.parametrize("presence", [0.0, 0.5])
def test_a_glove_or_a_hidden_hand_is_refused(presence: float) -> None:
    assert not hand_is_good(hand(0, presence=presence), 0, body())
    assert not face_is_good(face(presence=presence), body())


def test_a_hand_of_a_few_pixels_is_refused() -> None:
    assert not hand_is_good(hand(0, size_px=25), 0, body())
    assert hand_is_good(hand(0, size_px=40), 0, body())


def test_somebody_elses_hand_is_refused_where_the_bodys_wrist_is_seen() -> None:
    strange = moved(hand(0), 100, 0)
    assert not hand_is_good(strange, 0, body())
    assert hand_is_good(strange, 0, body(left_wrist=0.0))


def test_a_face_beside_the_bodys_is_refused_and_so_is_one_that_is_no_number() -> None:
    view = face()
    assert face_is_good(view, body())
    assert not face_is_good(replace(view, points_px=view.points_px + np.float32(150)), body())
    assert not face_is_good(replace(view, points_px=view.points_px * np.float32(np.nan)), body())
    assert not face_is_good(replace(view, size_px=30.0), body())


def test_one_hand_found_twice_is_noticed() -> None:
    left = hand(0)
    assert same_hand(left, moved(left, 3, -2))
    assert not same_hand(left, moved(left, 60, 0))
