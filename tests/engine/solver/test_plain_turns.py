"""Rotations one at a time agree with SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.solver import plain_turns as p

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
