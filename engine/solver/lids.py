"""How far somebody's lids are open at rest, learnt while they perform: eyes differ more than any fixed gap allows.

Until a calibration measures the face at rest, narrow eyes would count as half shut, and their gaze as unseen.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from engine.solver.face import OPEN_GAP, SHUT_GAP, RestingFace, lid_gaps
from engine.types import F32, F64
from models.face import NUM_EXPRESSIONS

LEAST_LOOKS, MOST_LOOKS = 8, 200
"""Before the first so many nothing is known; older ones than the last are forgotten (13 s at 15 faces/s)."""
OPEN_QUANTILE = 0.7
"""Of the gaps: lids are open most of the time, and wide open seldom."""
_NARROWEST, _WIDEST = 2.5 * SHUT_GAP, 2.0 * OPEN_GAP


class OpenLids:
    """Learns the gaps of the left and right eye from what is seen."""

    def __init__(self) -> None:
        self._gaps: deque[F64] = deque(maxlen=MOST_LOOKS)

    def push(self, points: F32) -> RestingFace | None:
        """Take a view; a face at rest of which only the lids are known. None: too few looks so far."""
        gaps = lid_gaps(points)
        if np.isfinite(gaps).all():
            self._gaps.append(gaps)
        if len(self._gaps) < LEAST_LOOKS:
            return None
        opened = np.quantile(np.array(self._gaps), OPEN_QUANTILE, axis=0).clip(_NARROWEST, _WIDEST)
        return RestingFace(np.zeros(NUM_EXPRESSIONS, np.float32), opened, np.zeros(2), np.eye(3))
