"""Reduce detail to keep latency low: when poses are late for a while, the least important features are dropped.

Each stage offers what it can do without. The busiest stage drops one thing at a time; with time to spare, the last one
dropped is restored first. Between the two limits nothing changes, and what had to be dropped again soon waits longer.

The first offers of a stage may be larger networks. They are dropped before anything else of any stage, also when the
stage takes longer than the camera's frame period; one is restored only if, by its measured time, a quarter of the
frame period would remain free.

A stage may be marked as first: hands and face compared with the body. While it has something left to drop, no other
stage loses anything, and it drops sooner.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

BUDGET_S = 0.070
"""Frame available to pose sent: above this a performer notices the avatar's lag."""
ROOM_S = 0.050
"""Below this there is time for more detail."""
SPARE = 0.75
"""Largest fraction of the frame period that a chosen network may take."""
DOWN_AFTER_S = 1.5
FIRST_DOWN_AFTER_S = 0.5
"""The same for a stage that is marked as first."""
UP_AFTER_S = 10.0
LONGEST_WAIT_S = 160.0
_RELAPSE_S = 30.0  # late again this soon after restoring detail: it was too much
_SMOOTHING_S = 0.5  # time constant of the mean latency and of the mean time of a stage
_PAUSE_S = 1.0  # after such a gap (another source, a restart) everything is reset

Say = Callable[[str, str], None]


class _Mean:
    """An exponentially weighted mean."""

    def __init__(self) -> None:
        self.value = 0.0
        self._at_s: float | None = None

    def add(self, value: float, now_s: float) -> bool:
        """Add a value; return False if the mean was reset after a pause."""
        before, self._at_s = self._at_s, now_s
        if before is None or now_s - before > _PAUSE_S:
            self.value = value
            return False
        self.value += (value - self.value) * min(1.0, (now_s - before) / _SMOOTHING_S)
        return True


class LoadShedding:
    """What is currently dropped. Thread-safe; the clock is injected."""

    def __init__(self, clock: Callable[[], float], say: Say) -> None:
        self._clock = clock
        self._say = say
        self._lock = threading.Lock()  # guards all below
        self._offers: dict[str, tuple[str, ...]] = {}
        self._left_out: list[tuple[str, str]] = []  # stage, what; in the order dropped
        self._sizes: dict[str, int] = {}  # number of a stage's offers that are larger networks
        self._costs: dict[str, tuple[float, ...]] = {}  # measured seconds with 0, 1, ... of them left out
        self._first: set[str] = set()  # stages that are reduced before all others
        self._period_s = 0.0  # between frames; 0: unknown
        self._took: dict[str, _Mean] = {}
        self._latency = _Mean()
        self._late_since_s: float | None = None
        self._room_since_s: float | None = None
        self._back_at_s = float("-inf")
        self._wait_s = UP_AFTER_S

    def offer(self, stage: str, details: Sequence[str], sizes: int = 0, *, first: bool = False) -> None:
        """Register what a newly opened stage can drop, least important first. Nothing is dropped initially.

        sizes  number of leading offers that are larger networks
        first  all of it is dropped before anything of the other stages
        """
        with self._lock:
            (self._first.add if first else self._first.discard)(stage)
            self._offers[stage] = tuple(details)
            self._sizes[stage] = sizes
            self._costs.pop(stage, None)
            self._left_out = [entry for entry in self._left_out if entry[0] != stage]

    def left_out(self, stage: str) -> int:
        """Return how many of its offers the stage drops."""
        return sum(name == stage for name, _ in self._left_out)

    def left_out_of(self, stage: str) -> tuple[str, ...]:
        """Return what the stage drops."""
        return tuple(what for name, what in self._left_out if name == stage)

    @property
    def names(self) -> tuple[str, ...]:
        """Return everything dropped, in order; running a smaller network does not count."""
        return tuple(what for stage, what in self._left_out if what not in self._larger(stage))

    def _larger(self, stage: str) -> tuple[str, ...]:
        return self._offers.get(stage, ())[: self._sizes.get(stage, 0)]

    def frames_come(self, period_s: float) -> None:
        """Set the current frame period of the camera."""
        self._period_s = period_s

    def choose_size(self, stage: str, costs_s: Sequence[float]) -> int:
        """Choose the largest network that keeps the camera's rate with a quarter to spare; return the number dropped.

        costs_s  measured seconds per frame, largest network first
        """
        limit_s = SPARE * self._period_s
        number = next((n for n, cost_s in enumerate(costs_s) if cost_s <= limit_s), len(costs_s) - 1)
        with self._lock:
            self._costs[stage] = tuple(costs_s)
            others = [entry for entry in self._left_out if entry[1] not in self._larger(entry[0]) or entry[0] != stage]
            self._left_out = [(stage, what) for what in self._larger(stage)[:number]] + others
        return number

    def took(self, stage: str, seconds: float) -> None:
        """Record the time of one call of a stage that can drop something."""
        with self._lock:
            self._took.setdefault(stage, _Mean()).add(seconds, self._clock())

    def pose_sent(self, latency_s: float) -> None:
        """Record a sent pose and its latency; the moment to change something."""
        now_s = self._clock()
        with self._lock:
            if not self._latency.add(latency_s, now_s):
                self._late_since_s = self._room_since_s = None
            late = self._latency.value > BUDGET_S or self._stage_with_size(slow=True) is not None
            self._late_since_s = _since(self._late_since_s, now_s, holds=late)
            self._room_since_s = _since(self._room_since_s, now_s, holds=self._latency.value < ROOM_S)
            line = None
            after_s = DOWN_AFTER_S if self._first_able() is None else FIRST_DOWN_AFTER_S
            if self._late_since_s is not None and now_s - self._late_since_s >= after_s:
                line = self._give_up(now_s)
            elif self._room_since_s is not None and now_s - self._room_since_s >= self._wait_s:
                line = self._bring_back(now_s)
        if line is not None:
            self._say("info", line)

    def _give_up(self, now_s: float) -> str | None:
        """Drop one thing, under the lock. Return the user's message; None when nothing is left to drop."""
        self._late_since_s = None
        stage = self._stage_with_size(slow=self._latency.value <= BUDGET_S)
        stage = self._first_able() or stage
        able = [name for name, offers in self._offers.items() if self.left_out(name) < len(offers)]
        if stage is None and (not able or self._latency.value <= BUDGET_S):
            return None
        stage = stage or max(able, key=self._time_of)
        what = self._offers[stage][self.left_out(stage)]
        self._left_out.append((stage, what))
        if now_s - self._back_at_s < _RELAPSE_S:
            self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)
        why = f"poses come {self._latency.value * 1e3:.0f} ms after their frame"
        if self._latency.value <= BUDGET_S:
            slow = self._stage_with_size(slow=True) or stage
            why = f"{slow} takes {self._time_of(slow) * 1e3:.0f} ms, frames come every {self._period_s * 1e3:.0f}"
        return f"{why}: {what} off until there is time"

    def _first_able(self) -> str | None:
        """Return a stage marked as first that can still drop something."""
        able = [name for name in self._first if self.left_out(name) < len(self._offers[name])]
        return min(able, default=None)

    def _stage_with_size(self, *, slow: bool) -> str | None:
        """Return a stage that can switch to a smaller network; `slow`: one that takes longer than the frame period."""
        able = [name for name, sizes in self._sizes.items() if self.left_out(name) < sizes]
        if slow:
            able = [name for name in able if 0.0 < self._period_s < self._time_of(name)]
        return max(able, key=self._time_of, default=None)

    def _time_of(self, stage: str) -> float:
        return self._took[stage].value if stage in self._took else 0.0

    def _has_time_for(self, stage: str, what: str) -> bool:
        """Return whether there is time for a larger network, by its measured time and the current load."""
        costs, number = self._costs.get(stage, ()), self.left_out(stage)
        if what not in self._larger(stage) or number >= len(costs) or not self._period_s:
            return True
        return self._time_of(stage) * costs[number - 1] / costs[number] <= SPARE * self._period_s

    def _bring_back(self, now_s: float) -> str | None:
        """Restore one thing, under the lock."""
        self._room_since_s = None
        if not self._left_out:
            self._wait_s = UP_AFTER_S
            return None
        stage, what = self._left_out[-1]
        if not self._has_time_for(stage, what):
            return None
        self._left_out.pop()
        self._back_at_s = now_s
        return f"there is time again: {what} back on"


def _since(since_s: float | None, now_s: float, *, holds: bool) -> float | None:
    """Return since when a condition holds without interruption; None while it does not."""
    if not holds:
        return None
    return now_s if since_s is None else since_s
