"""Closedness of both eyelids from their gap and the network's score, relative to the performer's open eyelids.

Eyes differ in width, and both measures report many open ones as half shut. Open eyelids are measured at calibration;
until then they are learned, since a performer's eyes are open most of the time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from engine.types import F64

SHUT_GAP = 0.008
"""Gap between closed eyelids divided by the height of the face."""
SHUT_SCORE, LEAST_REACH = 0.7, 0.3
"""Blink score of closed eyelids, and its least difference from that of open ones."""
MIN_OPEN_GAP, MAX_OPEN_SCORE = 2 * SHUT_GAP, 0.55
"""Limits of what counts as open."""
NEAR_YAW, HIDDEN_YAW = 20.0, 30.0
"""Degrees of head yaw from the camera: above the first, the far eye starts to follow the near one; above the second it
is hidden and ignored. On rendered heads above 30 degrees the far lid has r = -0.4 with the truth, the near one 0.8."""
WINK_BEYOND, WINK_GAIN = 0.15, 2.5
"""The mesh closes both lids together and shows a fifth to two fifths of a wink. Differences below the first are its
noise (p90 of eyes that blink together); what exceeds it is multiplied by the second."""
_VIEWS = 300  # 20 s at 15 views a second
_PRIOR_VIEWS = 8.0
_OPEN_PERCENT = 75.0


@dataclass(frozen=True, slots=True)
class OpenLids:
    """Open eyelids: each (2,), left and right."""

    gap: F64  # divided by the height of the face
    score: F64  # the network's eyeBlink


TYPICAL = OpenLids(np.full(2, 0.050), np.full(2, 0.10))


def closedness(gaps: F64, scores: F64, opened: OpenLids = TYPICAL) -> F64:
    """Return the closedness (2,) of the eyelids, 0..1: the mean of the estimates from gap and score."""
    wide = np.maximum(opened.gap, MIN_OPEN_GAP)
    by_gap = np.clip((wide - gaps) / (wide - SHUT_GAP), 0.0, 1.0)
    least = np.minimum(opened.score, MAX_OPEN_SCORE)
    by_score = np.clip((scores - least) / np.maximum(SHUT_SCORE - least, LEAST_REACH), 0.0, 1.0)
    closed: F64 = (by_gap + by_score) / 2
    return closed


def as_seen(closed: F64, yaw_deg: float) -> F64:
    """Return (2,) `closedness` with the eye that the camera does not see like the other, and winks stretched.

    yaw_deg  of the head against the camera, positive to the person's left: the left eye is the one turned away
    """
    away = float(np.clip((abs(yaw_deg) - NEAR_YAW) / (HIDDEN_YAW - NEAR_YAW), 0.0, 1.0))
    far = 0 if yaw_deg > 0 else 1
    apart = (1.0 - away) * float(closed[far] - closed[1 - far])
    stretched = apart + (WINK_GAIN - 1.0) * float(np.sign(apart)) * max(abs(apart) - WINK_BEYOND, 0.0)
    middle = float(closed[1 - far]) + apart / 2
    result = np.empty(2)
    result[far], result[1 - far] = middle + stretched / 2, middle - stretched / 2
    limited: F64 = np.clip(result, 0.0, 1.0)
    return limited


class LearnedLids:
    """Learns open eyelids of an uncalibrated performer. Solve thread only."""

    def __init__(self) -> None:
        self._seen: deque[tuple[F64, F64]] = deque(maxlen=_VIEWS)

    def see(self, gaps: F64, scores: F64) -> OpenLids:
        """Add a view; return the current estimate of open eyelids."""
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
