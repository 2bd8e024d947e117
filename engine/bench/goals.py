"""What two cores without a GPU should do, held against a bench's figures."""

from __future__ import annotations

from typing import Any

POSES_PER_S = 75.0
P95_MS = 30.0
HEAVY_POSES_PER_S = 30.0
_BODY_SIZE = "full"


def goals(chains: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return goal, value, target and whether it is met, of the sizes that were measured (rows of `measure_chains`)."""
    by_size = {row["size"]: row for row in chains}
    rows = []
    if (full := by_size.get(_BODY_SIZE)) is not None:
        at = f"body alone, {_BODY_SIZE}"
        rows.append(_at_least(f"{at}: poses/s, frames as fast as they are taken", full["fps"], POSES_PER_S))
        rows.append(_at_most(f"{at}: p95 at {full['at_hz']:g} frames/s, ms", full["latency_ms"]["p95"], P95_MS))
    if (heavy := by_size.get("heavy")) is not None:
        what = "body alone, heavy: poses/s, frames as fast as they are taken"
        rows.append(_at_least(what, heavy["fps"], HEAVY_POSES_PER_S))
    return rows


def _at_least(goal: str, value: float, limit: float) -> dict[str, Any]:
    return {"goal": goal, "value": value, "target": f">= {limit:g}", "met": value >= limit}


def _at_most(goal: str, value: float, limit: float) -> dict[str, Any]:
    return {"goal": goal, "value": value, "target": f"<= {limit:g}", "met": value <= limit}
