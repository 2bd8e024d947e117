"""Bends of fingers from points: known angles come out, on both sides, beyond a right angle too."""

from __future__ import annotations

import numpy as np
import pytest

from models.hand_geometry import bends, bends_of, hand_rotation, palm_frame
from tests.engine.solver.test_hands import MIRROR, left_hand

BENT = np.array([[70.0, 90, 50], [110, 20, 0], [-15, 40, 10], [0, 0, 0]])


@pytest.mark.parametrize("side", [0, 1])
def test_the_bends_are_those_that_the_hand_was_made_with(side: int) -> None:
    points = left_hand(BENT, np.zeros(4))
    points = points if side == 0 else points @ MIRROR
    np.testing.assert_allclose(bends(points, side), BENT, atol=1e-5)
    np.testing.assert_allclose(bends_of(3 * np.diff(points[[[5, 6, 7, 8]] * 4], axis=1), side)[1], BENT[0], atol=1e-5)


@pytest.mark.parametrize("side", [0, 1])
def test_the_palms_columns_are_thumb_fingers_and_out_of_the_palm_on_both_sides(side: int) -> None:
    points = left_hand(np.zeros((4, 3)), np.zeros(4))
    frame = palm_frame(points if side == 0 else points @ MIRROR, side)
    assert frame is not None
    x = 1.0 if side == 0 else -1.0
    np.testing.assert_allclose(frame.T, [[0, 0, 1], [x, 0, 0], [0, -1, 0]], atol=0.2)


def test_a_palm_that_is_a_line_has_no_rotation() -> None:
    assert hand_rotation(np.linspace(0, 1, 21)[:, None] * [1.0, 2.0, 3.0], 0) is None
