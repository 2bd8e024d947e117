"""Which palms are believed: of a hand whose side is sure, and that did not jump since the last look."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.solver.palm_gate import FORGET_S, LEAST_ON_SIDE, PalmGate
from engine.types import HandView

STILL, FLIPPED = np.eye(3), np.diag([1.0, -1.0, -1.0])


def view(time_s: float, right: float = 1.0) -> HandView:
    none = np.zeros((21, 3), np.float32)
    return HandView(0, time_s, none, none, 0.9, right, 80.0)


@pytest.mark.parametrize("side", [0, 1])
def test_a_hand_whose_side_is_doubted_may_be_seen_from_its_other_face(side: int) -> None:
    sure, unsure = LEAST_ON_SIDE + 0.01, LEAST_ON_SIDE - 0.01
    assert PalmGate().accepts(view(0.0, sure if side else 1 - sure), side, STILL)
    assert not PalmGate().accepts(view(0.0, unsure if side else 1 - unsure), side, STILL)


def test_one_flipped_view_is_refused_and_a_hand_that_stays_turned_is_believed() -> None:
    gate = PalmGate()
    answers = [gate.accepts(view(0.07 * i), 1, r) for i, r in enumerate([STILL, FLIPPED, STILL, FLIPPED, FLIPPED])]
    assert answers == [True, False, True, False, True]


def test_a_view_that_comes_again_does_not_confirm_itself() -> None:
    gate = PalmGate()
    assert gate.accepts(view(0.0), 1, STILL)
    assert [gate.accepts(view(0.1), 1, FLIPPED) for _ in range(3)] == [False] * 3


def test_turning_fast_is_no_jump_and_after_a_while_anything_goes() -> None:
    gate = PalmGate()
    for number in range(10):
        assert gate.accepts(view(0.1 * number), 1, Rotation.from_euler("X", 80 * number, degrees=True).as_matrix())
    gate = PalmGate()
    assert gate.accepts(view(0.0), 1, STILL)
    assert gate.accepts(view(FORGET_S + 0.01), 1, FLIPPED)
