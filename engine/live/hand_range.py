"""Measure a person's finger range: two seconds of open hands, two of fists, with time to get there.

Pure: times are frame times. The result goes to the solver (engine.solver.detail_calibration).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.types import Details, HandView

READY_S, HELD_S = 2.0, 2.0
"""Time to get into each position, and duration of its measurement."""
Views = tuple[list[HandView], list[HandView]]
"""Least number of views of each hand."""
_LINES = ("hands: hold both open, palms to the camera", "hands: now make two fists")


def _none() -> Views:
    return [], []


@dataclass(slots=True)
class HandRange:
    """One measurement; call `push` until it is over."""

    started_s: float | None = None
    views: tuple[Views, Views] = field(default_factory=lambda: (_none(), _none()))  # open, fists
    _told: int = 0

    @property
    def over(self) -> bool:
        """Whether it is complete, or never started."""
        return self._told > len(_LINES)

    def push(self, details: Details | None, time_s: float) -> str | None:
        """Add the views at this time; return a message when the next position is needed."""
        if self.started_s is None or time_s < self.started_s:
            self.started_s = time_s
        phase, inside_s = divmod(time_s - self.started_s, READY_S + HELD_S)
        if phase >= len(_LINES):
            self._told = len(_LINES) + 1
            return None
        if inside_s >= READY_S and details is not None:
            for views, view in zip(self.views[int(phase)], (details.left, details.right), strict=True):
                if view is not None and (not views or view is not views[-1]):
                    views.append(view)
        if self._told <= phase:
            self._told = int(phase) + 1
            return _LINES[int(phase)]
        return None
