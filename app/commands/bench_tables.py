"""Tables of `vtm bench` about the whole chain: each size of the detector, the goals, mediapipe's own tracker."""

from __future__ import annotations

from typing import Any

from rich.table import Table

_LEFT: Any = "left"


def chains_table(rows: list[dict[str, Any]]) -> Table:
    """A row per size; empty where no size was measured."""
    columns = ("size", "poses/s", "CPU ms", "2D pose p50", "latency p50", "p95", "p99")
    title = "Whole chain, body alone, per pose" + (f", latency at {rows[0]['at_hz']:g} frames/s in ms" if rows else "")
    table = Table(*columns, title=title, title_justify=_LEFT)
    for row in rows:
        latency = (f"{row['latency_ms'][part]:.1f}" for part in ("p50", "p95", "p99"))
        pose = f"{row['stages']['pose2d']['p50']:.1f}"
        table.add_row(row["size"], f"{row['fps']:.1f}", f"{row['cpu_ms']:.1f}", pose, *latency)
    return table


def left_out_lines(rows: list[dict[str, Any]], name: str) -> list[str]:
    """A line per row that gave something up to keep up; `name`: the key that says which row."""
    return [f"{row[name]}: left out to keep up: {', '.join(row['left_out'])}" for row in rows if row["left_out"]]


def goals_table(rows: list[dict[str, Any]]) -> Table:
    """A row per goal."""
    table = Table("goal on two cores", "target", "here", "", title="Goals", title_justify=_LEFT)
    for row in rows:
        table.add_row(row["goal"], row["target"], f"{row['value']:.1f}", "reached" if row["met"] else "missed")
    return table


def peers_table(rows: list[dict[str, Any]]) -> Table:
    """Ours and another tracker, measured in turn; empty where it was not."""
    columns = ("frames as fast as they are taken", "frames/s", "CPU ms a frame", "in turn")
    table = Table(*columns, title="Against other trackers", title_justify=_LEFT)
    for row in rows:
        if row["works"]:
            ours, theirs = ([f"{pair[side]:.1f}" for pair in row["rounds"]] for side in (0, 1))
            name = "ours: VTM, solver and OSC included"
            table.add_row(name, f"{row['ours_fps']:.1f}", f"{row['ours_cpu_ms']:.1f}", " ".join(ours))
            table.add_row(row["name"], f"{row['fps']:.1f}", f"{row['cpu_ms']:.1f}", " ".join(theirs))
    return table
