"""Notice when a live source delivers no frames: the performer then counts as lost, at the output's own rate."""

from __future__ import annotations

NOTICED_S = 0.25
"""A live source is silent after this long without a frame, or after three of its frame periods. With the worker's poll
this is below the 0.4 s for which a lost pose is held (engine.solver.settings.LostSettings)."""
EASES_S = 3.0
"""For this long poses go on without frames: the pose is at rest and its confidence 0 well before."""
_STEP_S = 0.1
"""Longest step from one pose to the next: after a delay of this program the pose moves on without a jump."""
_PERIODS = 3.0
_LONGEST_PERIOD_S = 1.5  # a longer gap is none of the camera's rate
_SHARE = 0.2  # of a new period in the mean
_RATES_HZ = 24.0, 60.0  # of the poses sent without frames, when the output follows the camera


class Silence:
    """One per solve thread, which alone calls it. All times but `captured_at_s` are the clock's when called."""

    def __init__(self) -> None:
        self._live = False
        self._came_at_s: float | None = None
        self._captured_at_s = 0.0
        self._period_s = 0.0
        self._last_s = 0.0  # length of the silence when the last pose was due

    def frame_came(self, captured_at_s: float, now_s: float, *, live: bool) -> None:
        """Record a frame. live: from a camera or stream, which never pauses by itself."""
        step_s = captured_at_s - self._captured_at_s
        if self._came_at_s is not None and 0.0 < step_s <= _LONGEST_PERIOD_S:
            self._period_s += (step_s - self._period_s) * (_SHARE if self._period_s else 1.0)
        self._live, self._came_at_s, self._captured_at_s, self._last_s = live, now_s, captured_at_s, 0.0

    def excuse(self, now_s: float) -> None:
        """Count no silence up to now: frames come, but another thread keeps them back for a moment."""
        if self._came_at_s is not None:
            self._came_at_s = now_s

    def lost_at_s(self, now_s: float) -> float | None:
        """Return the capture time of the next pose without a frame; None: not silent, or at rest by now.

        It begins NOTICED_S after the last frame whatever the frame rate, so a slow camera's pose does not jump, and
        it stays before the capture time of a frame that comes now.
        """
        if not self._live or self._came_at_s is None or self._last_s > EASES_S:
            return None
        silent_s = now_s - self._came_at_s - max(0.0, _PERIODS * self._period_s - NOTICED_S)
        if silent_s < NOTICED_S:
            return None
        self._last_s = min(silent_s, max(self._last_s, NOTICED_S) + _STEP_S)
        return self._captured_at_s + self._last_s

    def wait_s(self, rate_hz: float, longest_s: float) -> float:
        """Return how long to wait for a frame before the next call of `lost_at_s`; longest_s while not silent.

        rate_hz  rate of the output, 0: that of the camera
        """
        if not NOTICED_S <= self._last_s <= EASES_S:
            return longest_s
        low, high = _RATES_HZ
        own_hz = 1.0 / self._period_s if self._period_s else low
        return min(1.0 / (rate_hz or min(max(own_hz, low), high)), longest_s)
