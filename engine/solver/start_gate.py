"""Hold back the first poses until the performer's facing is settled, so that no avatar spins at the start.

In a single frame, front and back look much alike. After a few more frames the network's answer is stable.
"""

from __future__ import annotations

import math
from collections import deque

from engine.solver.settings import STANDARD, StartSettings


class StartGate:
    """Opens once, when the facing is settled; closes with `reset`. Solve thread only."""

    def __init__(self, settings: StartSettings = STANDARD.start) -> None:
        self._s = settings
        self.reset()

    def reset(self) -> None:
        """Close: another source."""
        self._facings: deque[float] = deque(maxlen=self._s.frames)
        self._since_s: float | None = None
        self._open = False

    def opens(self, facing_rad: float, captured_at_s: float) -> bool:
        """Return whether this frame's pose may be sent. facing_rad: the hips' yaw in any fixed frame."""
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
