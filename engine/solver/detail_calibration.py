"""A performer's resting face and finger range as plain numbers, for the settings; and measuring them from views.

Face      65 numbers: 52 scores, 2 eyelid gaps, 2 gaze angles, 9 of the head's rotation; (): none
Fingers   16 numbers: sum of the angles of four fingers, open and as a fist, left then right; 8 zeros: none
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from engine.config import NUM_FACE_AT_REST, NUM_FINGER_RANGES
from engine.solver.face import RestingFace
from engine.solver.hands import FingerRange, finger_angles, finger_range
from engine.types import F64, HandView
from models.face import EXPRESSION_NAMES, NUM_EXPRESSIONS
from models.hand_geometry import hand_rotation

assert NUM_FACE_AT_REST == NUM_EXPRESSIONS + 2 + 2 + 9
LEAST_VIEWS = 5
LEAST_REACH_DEG = 60.0
"""Least difference between an open hand and a fist, mean of four fingers; less is no fist, or another hand."""
_TOLD = 0.15
_MOST_TOLD = 3

Ranges = tuple[FingerRange | None, FingerRange | None]


def face_numbers(rest: RestingFace | None) -> tuple[float, ...]:
    """Return a resting face as numbers."""
    if rest is None:
        return ()
    parts = (rest.scores, rest.lid_gap, rest.gaze_rad, rest.head.ravel())
    return tuple(float(value) for part in parts for value in part)


def face_of(numbers: Sequence[float]) -> RestingFace | None:
    """Return the resting face; None for an empty or invalid sequence."""
    if len(numbers) != NUM_FACE_AT_REST or not all(map(math.isfinite, numbers)):
        return None
    values = np.array(numbers, np.float64)
    head = values[-9:].reshape(3, 3)
    if np.linalg.det(head) < 0.5:
        return None
    scores, gaps, gaze = np.split(values[:-9], [NUM_EXPRESSIONS, NUM_EXPRESSIONS + 2])
    head = Rotation.from_matrix(head).as_matrix()
    return RestingFace(scores.clip(0.0, 1.0).astype(np.float32), np.maximum(gaps, 0.0), gaze, head)


def finger_numbers(ranges: Ranges) -> tuple[float, ...]:
    """Return the finger ranges of left and right hand as numbers."""
    if ranges == (None, None):
        return ()
    none = np.zeros(8)
    sides = [none if one is None else np.concatenate([one.open_deg, one.fist_deg]) for one in ranges]
    return tuple(float(value) for value in np.concatenate(sides))


def fingers_of(numbers: Sequence[float]) -> Ranges:
    """Return the ranges; None for a missing side."""
    if len(numbers) != NUM_FINGER_RANGES or not all(map(math.isfinite, numbers)):
        return None, None
    sides = np.array(numbers, np.float64).reshape(2, 2, 4)
    left, right = (FingerRange(*side) if np.any(side) else None for side in sides)
    return left, right


def resting_words(numbers: Sequence[float]) -> str:
    """Return the strongest scores subtracted from the face in words; "" for none."""
    rest = face_of(numbers)
    if rest is None:
        return ""
    scores = sorted(zip(rest.scores.tolist(), EXPRESSION_NAMES, strict=True), reverse=True)
    strong = [f"{name} {score:.2f}" for score, name in scores[:_MOST_TOLD] if score >= _TOLD and name[0] != "_"]
    return ", ".join(strong) or "hardly anything"


def flexion_of(view: HandView, side: int) -> F64 | None:
    """Return the finger angles (4, 3) of a hand in degrees, as from `finger_angles`. None: no palm."""
    points = view.world_m.astype(np.float64)
    turn = hand_rotation(points, side)
    return None if turn is None else finger_angles(points @ turn, side)[0]


def measured_range(opened: Sequence[HandView], fists: Sequence[HandView], side: int) -> FingerRange | None:
    """Return a side's range from views of an open hand and of a fist; None: too few of them, or no difference."""
    both = [[angles for view in views if (angles := flexion_of(view, side)) is not None] for views in (opened, fists)]
    if min(map(len, both)) < LEAST_VIEWS:
        return None
    found = finger_range(np.stack(both[0]), np.stack(both[1]))
    reach = float((found.fist_deg - found.open_deg).mean())
    return found if reach >= LEAST_REACH_DEG else None
