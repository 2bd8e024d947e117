"""Decide whether the camera is upside down, from how the performer stands in the picture in the first seconds.

BlazePose reads people at any angle, so its points show the direction. A handstand or a bow may last a while, so nearly
all frames, and trunk, legs and head, have to agree. A person who lies on the floor looks like a camera on its side, so
that is only reported.
"""

from __future__ import annotations

import math

import numpy as np

from engine.types import F64, Keypoints2D
from models.keypoints import KEYPOINT

UPSIDE_DOWN_DEG = 180
DECIDE_S = 1.5
"""Time the person must have been visible, in at least LEAST_FRAMES frames."""
LEAST_FRAMES = 8
AGREE = 0.85
"""Fraction of these frames that must agree."""
_LONGEST_STEP_S = 0.25  # between two frames; a longer gap counts as this much
_MIN_SCORE = 0.3


def _pair(name: str) -> list[int]:
    return [KEYPOINT[f"left_{name}"], KEYPOINT[f"right_{name}"]]


_EYES, _SHOULDERS, _HIPS, _ANKLES = (_pair(name) for name in ("eye", "shoulder", "hip", "ankle"))
_SEGMENTS = ((_SHOULDERS, _HIPS), (_HIPS, _ANKLES), (_EYES, _SHOULDERS), (_EYES, [KEYPOINT["nose"]]))
"""Upper end, lower end. The face alone is used only if nothing else is seen."""


def turn_of(keypoints: Keypoints2D) -> int | None:
    """Return the clockwise rotation of the picture, 0, 90, 180 or 270 degrees, that brings the person's head up.

    None: too little is seen, or the body parts disagree.
    """
    turns = [
        _nearest_turn(up) for upper, lower in _SEGMENTS[:3] if (up := _direction(keypoints, upper, lower)) is not None
    ]
    if not turns and (up := _direction(keypoints, *_SEGMENTS[3])) is not None:
        turns = [_nearest_turn(up)]
    return turns[0] if turns and len(set(turns)) == 1 else None


def _direction(keypoints: Keypoints2D, upper: list[int], lower: list[int]) -> F64 | None:
    """Return the direction (2,) from lower to upper end in the picture; None if a point is not seen."""
    if keypoints.scores[[*upper, *lower]].min() < _MIN_SCORE:
        return None
    along: F64 = keypoints.points_px[upper].mean(0).astype(np.float64) - keypoints.points_px[lower].mean(0)
    return along if np.isfinite(along).all() and np.linalg.norm(along) > 1.0 else None


def _nearest_turn(up: F64) -> int:
    """Round to quarter turns. Picture axes: x right, y down; a head to the right needs 270 degrees clockwise."""
    clockwise_deg = math.degrees(math.atan2(up[0], -up[1]))  # of the head, from upright
    return round(-clockwise_deg / 90) % 4 * 90


class UprightVote:
    """Counts frames until the orientation is clear. One thread; `None` until it has decided."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Reset for another source."""
        self._votes: dict[int | None, int] = {}
        self._seen_s = 0.0
        self._last_s: float | None = None
        self.decided: int | None = None
        """0, 90, 180 or 270 degrees clockwise; also 0 when the frames disagree."""

    def add(self, keypoints: Keypoints2D) -> int | None:
        """Add a frame that shows the person; return the decision in the frame that makes it, else None."""
        if self.decided is not None:
            return None
        now_s = keypoints.captured_at_s
        if self._last_s is not None:
            self._seen_s += min(max(now_s - self._last_s, 0.0), _LONGEST_STEP_S)
        self._last_s = now_s
        turn = turn_of(keypoints)
        self._votes[turn] = self._votes.get(turn, 0) + 1
        total = sum(self._votes.values())
        if self._seen_s < DECIDE_S or total < LEAST_FRAMES:
            return None
        most = max(self._votes, key=lambda key: self._votes[key])
        self.decided = most if most is not None and self._votes[most] >= AGREE * total else 0
        return self.decided


def turned_line(turn_deg: int) -> str:
    """Return one line for the user about a decision that is not 0."""
    if turn_deg == UPSIDE_DOWN_DEG:
        return (
            "the picture is upside down and is rotated by 180 degrees (to avoid this: --rotate 0, or Turn under Source)"
        )
    return (
        f"the person lies on their side in the picture; if the camera is on its side, use --rotate {turn_deg} "
        "(Turn under Source)"
    )


def fixed_line(turn_deg: int) -> str:
    """Return one line for the user whose settings fix a rotation with which the person is not upright."""
    how = "upside down" if turn_deg == UPSIDE_DOWN_DEG else "on their side"
    return f"the person is {how} in the picture, and its rotation is fixed: set Turn under Source to Automatic"
