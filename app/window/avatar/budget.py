"""Keeps drawing from taking the processor away from tracking: a slow drawing is followed by a pause. No Qt here."""

from __future__ import annotations

import time
from collections.abc import Callable

SHARE = 0.25
"""Of the time, the most that drawing an avatar may take while that leaves three pictures a second."""
_FREE_S = 0.002
_LONGEST_S = 0.3
"""A picture that stands for longer is no longer seen to move."""


class DrawBudget:
    """Asked before each drawing. One thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began_s = self._ended_s = float("-inf")
        self._cost_s = 0.0

    def may_draw(self) -> bool:
        """Return whether the pause after the last drawing is over."""
        return self._clock() - self._ended_s >= self.pause_s

    @property
    def pause_s(self) -> float:
        """Seconds to wait after the last drawing; 0 where drawing costs next to nothing."""
        return min(self._cost_s * (1.0 / SHARE - 1.0), _LONGEST_S) if self._cost_s > _FREE_S else 0.0

    def begin(self) -> None:
        """Note that a drawing begins."""
        self._began_s = self._clock()

    def end(self) -> None:
        """Note that it is on screen. The cost follows over a few drawings: one that was interrupted is no rule."""
        self._ended_s = self._clock()
        if self._began_s > float("-inf"):
            cost_s = self._ended_s - self._began_s
            self._cost_s += 0.3 * (cost_s - self._cost_s) if self._cost_s else cost_s
            self._began_s = float("-inf")
