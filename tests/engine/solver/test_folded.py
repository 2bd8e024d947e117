"""Folded fingers: told by the tip's place whichever way the joints are said to bend, and only they."""

from __future__ import annotations

import numpy as np
import pytest

from engine.solver.folded import FOLDED_DEG, folded_flexion
from engine.solver.hands import finger_rotations
from tests.engine.solver.test_hands import SIDES, hand, left_hand

FIST = np.tile([80.0, 90.0, 60.0], (4, 1))


@pytest.mark.parametrize("side", SIDES)
def test_a_fist_is_folded_and_an_open_hand_is_not(side: int) -> None:
    assert folded_flexion(hand(side, left_hand(FIST, np.zeros(4))), side) == pytest.approx(np.tile(FOLDED_DEG, (4, 1)))
    assert not folded_flexion(hand(side, left_hand(np.zeros((4, 3)), np.full(4, 10.0))), side).any()


def test_a_finger_bent_at_its_root_alone_is_not_folded() -> None:
    pointing_down = np.tile([90.0, 0.0, 0.0], (4, 1))
    assert not folded_flexion(left_hand(pointing_down, np.zeros(4)), 0).any()


@pytest.mark.parametrize("side", SIDES)
def test_joints_that_are_read_backwards_still_make_a_fist(side: int) -> None:
    backwards = hand(side, left_hand(-FIST, np.zeros(4)))
    bones = finger_rotations(backwards, side)
    angles = np.degrees(2 * np.arccos(np.clip(np.abs(bones[3:, 3]), 0, 1))).reshape(4, 3)
    assert angles == pytest.approx(np.tile(FOLDED_DEG, (4, 1)), abs=0.5)


def test_fingers_close_without_a_jump() -> None:
    curls = np.linspace(0, 1, 201)
    sums = np.array([folded_flexion(left_hand(curl * FIST, np.zeros(4)), 0)[0].sum() for curl in curls])
    assert sums[0] == 0
    assert sums[-1] == pytest.approx(FOLDED_DEG.sum())
    assert np.abs(np.diff(sums)).max() < 25


def test_points_on_one_place_are_no_error() -> None:
    assert np.isfinite(folded_flexion(np.zeros((21, 3)), 0)).all()
