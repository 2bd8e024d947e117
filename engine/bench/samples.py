"""Times collected while measuring: by stage, warm-up excluded, percentiles at the end. Any thread may add."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.types import Percentiles

Clock = Callable[[], float]


class Samples:
    """Seconds by name, collected between `begin` and `end`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._lock = threading.Lock()
        self._values: dict[str, list[float]] = {}
        self._began_s = self._ended_s = 0.0
        self._open = False

    def begin(self) -> None:
        """Start collecting: the warm-up is over."""
        with self._lock:
            self._open, self._began_s = True, self.clock()
            self._values.clear()

    def end(self) -> None:
        """Stop collecting."""
        with self._lock:
            self._open, self._ended_s = False, self.clock()

    def add(self, name: str, seconds: float) -> None:
        """Add one call of a stage."""
        with self._lock:
            if self._open:
                self._values.setdefault(name, []).append(seconds)

    def names(self) -> tuple[str, ...]:
        """Return the names measured so far."""
        with self._lock:
            return tuple(self._values)

    def count(self, name: str) -> int:
        """Return how many values a name has."""
        with self._lock:
            return len(self._values.get(name, ()))

    def per_second(self, name: str) -> float:
        """Return the values per second between `begin` and `end`."""
        seconds = self._ended_s - self._began_s
        return self.count(name) / seconds if seconds > 0 else 0.0

    def mean_ms(self, name: str) -> float:
        """Return the mean in ms; zero without values."""
        with self._lock:
            values = self._values.get(name, [0.0])
            return 1e3 * sum(values) / len(values)

    def percentiles_ms(self, name: str) -> Percentiles:
        """Return p50, p95, p99 in ms; zeros without values."""
        with self._lock:
            values = np.array(self._values.get(name, [0.0])) * 1e3
        p50, p95, p99 = np.percentile(values, (50, 95, 99)).tolist()
        return Percentiles(p50, p95, p99)


def as_json(percentiles: Percentiles) -> dict[str, Any]:
    """Return p50, p95, p99 in ms with three decimals."""
    return {name: round(getattr(percentiles, name), 3) for name in ("p50", "p95", "p99")}
