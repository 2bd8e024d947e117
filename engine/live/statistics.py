"""Statistics of a run: percentiles and rates over the last few seconds, and stats.json.

Thread-safe. The clock is injected, so that tests need no waiting.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.types import F32, Percentiles, Stats, TargetState
from models.parts import DETAIL_PARTS, NUM_DETAIL_PARTS, NUM_PARTS, PART_NAMES

WINDOW_S = 5.0
_CAPACITY = 4096  # samples per window; more than any camera delivers in WINDOW_S
_NOTHING = Percentiles(0.0, 0.0, 0.0)
_KEPT_S = 0.1  # cache time of rates and percentiles, which cost more than the screen's other work


class SlidingWindow:
    """Values of the last seconds. Not thread-safe."""

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._samples: deque[tuple[float, float]] = deque(maxlen=_CAPACITY)  # (when, value)

    def push(self, now_s: float, value: float = 0.0) -> None:
        """Add a value at the current time."""
        self._samples.append((now_s, value))

    def _recent(self, now_s: float) -> list[tuple[float, float]]:
        return [sample for sample in self._samples if sample[0] > now_s - self._window_s]

    def percentiles_ms(self, now_s: float) -> Percentiles:
        """Return p50, p95, p99 in milliseconds of values in seconds; zeros without values."""
        values = [value for _, value in self._recent(now_s)]
        if not values:
            return _NOTHING
        p50, p95, p99 = np.percentile(np.array(values) * 1e3, (50, 95, 99)).tolist()
        return Percentiles(p50, p95, p99)

    def per_second(self, now_s: float) -> float:
        """Return values per second; decreases towards 0 when they stop."""
        times = [when for when, _ in self._recent(now_s)]
        if len(times) < 2:
            return 0.0
        between_s = times[-1] - times[0]
        mean_s = between_s / (len(times) - 1)
        silent = now_s - times[-1] > 2 * mean_s
        span_s = now_s - times[0] if silent else between_s
        return (len(times) - 1) / span_s if span_s > 0 else 0.0


@dataclass(frozen=True, slots=True)
class _Figures:
    """Cached expensive results, and when they were computed."""

    at_s: float
    fps: float
    camera_fps: float
    latency_ms: Percentiles
    stages: dict[str, Percentiles]
    hands_per_s: float
    face_per_s: float
    details_latency_ms: Percentiles


class StatsCollector:
    """Counts frames, poses and the time each stage takes."""

    def __init__(self, clock: Callable[[], float], window_s: float = WINDOW_S) -> None:
        self._clock = clock
        self._window_s = window_s
        self._lock = threading.Lock()
        self._frames = SlidingWindow(window_s)
        self._latencies = SlidingWindow(window_s)
        self._stages: dict[str, SlidingWindow] = {}
        self._captured = self._dropped = self._poses = 0
        self._started_s: float | None = None
        self._ended_s: float | None = None
        self._figures: _Figures | None = None
        self._looks = {name: SlidingWindow(window_s) for name in ("hands", "face")}
        self._details = SlidingWindow(window_s)
        self._parts = np.zeros(NUM_PARTS + NUM_DETAIL_PARTS)  # sums over the poses
        self._parts_count = self._detailed_count = 0

    def frame_captured(self) -> None:
        """Count a captured frame; the first one starts the run's time."""
        now_s = self._clock()
        with self._lock:
            self._captured += 1
            self._frames.push(now_s)
            if self._started_s is None:
                self._started_s = now_s

    def frames_dropped(self, number: int = 1) -> None:
        """Count frames replaced by a newer one."""
        with self._lock:
            self._dropped += number

    def frames_overtaken(self, number: int) -> None:
        """Count frames delivered by the camera but never read."""
        with self._lock:
            self._captured += number
            self._dropped += number

    def stage_took(self, name: str, seconds: float) -> None:
        """Record the time of one call of a stage."""
        now_s = self._clock()
        with self._lock:
            self._stages.setdefault(name, SlidingWindow(self._window_s)).push(now_s, seconds)

    def parts_seen(self, part_confidence: F32, detail_confidence: F32 | None = None) -> None:
        """Add the confidence (6,) of a tracked pose's parts, and (3,) of hands and face."""
        with self._lock:
            self._parts[:NUM_PARTS] += part_confidence
            self._parts_count += 1
            if detail_confidence is not None:
                self._parts[NUM_PARTS:] += detail_confidence
                self._detailed_count += 1

    def _mean_parts(self) -> tuple[float, ...]:
        """Return the means, under the lock: body parts, and hands and face if tracked."""
        body = (self._parts[:NUM_PARTS] / max(self._parts_count, 1)).tolist()
        details = (self._parts[NUM_PARTS:] / self._detailed_count).tolist() if self._detailed_count else []
        return (*body, *details)

    def looked_at(self, what: str, latency_s: float) -> None:
        """Count a "hands" or "face" result, with the latency since its frame was available."""
        now_s = self._clock()
        with self._lock:
            self._looks[what].push(now_s)
            self._details.push(now_s, latency_s)

    def pose_sent(self, latency_s: float) -> None:
        """Count a pose sent to the outputs, with the latency since its frame was available."""
        now_s = self._clock()
        with self._lock:
            self._poses += 1
            self._latencies.push(now_s, latency_s)

    def end(self) -> None:
        """End the run: the figures are frozen from now on."""
        with self._lock:
            if self._ended_s is None:
                self._ended_s, self._figures = self._clock(), None

    def resume(self) -> None:
        """Continue the run after all (another source)."""
        with self._lock:
            self._ended_s = self._figures = None

    def stats(self, *, detector: str, backend: str, detector_size: str = "", left_out: tuple[str, ...] = ()) -> Stats:
        """Return all figures; counts are exact, rates and percentiles at most a tenth of a second old."""
        with self._lock:
            now_s = self._clock() if self._ended_s is None else self._ended_s
            figures = self._figures
            if figures is None or not 0.0 <= now_s - figures.at_s < _KEPT_S:
                figures = self._figures = self._computed(now_s)
            return Stats(
                frames_captured=self._captured,
                frames_dropped=self._dropped,
                poses=self._poses,
                seconds=0.0 if self._started_s is None else now_s - self._started_s,
                fps=figures.fps,
                camera_fps=figures.camera_fps,
                latency_ms=figures.latency_ms,
                stages=figures.stages,
                detector=detector,
                backend=backend,
                detector_size=detector_size,
                left_out=left_out,
                parts=self._mean_parts(),
                hands_per_s=figures.hands_per_s,
                face_per_s=figures.face_per_s,
                details_latency_ms=figures.details_latency_ms,
            )

    def _computed(self, now_s: float) -> _Figures:
        """Compute the figures, under the lock."""
        return _Figures(
            now_s,
            self._latencies.per_second(now_s),
            self._frames.per_second(now_s),
            self._latencies.percentiles_ms(now_s),
            {name: window.percentiles_ms(now_s) for name, window in self._stages.items()},
            self._looks["hands"].per_second(now_s),
            self._looks["face"].per_second(now_s),
            self._details.percentiles_ms(now_s),
        )


def _percentiles_json(percentiles: Percentiles) -> dict[str, float]:
    return {name: round(getattr(percentiles, name), 3) for name in ("p50", "p95", "p99")}


def stats_json(stats: Stats, targets: Sequence[TargetState]) -> dict[str, Any]:
    """Return the contents of stats.json: times in ms, `osc` with one entry per target."""
    return {
        "frames_captured": stats.frames_captured,
        "frames_dropped": stats.frames_dropped,
        "poses": stats.poses,
        "seconds": round(stats.seconds, 3),
        "fps": round(stats.fps, 2),
        "latency_ms": _percentiles_json(stats.latency_ms),
        "stages": {name: _percentiles_json(stage) for name, stage in stats.stages.items()},
        "detector": stats.detector,
        "detector_size": stats.detector_size,
        "backend": stats.backend,
        "left_out": list(stats.left_out),
        "parts": {
            name: round(value, 3) for name, value in zip((*PART_NAMES, *DETAIL_PARTS), stats.parts, strict=False)
        },
        "details": {
            "hands_per_s": round(stats.hands_per_s, 2),
            "face_per_s": round(stats.face_per_s, 2),
            "latency_ms": _percentiles_json(stats.details_latency_ms),
        },
        "osc": [
            {
                "target": state.target,
                "packets": state.packets,
                "bytes": state.bytes,
                "errors": state.errors,
                "last_error": state.last_error,
            }
            for state in targets
        ],
    }
