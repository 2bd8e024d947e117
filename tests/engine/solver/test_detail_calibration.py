"""A face at rest and the range of fingers survive the way through the settings; open hands and fists are measured."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.solver.detail_calibration import (
    LEAST_VIEWS,
    face_numbers,
    face_of,
    finger_numbers,
    fingers_of,
    flexion_of,
    measured_range,
    resting_words,
)
from engine.solver.detailed import DetailSolver
from engine.solver.face import resting_face
from engine.types import HandView
from models.face import EXPRESSION
from tests.engine.solver.test_detailed import face_view
from tests.engine.solver.test_hands import left_hand

MIRROR = np.diag([-1.0, 1.0, 1.0])


def view(angles: tuple[float, float, float], side: int, turn: Rotation | None = None) -> HandView:
    points = left_hand(np.array([list(angles)] * 4), np.zeros(4))
    points = points if side == 0 else points @ MIRROR
    turned = (turn or Rotation.identity()).apply(points).astype(np.float32)
    return HandView(0, 0.0, turned, turned, 0.9, float(side), 90.0)


def test_a_face_at_rest_comes_back_from_json():
    rest = resting_face([face_view(0.0, Rotation.from_euler("y", 0.1))])
    numbers = json.loads(json.dumps(face_numbers(rest)))
    back = face_of(numbers)
    assert rest is not None
    assert back is not None
    np.testing.assert_allclose(back.scores, rest.scores)
    np.testing.assert_allclose(back.lid_gap, rest.lid_gap)
    np.testing.assert_allclose(back.gaze_rad, rest.gaze_rad)
    np.testing.assert_allclose(back.head, rest.head, atol=1e-9)
    assert face_numbers(None) == ()


@pytest.mark.parametrize("numbers", [(), (1.0,) * 64, (float("nan"),) * 65, (0.0,) * 65, (5.0,) * 65])
def test_numbers_that_are_no_face_are_none(numbers: tuple[float, ...]):
    assert face_of(numbers) is None


@pytest.mark.parametrize("side", [0, 1])
def test_open_hands_and_fists_give_a_range_however_the_hand_is_turned(side: int):
    turns = Rotation.random(LEAST_VIEWS, random_state=0)
    opened = [view((3.0, 2.0, 1.0), side, turn) for turn in turns]
    fists = [view((60.0, 50.0, 32.5), side, turn) for turn in turns]
    found = measured_range(opened, fists, side)
    assert found is not None
    assert (found.fist_deg - found.open_deg).mean() > 100
    flexion = flexion_of(fists[0], side)
    assert flexion is not None
    assert flexion.sum(-1).mean() == pytest.approx(found.fist_deg.mean(), abs=3)


def test_too_few_views_or_no_fist_is_no_range():
    opened, fists = [view((3, 2, 1), 0)] * LEAST_VIEWS, [view((60, 50, 32), 0)] * LEAST_VIEWS
    assert measured_range(opened, fists[1:], 0) is None
    assert measured_range(opened, opened, 0) is None


def test_ranges_come_back_side_by_side_and_a_side_may_be_missing():
    solver = DetailSolver()
    opened = ([view((3, 2, 1), 0)] * 6, [])
    fists = ([view((60, 50, 32), 0)] * 6, [])
    assert solver.measure_hands(opened, fists) == (True, False)
    left, right = fingers_of(json.loads(json.dumps(solver.calibration[1])))
    assert right is None
    assert left is not None
    assert solver.finger_ranges[0] is not None
    np.testing.assert_allclose(left.fist_deg, solver.finger_ranges[0].fist_deg)
    assert finger_numbers((None, None)) == ()
    assert fingers_of((float("inf"),) * 16) == fingers_of(()) == (None, None)


def test_a_solver_takes_its_calibration_from_the_settings():
    first = DetailSolver()
    first.rest_on([face_view(0.0, Rotation.identity())])
    second = DetailSolver()
    second.calibration = first.calibration
    assert second.calibration[0] == pytest.approx(first.calibration[0])
    second.calibration = ((), ())
    assert second.resting_face is None


def test_what_is_subtracted_is_said_in_words():
    rest = resting_face([face_view(0.0, Rotation.identity())])
    numbers = list(face_numbers(rest))
    assert "mouthSmileLeft 0.80" in resting_words(numbers)
    numbers[EXPRESSION["mouthSmileLeft"]] = 0.0
    assert resting_words(numbers) == "hardly anything"
    assert resting_words(()) == ""
