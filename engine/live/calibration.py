"""The one calibration of a run: its states, every transition between them, and what causes which.

    idle, done, failed ─announce─▶ asked ─start─▶ countdown ─time─▶ waiting ─person seen steadily─▶ done
    asked, waiting ─time─▶ failed ─time─▶ idle or done      asked, countdown, waiting ─cancel─▶ idle or done
    done ─another source or lens─▶ idle

"idle or done" is what held before. Key, button, receive port and command line all call `start`. The solver is asked to
calibrate while the state is "waiting"; hub, window and status line read the same frozen value. Time moves it on
whenever somebody looks.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import replace

from engine.types import NOT_CALIBRATED, Calibration

ANNOUNCED_S = 30.0
"""How long a receiver may take from announcing a calibration to starting it."""
PATIENCE_S = 10.0
"""How long a calibration waits for a person."""
FAILED_S = 6.0
"""How long a failure is shown, and told to receivers."""
STEADY_S = 0.4
"""How long a person must have been seen: after a gap the pose is still blended with the one before it."""
GAP_S = 0.25
"""Frames farther apart are no steady view: the solver starts afresh there (engine.solver.smoothing.GAP_S)."""
SURE = 0.2
"""Confidence of a frame below which the solver learns nothing from it."""
_DONE = "calibrated: the performer faces the front and stands at the origin"


def announced(calibration: Calibration, now_s: float) -> Calibration:
    """A receiver says that it will ask for a calibration; one under way goes on."""
    if calibration.active:
        return calibration
    return _next(calibration, "asked", now_s, ANNOUNCED_S)


def started(calibration: Calibration, now_s: float, countdown_s: float) -> Calibration:
    """A calibration is asked for; one that counts down or waits for a person goes on."""
    if calibration.state in ("countdown", "waiting"):
        return calibration
    if countdown_s > 0.0:
        return _next(calibration, "countdown", now_s, countdown_s)
    return _next(calibration, "waiting", now_s, PATIENCE_S)


def cancelled(calibration: Calibration, now_s: float) -> Calibration:
    """It was called off: what held before holds."""
    return _as_before(calibration, now_s) if calibration.active else calibration


def moved_on(calibration: Calibration, now_s: float, *, picture: bool = True) -> Calibration:
    """What time alone has made of it. `picture`: frames come in."""
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
    """The solver has calibrated on a person; only one that waited for this can be done."""
    return Calibration("done", now_s, done_at_s=now_s) if calibration.state == "waiting" else calibration


def in_new_world(calibration: Calibration, now_s: float) -> Calibration:
    """Another source or lens: what was calibrated is gone; a calibration under way goes on."""
    if calibration.state == "done":
        return Calibration("idle", now_s)
    return replace(calibration, done_at_s=None)


def _next(calibration: Calibration, state: str, now_s: float, lasts_s: float) -> Calibration:
    return Calibration(state, now_s, now_s + lasts_s, done_at_s=calibration.done_at_s)


def _as_before(calibration: Calibration, now_s: float) -> Calibration:
    at_s = calibration.done_at_s
    return Calibration("idle", now_s) if at_s is None else Calibration("done", at_s, done_at_s=at_s)


class CalibrationControl:
    """Holds the value and applies the transitions. Any thread may call anything."""

    def __init__(self, clock: Callable[[], float], say: Callable[[str, str], None]) -> None:
        """`say(level, line)` is told once when a calibration is done or has failed."""
        self._clock = clock
        self._say = say
        self._lock = threading.Lock()  # guards all below
        self._value = NOT_CALIBRATED
        self._frame_at_s = -math.inf  # when the last frame was solved, on the clock
        self._seen_since_s: float | None = None  # capture times of the first and the last frame
        self._seen_until_s = -math.inf  # in which somebody was seen without a gap

    def state(self) -> Calibration:
        """Where it stands now."""
        return self._change(lambda calibration, _now_s: calibration)

    def announce(self) -> None:
        """A receiver is about to ask for a calibration."""
        self._change(announced)

    def start(self, countdown_s: float) -> None:
        """Calibrate after so many seconds, with the next person seen."""
        self._change(lambda calibration, now_s: started(calibration, now_s, countdown_s))

    def cancel(self) -> None:
        """Call it off."""
        self._change(cancelled)

    def new_world(self) -> None:
        """The solver has forgotten what it was calibrated to."""
        with self._lock:
            self._seen_since_s = None
        self._change(in_new_world)

    def due(self, captured_at_s: float) -> bool:
        """The solver is to calibrate on the person in this frame, which comes next."""
        waiting = self.state().state == "waiting"
        with self._lock:
            return waiting and captured_at_s - self._steady_since(captured_at_s) >= STEADY_S

    def solved(self, captured_at_s: float, confidence: float, *, calibrated: bool) -> None:
        """A frame was solved: how sure of a person (0: nobody), and whether the solver calibrated on it."""
        seen = confidence >= SURE
        with self._lock:
            self._frame_at_s = self._clock()
            self._seen_since_s = self._steady_since(captured_at_s) if seen else None
            self._seen_until_s = captured_at_s
        if seen and calibrated:
            self._change(done)

    def _steady_since(self, captured_at_s: float) -> float:
        """Since when somebody is seen without a gap, if somebody is seen in this frame, too."""
        if self._seen_since_s is None or not 0.0 <= captured_at_s - self._seen_until_s <= GAP_S:
            return captured_at_s
        return self._seen_since_s

    def _change(self, transition: Callable[[Calibration, float], Calibration]) -> Calibration:
        """Let time pass, then apply a transition; what is worth a line is said outside the lock."""
        with self._lock:
            before, now_s = self._value, self._clock()
            passed = moved_on(before, now_s, picture=now_s - self._frame_at_s < PATIENCE_S / 2)
            after = self._value = transition(passed, now_s)
        if passed.state == "failed" and before.state != "failed":
            self._say("warning", f"not calibrated: {passed.reason}; calibrate again")
        if after.done_at_s is not None and after.done_at_s != passed.done_at_s:
            self._say("info", _DONE)
        return after
