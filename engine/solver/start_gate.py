"""Holds the first poses back until the performer's facing is settled, so that no avatar turns round at the start.

From one frame alone a person from the front and one from behind look much alike. With a few more frames the network has
made up its mind.
"""

from __future__ import annotations

import math
from collections import deque

STABLE_FRAMES = 5
STABLE_RAD = math.radians(30.0)
"""The facing counts as settled when it stays within this range for STABLE_FRAMES."""
LONGEST_S = 0.6
"""After this time poses are let through as they are: somebody may really turn."""


class StartGate:
    """Opens once, with the first settled facing; closes with `reset`. Solve thread only."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Close: another source."""
        self._facings: deque[float] = deque(maxlen=STABLE_FRAMES)
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
        near = all(abs(math.remainder(facing - last, 2 * math.pi)) < STABLE_RAD for facing in self._facings)
        settled = near and len(self._facings) == STABLE_FRAMES
        self._open = settled or captured_at_s - self._since_s >= LONGEST_S
        return self._open
