"""What precedes a headless run: the requested calibration and take, after the countdown."""

from __future__ import annotations

import math
from collections.abc import Callable

from app.cues import Cue, cue_of
from app.engine_access import PipelineLike
from engine.types import Snapshot

_OVER = ("ended", "failed", "stopped")
_SOON_S = 0.05


class Preparation:
    """Call `step` with each snapshot until `over`. Main thread.

    With a countdown or a calibration everything waits for the first picture: cameras and networks take seconds to load.
    A take starts after the calibration, also after a failed one; one countdown serves both.
    """

    def __init__(
        self,
        pipeline: PipelineLike,
        *,
        calibrate: bool,
        start_take: Callable[[], None] | None,
        countdown_s: int,
        clock: Callable[[], float],
    ) -> None:
        """A take without countdown and calibration starts here; errors of `start_take` are passed on."""
        self._pipeline = pipeline
        self._calibrate, self._start_take = calibrate, start_take
        self._countdown_s = countdown_s
        self._clock = clock
        self._asked = False  # the calibration has been requested
        self._take_at_s: float | None = None  # start of the take, once known
        if not calibrate and not countdown_s:
            self._begin_take()

    @property
    def over(self) -> bool:
        """Whether there is nothing left to start."""
        return not self._calibrate and self._start_take is None

    def step(self, snapshot: Snapshot) -> Cue | None:
        """Advance; return the cue to give to the performer now."""
        if self.over or snapshot.state == "starting":
            return None
        if snapshot.state in _OVER:
            self._calibrate, self._start_take = False, None
            return None
        if self._calibrate:
            self._go_on_calibrating(snapshot)
            return cue_of(self._pipeline.snapshot(), None)
        if self._take_at_s is None:
            self._take_at_s = self._clock() + self._countdown_s
        left_s = self._take_at_s - self._clock()
        if left_s > 0.0:
            return cue_of(snapshot, left_s)
        self._begin_take()
        return cue_of(self._pipeline.snapshot(), None)

    def wait_s(self, longest_s: float) -> float:
        """Return how long to wait for the next step, so that each digit is shown in time."""
        if self.over:
            return longest_s
        if self._take_at_s is None:
            return min(longest_s, _SOON_S)
        left_s = self._take_at_s - self._clock()
        return min(max(left_s - math.floor(left_s), 0.005), longest_s)

    def _go_on_calibrating(self, snapshot: Snapshot) -> None:
        if not self._asked:
            self._asked = True
            self._pipeline.calibrate()
        elif not snapshot.calibration.active:  # done or failed: reported by the pipeline
            self._calibrate, self._take_at_s = False, self._clock()

    def _begin_take(self) -> None:
        start, self._start_take = self._start_take, None
        if start is not None:
            start()
