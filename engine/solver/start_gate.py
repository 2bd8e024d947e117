"""Holds the first poses back until the performer's facing is settled, so that no avatar turns round at the start.

From one frame alone a person from the front and one from behind look much alike. With a few more frames the network has
made up its mind.
"""

from __future__ import annotations

import math
from collections import deque

from engine.solver.settings import STANDARD, StartSettings


class StartGate:
    """Opens once, with the first settled facing; closes with `reset`. Solve thread only."""

    def __init__(self, settings: StartSettings = STANDARD.start) -> None:
        self._s = settings
        self.reset()

    def reset(self) -> None:
        """Close: another source."""
        self._facings: deque[float] = deque(maxlen=self._s.frames)
        self._since_s: float | None = None
        self._open = False

    def opens(self, facing_rad: float, captured_at_s: float) -> bool:
        """Return whether the pose of this frame may go out. facing_rad: the hips' yaw in any fixed frame."""
        if self._open:
            return True
        if self._since_s is None or captured_at_s < self._since_s:
            self._since_s = captured_at_s
        self._facings.append(facing_rad)
        last = self._facings[-1]
        near = all(abs(math.remainder(facing - last, 2 * math.pi)) < self._s.range_rad for facing in self._facings)
        settled = near and len(self._facings) == self._s.frames
        self._open = settled or captured_at_s - self._since_s >= self._s.longest_s
        return self._open
