"""How far two runs of the network differ: in what is made of their outputs, or in the outputs, whichever is less."""

from __future__ import annotations

import numpy as np
import pytest

from models.vtm.answer import answer_difference


def outputs(rows: int, seed: int = 0, parts: bool = True) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = [(rows, 22, 6), (rows, 5), (rows, 22), (rows, 2), (rows, 6)]
    made = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    made[4] -= 3.0  # errors of 0.05 body heights
    return made if parts else made[:4]


@pytest.mark.parametrize(("rows", "mirrored", "parts"), [(1, False, True), (2, True, True), (1, True, False)])
def test_the_same_outputs_do_not_differ_and_a_changed_one_does(rows, mirrored, parts):
    ours = outputs(rows, parts=parts)
    assert answer_difference(ours, outputs(rows, parts=parts), mirrored=mirrored) == 0.0
    for index in range(len(ours)):
        theirs = outputs(rows, parts=parts)
        theirs[index] = theirs[index] + np.linspace(0.1, 0.3, theirs[index].size).reshape(theirs[index].shape)
        assert answer_difference(ours, theirs, mirrored=mirrored) > 0.01


def test_columns_of_another_length_are_the_same_rotation():
    ours, theirs = outputs(1), outputs(1)
    theirs[0] = theirs[0] * 3
    assert answer_difference(ours, theirs, mirrored=False) < 1e-6


def test_a_log_spread_that_says_certainly_unsure_differs_by_nothing_that_is_used():
    ours, theirs = outputs(1), outputs(1)
    ours[4], theirs[4] = np.full((1, 6), 1.5), np.full((1, 6), 1.9)
    assert answer_difference(ours, theirs, mirrored=False) < 1e-3


def test_what_is_not_a_number_differs_infinitely():
    theirs = outputs(1)
    theirs[1][0, 2] = np.nan
    assert answer_difference(outputs(1), theirs, mirrored=False) == float("inf")
