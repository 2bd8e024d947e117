"""Keep drawing from starving tracking: a slow drawing is followed by a pause. No Qt here."""

from __future__ import annotations

import time
from collections.abc import Callable

SHARE = 0.25
"""Largest fraction of time for drawing an avatar, as long as that leaves three pictures per second."""
_FREE_S = 0.002
_LONGEST_S = 0.3
"""Longest time between two pictures that still looks like motion."""


class DrawBudget:
    """Consulted before each drawing. One thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began_s = self._ended_s = float("-inf")
        self._cost_s = 0.0

    def may_draw(self) -> bool:
        """Return whether the pause after the last drawing is over."""
        return self._clock() - self._ended_s >= self.pause_s

    @property
    def pause_s(self) -> float:
        """Seconds to wait after the last drawing; 0 if drawing is cheap."""
        return min(self._cost_s * (1.0 / SHARE - 1.0), _LONGEST_S) if self._cost_s > _FREE_S else 0.0

    def begin(self) -> None:
        """Mark the start of a drawing."""
        self._began_s = self._clock()

    def end(self) -> None:
        """Mark the end of a drawing. The cost is averaged over a few drawings, since one may have been interrupted."""
        self._ended_s = self._clock()
        if self._began_s > float("-inf"):
            cost_s = self._ended_s - self._began_s
            self._cost_s += 0.3 * (cost_s - self._cost_s) if self._cost_s else cost_s
            self._began_s = float("-inf")
