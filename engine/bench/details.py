"""What hands and face cost the body: the whole chain without and with them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.bench.apart import measure_apart
from engine.bench.chain import Measured, Run
from engine.bench.samples import as_json
from engine.config import Config
from engine.details.weights import details_state


def measure_details(
    config: Config, clip: Path, hz: float, seconds: float, say: Callable[[str], None], *, off: Measured
) -> list[dict[str, Any]]:
    """Return two rows, without (`off`, measured already) and with hands and face; none where their networks are not
    there.

    Raises VtmError when the clip shows nobody or a part cannot be opened.
    """
    state = details_state()
    if not (state.face or state.hands):
        return []
    say(f"whole chain, {hz:g} frames per second, hands and face auto")
    auto = measure_apart(dataclasses.replace(config, hands="auto", face="auto"), Run(clip, hz, seconds))
    return [_row("off", hz, off), _row("auto", hz, auto)]


def _row(setting: str, hz: float, found: Measured) -> dict[str, Any]:
    return {
        "details": setting,
        "at_hz": hz,
        "fps": round(found.fps, 1),
        "latency_ms": as_json(found.latency_ms),
        "hands_per_s": round(found.hands_per_s, 1),
        "face_per_s": round(found.face_per_s, 1),
        "details_latency_ms": as_json(found.details_latency_ms),
        "left_out": list(found.left_out),
        "cpu_ms": round(found.cpu_ms, 2),
        "memory_mb": round(found.memory_mb, 1),
    }
