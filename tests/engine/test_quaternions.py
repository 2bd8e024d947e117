"""Rotations one at a time agree with SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine import quaternions as p

TURNS = [*Rotation.random(60, random_state=1), *(Rotation.from_rotvec(np.pi * axis) for axis in np.eye(3))]
TURNS += [Rotation.identity(), Rotation.from_rotvec([1e-12, 0, 0]), Rotation.from_rotvec([0, 3.1, 0])]


def quaternion(turn: Rotation) -> p.Quaternion:
    x, y, z, w = turn.as_quat().tolist()
    return x, y, z, w


@pytest.mark.parametrize("turn", TURNS)
def test_each_form_is_scipys(turn: Rotation) -> None:
    matrix = turn.as_matrix()
    np.testing.assert_allclose(p.matrix_of(quaternion(turn)), matrix, atol=1e-12)
    np.testing.assert_allclose(p.matrix_of(p.quaternion_of(matrix)), matrix, atol=1e-12)
    assert p.quaternion_of(matrix)[3] >= 0
    vector = p.to_vector(quaternion(turn))
    np.testing.assert_allclose(p.matrix_of(p.from_vector(*vector)), matrix, atol=1e-12)
    assert np.linalg.norm(vector) == pytest.approx(turn.magnitude(), abs=1e-9)


def test_products_and_inverses_are_scipys() -> None:
    for a, b in zip(TURNS, TURNS[1:] + TURNS[:1], strict=True):
        found = p.product(quaternion(a), p.inverse(quaternion(b)))
        np.testing.assert_allclose(p.matrix_of(found), (a * b.inv()).as_matrix(), atol=1e-12)


def test_vectors_turn_and_turns_compare_as_scipys() -> None:
    vector = (0.3, -1.2, 0.7)
    for a, b in zip(TURNS, TURNS[1:] + TURNS[:1], strict=True):
        np.testing.assert_allclose(p.turned(quaternion(a), vector), a.apply(vector), atol=1e-12)
        np.testing.assert_allclose(p.turned_back(quaternion(a), vector), a.inv().apply(vector), atol=1e-12)
        found = p.between(quaternion(a), quaternion(b))
        np.testing.assert_allclose(p.matrix_of(found), (a.inv() * b).as_matrix(), atol=1e-12)


def test_an_arc_turns_one_direction_to_the_other_the_short_way() -> None:
    start = (0.2, 0.5, -0.4)
    for turn in TURNS:
        end = tuple(turn.apply(start).tolist())
        arc = p.arc(start, end)
        np.testing.assert_allclose(p.turned(arc, start), end, atol=1e-9)
        angle = np.arccos(np.clip(np.dot(start, end) / np.dot(start, start), -1, 1))
        assert np.linalg.norm(p.to_vector(arc)) == pytest.approx(angle, abs=1e-6)
    assert p.arc(start, (-0.2, -0.5, 0.4)) == (0.0, 0.0, 0.0, 1.0)
