"""Report on a take: all measures, each with its light, and where it happened."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.motion.take import MotionTake
from engine.quality import measures
from engine.quality.lights import LIMITS, Light, worst
from engine.quality.measures import Span
from engine.types import F64
from models.parts import PART_NAMES

MOST_SPANS = 50
"""Number of places listed; their total is always given."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One measure of the table of lights."""

    name: str  # key of LIMITS
    value: float  # NaN: could not be measured
    light: Light
    spans: tuple[Span, ...] = ()  # where it happened
    detail: str = ""  # what of this take explains the value


@dataclass(frozen=True, slots=True)
class TakeReport:
    """All findings of one take."""

    seconds: float
    frames: int
    fps: float
    findings: tuple[Finding, ...]
    unseen_percent: dict[str, float]  # part -> percent of the frames with a person
    implied_heights_m: dict[str, float]  # limb -> metres
    frames_lost: int  # poses that were made and could not be written
    latency_ms: dict[str, float]  # p50, p95, p99 from frame to pose; empty: not recorded live

    @property
    def light(self) -> Light:
        """The worst light of all findings."""
        return worst([finding.light for finding in self.findings])

    def to_json(self) -> dict[str, Any]:
        """Return plain numbers; null if not measured."""
        return {
            "light": self.light,
            "seconds": round(self.seconds, 3),
            "frames": self.frames,
            "fps": round(self.fps, 4),
            "frames_lost": self.frames_lost,
            "latency_ms": {name: _rounded(value) for name, value in self.latency_ms.items()},
            "findings": [_finding_json(finding) for finding in self.findings],
            "parts_unseen_percent": {name: _rounded(value) for name, value in self.unseen_percent.items()},
            "implied_heights_m": {name: _rounded(value) for name, value in self.implied_heights_m.items()},
        }

    def lines(self) -> list[str]:
        """Return a line for each finding that is not green; else one line."""
        bad = [finding for finding in self.findings if finding.light != "green"]
        if not bad:
            return [f"{self.seconds:.0f} s, all green"]
        return [finding_line(finding) for finding in sorted(bad, key=lambda each: each.light != "red")]


def report_of(take: MotionTake) -> TakeReport:
    """Measure a take."""
    times = measures.times_of(take)
    seconds = float(times[-1]) if len(times) else 0.0
    lost = measures.spans_of(~take.tracked, times)
    silent, fast = measures.no_frames(take), measures.spikes(take)
    unseen = measures.unseen_percent(take)
    values: dict[str, tuple[float, tuple[Span, ...]]] = {
        "lost_percent": (float((~take.tracked).mean() * 100.0) if len(take) else 100.0, lost),
        "no_frames_s": (max((span.end_s - span.start_s for span in silent), default=0.0), silent),
        "unseen_percent": (_mean(unseen), _unseen_spans(take, times)),
        "jitter_mm": (measures.jitter_mm(take), ()),
        "sliding_mm_s": (measures.sliding_mm_s(take), ()),
        "below_floor_mm": (measures.below_floor_mm(take), ()),
        "spikes_per_minute": (len(fast) * 60.0 / max(seconds, 1.0), fast),
        "bone_spread_percent": (measures.bone_spread_percent(take), ()),
        "height_spread_percent": (measures.height_spread_percent(take), ()),
    }
    details = {"lost_percent": _cut_advice(lost, seconds), "unseen_percent": _unseen_parts(unseen)}
    latency_ms = measures.latency_ms(take)
    if latency_ms:
        values["latency_ms"] = (latency_ms["p95"], measures.late(take, LIMITS["latency_ms"].amber))
    return TakeReport(
        seconds=seconds,
        frames=len(take),
        fps=take.fps,
        findings=tuple(
            Finding(name, value, LIMITS[name].light(value), spans, details.get(name, ""))
            for name, (value, spans) in values.items()
        ),
        unseen_percent=dict(zip(PART_NAMES, unseen.tolist(), strict=True)),
        implied_heights_m=measures.implied_heights_m(take),
        frames_lost=int(take.lost_before.sum()),
        latency_ms=latency_ms,
    )


def finding_line(finding: Finding) -> str:
    """Return a line like: amber: sliding of planted feet 41 mm/s (green up to 30): show the feet."""
    limit = LIMITS[finding.name]
    where = f" at {', '.join(f'{span.start_s:.1f}' for span in finding.spans[:3])} s" if finding.spans else ""
    more = f" and {len(finding.spans) - 3} more times" if len(finding.spans) > 3 else ""
    return (
        f"{finding.light}: {limit.label} {number_text(finding.value)} {limit.unit} (green up to {limit.green:g})"
        f"{where}{more}{f' ({finding.detail})' if finding.detail else ''}; {limit.advice}"
    )


def number_text(value: float) -> str:
    """Return three significant digits; a dash if not measured."""
    return "–" if not math.isfinite(value) else f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}"


def _unseen_spans(take: MotionTake, times: F64) -> tuple[Span, ...]:
    """Return where at least half of the parts are not seen."""
    few = (take.part_confidence < measures.UNSEEN).mean(1) >= 0.5
    return measures.spans_of(few & take.tracked, times)


def _cut_advice(lost: tuple[Span, ...], seconds: float) -> str:
    """The options that cut away an empty beginning and end, where there is a person in between."""
    start = lost[0].end_s if lost and lost[0].start_s == 0.0 else None
    end = lost[-1].start_s if lost and lost[-1].end_s >= seconds else None
    if start is not None and end is not None and start >= end:
        return ""
    options = [f"--from {start:.1f}"] if start is not None else []
    options += [f"--to {end:.1f}"] if end is not None else []
    return f"empty ends: {' '.join(options)} cuts them away" if options else ""


def _unseen_parts(unseen: F64) -> str:
    """right arm 74 %, left arm 31 %: the worst ones."""
    worst_first = sorted(zip(PART_NAMES, unseen.tolist(), strict=True), key=lambda item: -item[1])
    return ", ".join(f"{name.replace('_', ' ')} {value:.0f} %" for name, value in worst_first[:3] if value >= 10.0)


def _mean(values: F64) -> float:
    return float(values.mean()) if np.isfinite(values).all() else float("nan")


def _rounded(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None


def _finding_json(finding: Finding) -> dict[str, Any]:
    limit = LIMITS[finding.name]
    return {
        "name": finding.name,
        "label": limit.label,
        "unit": limit.unit,
        "value": _rounded(finding.value),
        "light": finding.light,
        "green_up_to": limit.green,
        "amber_up_to": limit.amber,
        "detail": finding.detail,
        "advice": limit.advice,
        "places": len(finding.spans),
        "first_places_s": [[round(span.start_s, 3), round(span.end_s, 3)] for span in finding.spans[:MOST_SPANS]],
    }
