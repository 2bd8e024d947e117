"""How far the lids of both eyes are closed, from their gap and the network's score, against what open lids look like.

Eyes are narrow or wide, and both measures say half shut of many that are open. What open lids look like is taken at
calibration; until then it is learned from the performer, who has open eyes most of the time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from engine.types import F64

SHUT_GAP = 0.008
"""Gap between shut lids over the height of the face."""
SHUT_SCORE, LEAST_REACH = 0.7, 0.3
"""Blink score of shut lids, and how far it is above that of open ones at least."""
MIN_OPEN_GAP, MAX_OPEN_SCORE = 2 * SHUT_GAP, 0.55
"""Limits of what is taken for open."""
_VIEWS = 300  # 20 s at 15 views a second
_PRIOR_VIEWS = 8.0
_OPEN_PERCENT = 75.0


@dataclass(frozen=True, slots=True)
class OpenLids:
    """What open lids look like: each (2,), left and right."""

    gap: F64  # over the height of the face
    score: F64  # of the network, eyeBlink


TYPICAL = OpenLids(np.full(2, 0.050), np.full(2, 0.10))


def closedness(gaps: F64, scores: F64, opened: OpenLids = TYPICAL) -> F64:
    """Return (2,) how far each lid is closed, 0..1: the mean of what gap and score say."""
    wide = np.maximum(opened.gap, MIN_OPEN_GAP)
    by_gap = np.clip((wide - gaps) / (wide - SHUT_GAP), 0.0, 1.0)
    least = np.minimum(opened.score, MAX_OPEN_SCORE)
    by_score = np.clip((scores - least) / np.maximum(SHUT_SCORE - least, LEAST_REACH), 0.0, 1.0)
    closed: F64 = (by_gap + by_score) / 2
    return closed


class LearnedLids:
    """Open lids of a performer who was not calibrated. Solve thread only."""

    def __init__(self) -> None:
        self._seen: deque[tuple[F64, F64]] = deque(maxlen=_VIEWS)

    def see(self, gaps: F64, scores: F64) -> OpenLids:
        """Take what a view shows; return what open lids look like by now."""
        if np.isfinite(gaps).all():
            self._seen.append((gaps, scores))
        if not self._seen:
            return TYPICAL
        gap = np.percentile([own for own, _ in self._seen], _OPEN_PERCENT, axis=0)
        score = np.percentile([own for _, own in self._seen], 100 - _OPEN_PERCENT, axis=0)
        known = len(self._seen) / (len(self._seen) + _PRIOR_VIEWS)
        return OpenLids(
            np.maximum(TYPICAL.gap + known * (gap - TYPICAL.gap), MIN_OPEN_GAP),
            np.minimum(TYPICAL.score + known * (score - TYPICAL.score), MAX_OPEN_SCORE),
        )
