"""Which answers of the networks are believed: presence, size, handedness, place; a network always gives points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.types import FaceView, HandView, Keypoints2D
from models.fingers import MIDDLE_ROOT, SIDES, WRIST
from models.keypoints import KEYPOINT


@dataclass(frozen=True, slots=True)
class GateSettings:
    """Limits of what is accepted."""

    min_presence: float = 0.5
    """Of the hand network; the same as a face logit of 0."""
    min_hand_px: float = 25.0
    min_face_px: float = 35.0
    """Longer side of the box around the points; below, the answer is guessed."""
    against: float = 0.3
    """A hand that the network gives less than this probability of being on its side is refused."""
    max_from_body: float = 0.75
    """A hand's wrist lies at most so many hand boxes from the body's wrist, a face's middle from the body's nose."""
    good_looks: int = 2
    """A hand or face is accepted after so many good looks in a row."""


GATES = GateSettings()
_MIN_SCORE = 0.3


def hand_is_good(view: HandView, side: int, body: Keypoints2D, gates: GateSettings = GATES) -> bool:
    """Return whether this is the body's hand of this side (0 left, 1 right).

    The body's wrist, where it is seen, says whose hand it is: somebody else's hand that reaches in lies elsewhere.
    """
    on_side = view.right if side == 1 else 1.0 - view.right
    if view.presence <= gates.min_presence or on_side < gates.against:
        return False
    if not np.isfinite(view.points_px).all() or view.size_px < gates.min_hand_px:
        return False
    row = KEYPOINT[f"{SIDES[side].lower()}_wrist"]
    if body.scores[row] < _MIN_SCORE:
        return True
    away = float(np.linalg.norm(view.points_px[WRIST, :2] - body.points_px[row]))
    return away <= gates.max_from_body * view.size_px


def face_is_good(view: FaceView, body: Keypoints2D, gates: GateSettings = GATES) -> bool:
    """Return whether this is the body's face."""
    if view.presence <= gates.min_presence or view.size_px < gates.min_face_px:
        return False
    if not np.isfinite(view.points_px).all() or not np.isfinite(view.scores).all():
        return False
    if body.scores[KEYPOINT["nose"]] < _MIN_SCORE:
        return True
    away = view.points_px[:, :2].mean(0) - body.points_px[KEYPOINT["nose"]]
    return float(np.linalg.norm(away)) <= gates.max_from_body * view.size_px


def same_hand(left: HandView, right: HandView) -> bool:
    """Return whether both views show one hand, found twice: their palms lie on each other."""
    rows = [WRIST, MIDDLE_ROOT]
    apart = np.linalg.norm(left.points_px[rows, :2] - right.points_px[rows, :2], axis=1).mean()
    return bool(apart < 0.25 * min(left.size_px, right.size_px))
