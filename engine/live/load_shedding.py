"""Detail goes before latency: when poses come too late for a while, parts leave out what is missed least.

Each stage offers what it can do without. The busiest stage gives up one thing at a time; with room to spare the last
one given up comes back first. Between the two limits nothing changes, and what had to go again soon waits longer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

BUDGET_S = 0.070
"""Frame available -> pose handed out: above this a performer sees the avatar lag."""
ROOM_S = 0.050
"""Below this there is room for more detail."""
DOWN_AFTER_S = 1.5
UP_AFTER_S = 10.0
LONGEST_WAIT_S = 160.0
_RELAPSE_S = 30.0  # late again so soon after detail came back: it was too much
_SMOOTHING_S = 0.5  # time constant of the mean latency and of the mean time of a stage
_PAUSE_S = 1.0  # after a gap like this (another source, a new start) all begins anew

Say = Callable[[str, str], None]


class _Mean:
    """A mean that forgets."""

    def __init__(self) -> None:
        self.value = 0.0
        self._at_s: float | None = None

    def add(self, value: float, now_s: float) -> bool:
        """False: it began anew, after a pause."""
        before, self._at_s = self._at_s, now_s
        if before is None or now_s - before > _PAUSE_S:
            self.value = value
            return False
        self.value += (value - self.value) * min(1.0, (now_s - before) / _SMOOTHING_S)
        return True


class LoadShedding:
    """What is left out at present. Any thread; the clock is injected."""

    def __init__(self, clock: Callable[[], float], say: Say) -> None:
        self._clock = clock
        self._say = say
        self._lock = threading.Lock()  # guards all below
        self._offers: dict[str, tuple[str, ...]] = {}
        self._left_out: list[tuple[str, str]] = []  # stage, what; in the order in which they went
        self._took: dict[str, _Mean] = {}
        self._latency = _Mean()
        self._late_since_s: float | None = None
        self._room_since_s: float | None = None
        self._back_at_s = float("-inf")
        self._wait_s = UP_AFTER_S

    def offer(self, stage: str, details: Sequence[str]) -> None:
        """What a stage, just opened, can do without: what is missed least comes first. Nothing of it is left out."""
        with self._lock:
            self._offers[stage] = tuple(details)
            self._left_out = [entry for entry in self._left_out if entry[0] != stage]

    def left_out(self, stage: str) -> int:
        """How many of its offers the stage leaves out."""
        return sum(name == stage for name, _ in self._left_out)

    @property
    def names(self) -> tuple[str, ...]:
        """All that is left out, in the order in which it went."""
        return tuple(what for _, what in self._left_out)

    def took(self, stage: str, seconds: float) -> None:
        """One call of a stage that can leave something out."""
        with self._lock:
            self._took.setdefault(stage, _Mean()).add(seconds, self._clock())

    def pose_sent(self, latency_s: float) -> None:
        """A pose was handed out, so long after its frame was available: the moment to change something."""
        now_s = self._clock()
        with self._lock:
            if not self._latency.add(latency_s, now_s):
                self._late_since_s = self._room_since_s = None
            self._late_since_s = _since(self._late_since_s, now_s, holds=self._latency.value > BUDGET_S)
            self._room_since_s = _since(self._room_since_s, now_s, holds=self._latency.value < ROOM_S)
            line = None
            if self._late_since_s is not None and now_s - self._late_since_s >= DOWN_AFTER_S:
                line = self._give_up(now_s)
            elif self._room_since_s is not None and now_s - self._room_since_s >= self._wait_s:
                line = self._bring_back(now_s)
        if line is not None:
            self._say("info", line)

    def _give_up(self, now_s: float) -> str | None:
        """Under the lock. The line for the user; None when there is nothing left to give up."""
        self._late_since_s = None
        able = [stage for stage, offers in self._offers.items() if self.left_out(stage) < len(offers)]
        if not able:
            return None
        stage = max(able, key=lambda name: self._took[name].value if name in self._took else 0.0)
        what = self._offers[stage][self.left_out(stage)]
        self._left_out.append((stage, what))
        if now_s - self._back_at_s < _RELAPSE_S:
            self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)
        late_ms = self._latency.value * 1e3
        return f"poses come {late_ms:.0f} ms after their frame: {what} is left out until there is time for it"

    def _bring_back(self, now_s: float) -> str | None:
        """Under the lock."""
        self._room_since_s = None
        if not self._left_out:
            self._wait_s = UP_AFTER_S
            return None
        _, what = self._left_out.pop()
        self._back_at_s = now_s
        return f"there is time again: {what} is back"


def _since(since_s: float | None, now_s: float, *, holds: bool) -> float | None:
    """From when on something holds without a break; None while it does not."""
    if not holds:
        return None
    return now_s if since_s is None else since_s
