"""Points that cannot be a person are nobody."""

from __future__ import annotations

import numpy as np
import pytest

from engine.pose2d.plausible import is_person
from engine.types import Keypoints2D
from models.keypoints import KEYPOINT, NUM_KEYPOINTS

SIZE = (640, 480)
RNG = np.random.default_rng(0)
BODY = RNG.uniform((200, 60), (440, 420), (NUM_KEYPOINTS, 2)).astype(np.float32)
FACE = [KEYPOINT[name] for name in ("nose", "left_eye", "right_eye", "left_ear", "right_ear")]


def person(points: np.ndarray = BODY, scores: np.ndarray | float = 0.9) -> bool:
    given = np.broadcast_to(np.asarray(scores, np.float32), NUM_KEYPOINTS).copy()
    return is_person(Keypoints2D(0, 0.0, SIZE, points.astype(np.float32), given))


def only(names: list[int]) -> np.ndarray:
    scores = np.full(NUM_KEYPOINTS, 0.05)
    scores[names] = 0.9
    return scores


def test_a_body_is_a_person_and_so_are_a_bust_and_a_face_close_up():
    assert person()
    assert person(scores=only([*FACE, KEYPOINT["left_shoulder"], KEYPOINT["right_shoulder"]]))
    face = BODY.copy()
    face[FACE] = np.array([(320, 240), (360, 200), (280, 200), (420, 220), (220, 220)])
    assert person(face, only(FACE))


@pytest.mark.parametrize(
    ("points", "scores"),
    [
        (BODY, 0.1),
        (np.full((NUM_KEYPOINTS, 2), 300.0), 0.9),
        (BODY + np.array([0, 480]), 0.9),
        (np.column_stack([np.full(NUM_KEYPOINTS, 637.0), np.linspace(10, 470, NUM_KEYPOINTS)]), 0.9),
        (np.full((NUM_KEYPOINTS, 2), np.nan), 0.9),
        (BODY, np.nan),
    ],
    ids=["all guessed", "one place", "outside", "at the edge", "no numbers", "no scores"],
)
def test_what_cannot_be_a_person_is_nobody(points: np.ndarray, scores: float):
    assert not person(points, scores)


def test_somebody_half_outside_is_still_a_person():
    assert person(BODY + np.array([230, 0]))
