"""The whole chain with each size of the detector: frames as fast as they are taken, and at 60 a second."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.bench.apart import measure_apart
from engine.bench.chain import Measured, Run, stages_json
from engine.bench.samples import as_json
from engine.config import Config

Say = Callable[[str], None]


def measure_chains(
    config: Config,
    clip: Path,
    hz: float,
    seconds: float,
    say: Say,
    *,
    sizes: list[str],
    known: dict[str, tuple[Measured, Measured]],
) -> list[dict[str, Any]]:
    """Return a row per size. Raises VtmError when the clip shows nobody or a part cannot be opened.

    known  by size: as fast as taken, and at `hz`, where both are measured already
    """
    rows = []
    for size in sizes:
        if size in known:
            fed, paced = known[size]
        else:
            say(f"whole chain with {size}")
            sized = dataclasses.replace(config, detector_size=size)
            fed, paced = (measure_apart(sized, Run(clip, rate_hz, seconds)) for rate_hz in (None, hz))
        rows.append(_row(size, hz, fed, paced))
    return rows


def _row(size: str, hz: float, fed: Measured, paced: Measured) -> dict[str, Any]:
    """Return figures of one size; `cpu_ms`: processor time of the whole process per pose, both cores added."""
    return {
        "size": size,
        "fps": round(fed.fps, 1),
        "cpu_ms": round(fed.cpu_ms, 2),
        "stages": stages_json(fed),
        "at_hz": hz,
        "paced_fps": round(paced.fps, 1),
        "latency_ms": as_json(paced.latency_ms),
        "memory_mb": round(paced.memory_mb, 1),
        "left_out": sorted({*fed.left_out, *paced.left_out}),
    }
