"""What hands and face cost the body: the whole chain without and with them, one after the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.bench.chain import Measured, Run, measure
from engine.bench.samples import as_json
from engine.config import Config
from engine.details.weights import details_state


def measure_details(
    config: Config, clip: Path, hz: float, seconds: float, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Return two rows, without and with hands and face; none where their networks are not there.

    Raises VtmError when the clip shows nobody or a part cannot be opened.
    """
    state = details_state()
    if not (state.face or state.hands):
        return []
    rows = []
    for setting in ("off", "auto"):
        say(f"whole chain, {hz:g} frames per second, hands and face {setting}")
        found = measure(dataclasses.replace(config, hands=setting, face=setting), Run(clip, hz, seconds))
        rows.append(_row(setting, hz, found))
    return rows


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
    }
