"""Send at a fixed rate, independent of the camera: `--osc-rate 120`. Poses are predicted to the present.

Threads: `push` and `close` may be called from any; only "osc-clock" predicts and sends.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from engine.errors import UsageError, describe
from engine.osc.predictor import Predictor
from engine.types import Pose

log = logging.getLogger(__name__)

MAX_RATE_HZ = 120.0
SILENT_S = 1.0
"""Without a new pose for this long nothing is sent: a dead camera must not look like a person standing still."""
_JOIN_S = 2.0


def check_rate(rate_hz: float) -> None:
    """Check the rate. Raises UsageError outside 1..120 Hz."""
    if not 1.0 <= rate_hz <= MAX_RATE_HZ:
        raise UsageError(f"the OSC rate is {rate_hz:g} Hz, expected 1 to {MAX_RATE_HZ:g}")


class OscClock:
    """A steady clock between the solver and the OSC targets."""

    def __init__(
        self,
        deliver: Callable[[Pose], None],
        rate_hz: float,
        clock: Callable[[], float] = time.monotonic,
        on_error: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """Start ticking. If predicting fails, `on_error` gets one line and poses are passed on as they come.

        Raises UsageError for a rate outside 1..120 Hz."""
        check_rate(rate_hz)
        self._deliver = deliver
        self._period_s = 1.0 / rate_hz
        self._clock = clock
        self._predictor = Predictor()
        self._pushed_s = float("-inf")
        self._silent = True
        self._lock = threading.Lock()  # guards the two above
        self._on_error = on_error
        self._stop = threading.Event()
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._guarded, name="osc-clock", daemon=True)
        self._thread.start()

    def set_rate(self, rate_hz: float) -> None:
        """Change the rate from the next tick on. Raises UsageError for a rate outside 1..120 Hz."""
        check_rate(rate_hz)
        self._period_s = 1.0 / rate_hz

    def push(self, pose: Pose) -> None:
        """Take a pose from the solver; never waits for a target."""
        if self.error is not None:
            self._deliver(pose)
            return
        now_s = self._clock()
        with self._lock:
            self._predictor.push(pose, now_s)
            self._pushed_s = now_s

    def tick(self) -> None:
        """Send the current body; after the last pose, once more marked as not tracked."""
        now_s = self._clock()
        with self._lock:
            silent, before = now_s - self._pushed_s > SILENT_S, self._silent
            self._silent = silent
            pose = None if silent and before else self._predictor.at(now_s)
        if pose is not None:
            self._deliver(pose.as_lost() if silent else pose)

    def close(self) -> None:
        """End the thread. Idempotent."""
        self._stop.set()
        self._thread.join(_JOIN_S)

    def _guarded(self) -> None:
        try:
            self._run()
        except Exception as error:  # a dead worker's exception is kept as data
            log.error("the output clock failed", exc_info=True)
            self.error = error
            self._on_error(f"prediction failed, so poses are sent at the camera's rate:  {describe(error)}")

    def _run(self) -> None:
        due_s = self._clock()
        while not self._stop.wait(max(due_s - self._clock(), 0.0)):
            self.tick()
            due_s = max(due_s + self._period_s, self._clock())  # late: continue from here without catching up
