"""Calibration of a run: its states and all transitions between them.

    idle, done, failed ─announce─▶ asked ─start─▶ countdown ─time─▶ waiting ─person seen steadily─▶ done
    asked, waiting ─time─▶ failed ─time─▶ idle or done      asked, countdown, waiting ─cancel─▶ idle or done
    done ─another source or lens─▶ idle

"idle or done" is the state in force before. Key, button, receive port and command line all call `start`. The solver
calibrates while the state is "waiting"; hub, window and status line read the same frozen value. Timeouts are applied
whenever the state is read.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import replace

from engine.types import NOT_CALIBRATED, Calibration

ANNOUNCED_S = 30.0
"""Longest time between a receiver's announcement of a calibration and its start."""
PATIENCE_S = 10.0
"""Longest time a calibration waits for a person."""
FAILED_S = 6.0
"""How long a failure is shown and reported to receivers."""
STEADY_S = 0.4
"""How long a person must have been visible: after a gap the pose is still blended with the previous one."""
GAP_S = 0.25
"""A longer gap between frames interrupts the view: the solver restarts there (engine.solver.smoothing.GAP_S)."""
SURE = 0.2
"""Confidence below which the solver learns nothing from a frame."""
_DONE = "calibrated: the performer faces the front and stands at the origin"


def announced(calibration: Calibration, now_s: float) -> Calibration:
    """A receiver announces a calibration; one under way continues."""
    if calibration.active:
        return calibration
    return _next(calibration, "asked", now_s, ANNOUNCED_S)


def started(calibration: Calibration, now_s: float, countdown_s: float) -> Calibration:
    """A calibration is requested; one that counts down or waits for a person continues."""
    if calibration.state in ("countdown", "waiting"):
        return calibration
    if countdown_s > 0.0:
        return _next(calibration, "countdown", now_s, countdown_s)
    return _next(calibration, "waiting", now_s, PATIENCE_S)


def cancelled(calibration: Calibration, now_s: float) -> Calibration:
    """Cancelled: the previous state is in force again."""
    return _as_before(calibration, now_s) if calibration.active else calibration


def moved_on(calibration: Calibration, now_s: float, *, picture: bool = True) -> Calibration:
    """Apply timeouts. `picture`: whether frames arrive."""
    over_s = calibration.until_s
    if now_s < over_s:
        return calibration
    if calibration.state == "countdown":
        return moved_on(_next(calibration, "waiting", over_s, PATIENCE_S), now_s, picture=picture)
    if calibration.state == "failed":
        return _as_before(calibration, now_s)
    reason = f"it was announced, but not started within {ANNOUNCED_S:.0f} s"
    if calibration.state == "waiting":
        reason = f"{'nobody was seen' if picture else 'no picture came'} for {PATIENCE_S:.0f} s"
    return replace(_next(calibration, "failed", now_s, FAILED_S), reason=reason)


def done(calibration: Calibration, now_s: float) -> Calibration:
    """The solver has calibrated on a person; only a waiting calibration can be done."""
    return Calibration("done", now_s, done_at_s=now_s) if calibration.state == "waiting" else calibration


def in_new_world(calibration: Calibration, now_s: float) -> Calibration:
    """Another source or lens: the previous calibration is lost; one under way continues."""
    if calibration.state == "done":
        return Calibration("idle", now_s)
    return replace(calibration, done_at_s=None)


def _next(calibration: Calibration, state: str, now_s: float, lasts_s: float) -> Calibration:
    return Calibration(state, now_s, now_s + lasts_s, done_at_s=calibration.done_at_s)


def _as_before(calibration: Calibration, now_s: float) -> Calibration:
    at_s = calibration.done_at_s
    return Calibration("idle", now_s) if at_s is None else Calibration("done", at_s, done_at_s=at_s)


class CalibrationControl:
    """Holds the value and applies transitions. Thread-safe."""

    def __init__(self, clock: Callable[[], float], say: Callable[[str, str], None]) -> None:
        """say(level, line): called once when a calibration succeeds or fails."""
        self._clock = clock
        self._say = say
        self._lock = threading.Lock()  # guards all below
        self._value = NOT_CALIBRATED
        self._frame_at_s = -math.inf  # when the last frame was solved, on the clock
        self._seen_since_s: float | None = None  # capture times of the first and the last frame of the
        self._seen_until_s = -math.inf  # current stretch in which a person was seen without a gap

    def state(self) -> Calibration:
        """Return the current state."""
        return self._change(lambda calibration, _now_s: calibration)

    def announce(self) -> None:
        """Announce that a receiver will request a calibration."""
        self._change(announced)

    def start(self, countdown_s: float) -> None:
        """Calibrate after `countdown_s` seconds, with the next person seen."""
        self._change(lambda calibration, now_s: started(calibration, now_s, countdown_s))

    def cancel(self) -> None:
        """Cancel the calibration."""
        self._change(cancelled)

    def new_world(self) -> None:
        """The solver has lost its calibration."""
        with self._lock:
            self._seen_since_s = None
        self._change(in_new_world)

    def due(self, captured_at_s: float) -> bool:
        """Return whether the solver should calibrate on the person in this frame, which comes next."""
        waiting = self.state().state == "waiting"
        with self._lock:
            return waiting and captured_at_s - self._steady_since(captured_at_s) >= STEADY_S

    def solved(self, captured_at_s: float, confidence: float, *, calibrated: bool) -> None:
        """Record a solved frame: confidence of a person (0: none), and whether the solver calibrated on it."""
        seen = confidence >= SURE
        with self._lock:
            self._frame_at_s = self._clock()
            self._seen_since_s = self._steady_since(captured_at_s) if seen else None
            self._seen_until_s = captured_at_s
        if seen and calibrated:
            self._change(done)

    def _steady_since(self, captured_at_s: float) -> float:
        """Return since when a person is seen without a gap, assuming this frame shows one, too."""
        if self._seen_since_s is None or not 0.0 <= captured_at_s - self._seen_until_s <= GAP_S:
            return captured_at_s
        return self._seen_since_s

    def _change(self, transition: Callable[[Calibration, float], Calibration]) -> Calibration:
        """Apply timeouts, then a transition; messages are sent outside the lock."""
        with self._lock:
            before, now_s = self._value, self._clock()
            passed = moved_on(before, now_s, picture=now_s - self._frame_at_s < PATIENCE_S / 2)
            after = self._value = transition(passed, now_s)
        if passed.state == "failed" and before.state != "failed":
            self._say("warning", f"not calibrated: {passed.reason}; calibrate again")
        if after.done_at_s is not None and after.done_at_s != passed.done_at_s:
            self._say("info", _DONE)
        return after
