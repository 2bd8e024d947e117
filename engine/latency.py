"""Measured glass-to-packet latency: the screen flashes, the camera sees it, and the time between is measured.

The screen changes between dark and bright at irregular moments; a change counts as seen in the first frame that shows
more than half of it. This includes the delay of the screen, the exposure, the camera, the driver and the wait for the
next frame. From the frame to the packet, the pipeline's own clock measures.
"""

from __future__ import annotations

import bisect
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.types import Percentiles

FEWEST = 6
"""With fewer detected flashes no figure is given."""
LONGEST_S = 0.6
"""A change not seen within this time counts as missed; the screen waits longer than this between two changes."""
_MOST = 0.6
_WIDE_SPREAD_MS = 100.0
_PERIOD_S = (0.8, 1.4)
_SMALLEST_CHANGE = 2.0  # grey levels of the whole picture
_STRIDE = 16


def flash_times(seed: int) -> Iterator[float]:
    """Yield the seconds until the next screen change, endlessly."""
    rng = np.random.default_rng(seed)
    while True:
        yield float(rng.uniform(*_PERIOD_S))


@dataclass(frozen=True, slots=True)
class LatencyReport:
    """Result of a measurement, in milliseconds."""

    flashes: int  # shown
    seen: int
    glass_to_frame_ms: Percentiles
    spread_ms: float  # between the slowest and the fastest tenth
    frame_to_packet_ms: Percentiles | None  # None: no person in the picture, so no pose was sent

    @property
    def rough(self) -> bool:
        """Too few flashes were seen, or they differ too much: the figure is not to be relied on."""
        return self.seen < _MOST * self.flashes or self.spread_ms > _WIDE_SPREAD_MS

    @property
    def glass_to_packet_ms(self) -> float | None:
        """Return the sum of the two medians, or None without a person."""
        return None if self.frame_to_packet_ms is None else self.glass_to_frame_ms.p50 + self.frame_to_packet_ms.p50

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain numbers."""
        packet = self.frame_to_packet_ms
        return {
            "flashes": self.flashes,
            "seen": self.seen,
            "rough": self.rough,
            "glass_to_frame_ms": _percentiles_json(self.glass_to_frame_ms),
            "spread_ms": round(self.spread_ms, 1),
            "frame_to_packet_ms": None if packet is None else _percentiles_json(packet),
            "glass_to_packet_ms": None if self.glass_to_packet_ms is None else round(self.glass_to_packet_ms, 1),
        }


class FlashMeter:
    """Records screen changes and camera brightness on one clock. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes: list[float] = []
        self._frames: list[tuple[float, float]] = []  # (time, brightness)

    def shown(self, at_s: float) -> None:
        """Record that the screen has just changed."""
        with self._lock:
            self._changes.append(at_s)

    def frame(self, bgr: NDArray[np.uint8], captured_at_s: float) -> None:
        """Record a camera frame (H, W, 3)."""
        brightness = float(bgr[::_STRIDE, ::_STRIDE].mean())
        with self._lock:
            self._frames.append((captured_at_s, brightness))

    @property
    def changes(self) -> int:
        """Number of screen changes so far."""
        return len(self._changes)

    def report(self, frame_to_packet_ms: Percentiles | None = None) -> LatencyReport:
        """Return the result. Raises InputError if the camera did not see the screen."""
        with self._lock:
            changes, frames = list(self._changes), list(self._frames)
        delays = [delay for at_s in changes if (delay := _delay_s(at_s, frames)) is not None]
        if len(delays) < FEWEST:
            raise InputError(
                f"the camera saw {len(delays)} of {len(changes)} flashes: point it at the screen, or hold a mirror or "
                "a white sheet in front of it, and darken the room"
            )
        ms = np.array(delays) * 1000.0
        p10, p50, p90, p95, p99 = (float(value) for value in np.percentile(ms, [10, 50, 90, 95, 99]))
        return LatencyReport(len(changes), len(delays), Percentiles(p50, p95, p99), p90 - p10, frame_to_packet_ms)


def _delay_s(change_s: float, frames: list[tuple[float, float]]) -> float | None:
    """Return the time from one change to the first frame that shows more than half of it; None: not seen."""
    first = bisect.bisect_left(frames, (change_s, -1.0))
    last = bisect.bisect_left(frames, (change_s + LONGEST_S, -1.0))
    before = [level for _, level in frames[max(0, first - 4) : first]]
    after = frames[first:last]
    if len(before) < 2 or len(after) < 3:
        return None
    start, end = float(np.median(before)), float(np.median([level for _, level in after[-3:]]))
    if abs(end - start) < max(_SMALLEST_CHANGE, 4.0 * float(np.std(before))):
        return None
    middle = (start + end) / 2.0
    for at_s, level in after:
        if (level - middle) * (end - start) > 0.0:
            return at_s - change_s
    return None


def _percentiles_json(values: Percentiles) -> dict[str, float]:
    return {"p50": round(values.p50, 1), "p95": round(values.p95, 1), "p99": round(values.p99, 1)}
