"""Accept or reject network answers by presence, size, handedness and position; a network always returns points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.types import FaceView, HandView, Keypoints2D
from models.fingers import MIDDLE_ROOT, SIDES, WRIST
from models.keypoints import KEYPOINT


@dataclass(frozen=True, slots=True)
class GateSettings:
    """Acceptance limits."""

    min_presence: float = 0.5
    """Presence from the hand network; corresponds to a face logit of 0."""
    min_hand_px: float = 25.0
    min_face_px: float = 35.0
    """Longer side of the box around the points; below this the answer is a guess."""
    against: float = 0.3
    """A hand is rejected below this probability of being of its side."""
    max_from_body: float = 0.75
    """Largest distance from hand wrist to body wrist in hand boxes, and from face centre to body nose."""
    good_looks: int = 2
    """Number of consecutive good answers before a hand or face is accepted."""


GATES = GateSettings()
_MIN_SCORE = 0.3


def hand_is_good(view: HandView, side: int, body: Keypoints2D, gates: GateSettings = GATES) -> bool:
    """Return whether this is the body's hand of this side (0 left, 1 right).

    The body's wrist, if seen, decides whose hand it is: another person's hand in the region is elsewhere.
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
    """Return whether both views show the same hand, found twice: their palms overlap."""
    rows = [WRIST, MIDDLE_ROOT]
    apart = np.linalg.norm(left.points_px[rows, :2] - right.points_px[rows, :2], axis=1).mean()
    return bool(apart < 0.25 * min(left.size_px, right.size_px))
