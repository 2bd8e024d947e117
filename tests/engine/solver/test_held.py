"""Views between their times: smoothed, held for a moment, then at rest; the wrist comes and goes without a jump."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.solver.held import HOLD_S, RELAX_S, Blend, HeldRotations, HeldValues, is_sure, steadiness

REST = Rotation.from_rotvec([[0.2, 0, 0], [0, 0, 0]]).as_quat().astype(np.float32)
BENT = Rotation.from_rotvec([[1.2, 0, 0], [0, 1, 0]]).as_quat().astype(np.float32)


def away(a: np.ndarray, b: np.ndarray) -> float:
    return float((Rotation.from_quat(a).inv() * Rotation.from_quat(b)).magnitude().max())


def test_without_any_view_there_is_the_rest() -> None:
    held = HeldRotations(REST)
    assert all(away(held.at(i / 30), REST) < 1e-6 for i in range(5))


def test_a_view_is_reached_soon_and_without_a_jump() -> None:
    held = HeldRotations(REST)
    held.at(0.0)
    held.see(BENT, 0.0)
    steps = [held.at(i / 30) for i in range(1, 9)]
    gaps = [away(step, BENT) for step in steps]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 0.4
    assert gaps[-1] < 0.05


def test_a_poor_view_moves_the_hand_more_slowly() -> None:
    quick, slow = HeldRotations(REST), HeldRotations(REST)
    for held, steady in ((quick, 1.0), (slow, 3.0)):
        held.at(0.0)
        held.see(BENT, 0.0, steady)
    assert away(slow.at(0.1), BENT) > 2 * away(quick.at(0.1), BENT)


def test_what_is_lost_is_held_and_then_eases_to_rest() -> None:
    held, values = HeldRotations(REST), HeldValues(3)
    for frame in range(30):
        held.see(BENT, frame / 30)
        values.see(np.ones(3, np.float32), frame / 30)
        last, last_values = held.at(frame / 30), values.at(frame / 30)
    assert away(held.at(29 / 30 + HOLD_S - 0.01), last) < 0.01
    np.testing.assert_allclose(values.at(29 / 30 + HOLD_S - 0.01), last_values, atol=0.01)
    lost = [held.at(29 / 30 + HOLD_S + 0.01 + i / 30) for i in range(16)]
    assert away(lost[3], REST) > 0.2
    assert away(lost[-1], REST) < 0.06
    assert pytest.approx(0.5) == RELAX_S
    assert values.at(29 / 30 + HOLD_S + RELAX_S).max() < 0.06


def test_the_bodys_own_wrist_is_replaced_gradually_and_comes_back() -> None:
    blend = Blend()
    up = [blend(True, 0.05) for _ in range(4)]
    assert up == pytest.approx([1 / 3, 2 / 3, 1, 1])
    assert [blend(False, 0.1), blend(False, 0.1)] == pytest.approx([1 / 3, 0])


def test_only_a_large_and_sure_view_replaces_what_the_body_says() -> None:
    assert is_sure(0.9, 60)
    assert not is_sure(0.7, 60)
    assert not is_sure(0.9, 39)


def test_few_pixels_and_the_edge_of_the_picture_ask_for_more_smoothing() -> None:
    points = np.array([[300, 200, 0], [380, 280, 0]], np.float32)
    assert steadiness(100, points, (640, 480)) == 1.0
    assert steadiness(40, points, (640, 480)) == 2.0
    assert steadiness(100, points - np.array([300, 0, 0], np.float32), (640, 480)) == 2.0
