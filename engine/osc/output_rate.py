"""Path of a pose to the OSC targets: as it comes, or predicted to a steady clock; can be changed while running."""

from __future__ import annotations

from collections.abc import Callable

from engine.osc.output_clock import OscClock, check_rate
from engine.types import Pose


class OutputRate:
    """`follow` and `close` from the pipeline's controlling thread; `put` from the solve thread."""

    def __init__(
        self, deliver: Callable[[Pose], None], clock: Callable[[], float], on_error: Callable[[str], None]
    ) -> None:
        self._deliver = deliver
        self._clock = clock
        self._on_error = on_error
        self._osc_clock: OscClock | None = None

    def put(self, pose: Pose) -> None:
        """Pass on a pose; never waits for a target."""
        osc_clock = self._osc_clock
        if osc_clock is None:
            self._deliver(pose)
        else:
            osc_clock.push(pose)

    def follow(self, rate_hz: float) -> None:
        """Send at this rate; 0: each pose as it comes. Raises UsageError for an invalid rate, and then changes
        nothing."""
        if not rate_hz:
            self.close()
            return
        check_rate(rate_hz)
        if self._osc_clock is None:
            self._osc_clock = OscClock(self._deliver, rate_hz, self._clock, self._on_error)
        else:
            self._osc_clock.set_rate(rate_hz)

    def close(self) -> None:
        """End the clock's thread. Idempotent."""
        osc_clock, self._osc_clock = self._osc_clock, None
        if osc_clock is not None:
            osc_clock.close()
