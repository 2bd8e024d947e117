"""`vtm bench`: measure this machine; tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from app.commands.bench_tables import chains_table, goals_table, left_out_lines, peers_table
from app.terminal import say
from engine.config import Config

DEFAULT_SECONDS = 8.0


def run_bench_command(
    config: Config,
    seconds: float | None,
    *,
    as_json: bool,
    avatar: str = "",
    against: str = "",
    against_model: str = "",
    short: bool = False,
) -> int:
    """Measure, then print the results to stdout and the progress to stderr. Raises VtmError."""
    from engine.bench.report import run_bench

    found = run_bench(
        config,
        seconds or DEFAULT_SECONDS,
        say=lambda text: say(f"vtm: bench: {text}"),
        avatar=avatar,
        against=against,
        against_model=against_model,
        short=short,
    )
    if as_json:
        say(json.dumps(found, indent=2), sys.stdout)
    else:
        show(found, Console())
    return 0


def show(found: dict[str, Any], console: Console) -> None:
    """Print the results as tables."""
    for line in environment_lines(found):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for table, notes in _sections(found):
        console.print(table)
        for note in notes:
            console.print(note, markup=False, highlight=False, soft_wrap=True)
    console.print(prediction_line(found["prediction"]), markup=False, highlight=False, soft_wrap=True)


def _sections(found: dict[str, Any]) -> list[tuple[Table, list[str]]]:
    """Tables with the notes below them; those without rows are left out."""
    growth = found["growth"]
    unable = [f"{row['size']}: {row['detail']}" for row in found["detector_sizes"] if not row["works"]]
    sections = [
        (_stages(found), []),
        (_detector_sizes(found), unable),
        (chains_table(found["chains"]), left_out_lines(found["chains"], "size")),
        (_details(found["details"]), left_out_lines(found["details"], "details")),
        (goals_table(found["goals"]), []),
        (peers_table(found["peers"]), [f"{row['name']}: {row['detail']}" for row in found["peers"]]),
        (_osc_targets(found), []),
        (_backends(found), [f"{row['name']}: {row['detail']}" for row in found["backends"]]),
        (_growth(growth), []),
        (_windows(growth["window"]), growth["notes"]),
        (_smoothing(found), []),
    ]
    return [(table, notes) for table, notes in sections if table.row_count or notes]


def environment_lines(found: dict[str, Any]) -> list[str]:
    """Return lines on the machine and on the whole chain."""
    machine, chain = found["environment"], found["end_to_end"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    load = "" if machine["load_average"] is None else f", load average {machine['load_average']:g}"
    detector = f"{machine['detector']} {machine['detector_size']}".strip()
    if machine["size_chosen"]:
        detector += f" ({machine['size_chosen']})"
    webcam, latency, left_out = (chain[name] for name in ("webcam_latency_ms", "latency_ms", "left_out"))
    return [
        f"{machine['cpu']}, {machine['cores']} cores{load}, GPU: {machine['gpu'] or 'none'}, {machine['system']}",
        f"Python {machine['python']}, {versions}",
        f"{machine['clip']}, {detector}, VTM on {found['backend']}: {chain['fps']:.1f} poses/s; frame "
        f"available to packet sent at {chain['webcam_hz']:g} frames/s {_spread(webcam)}, at "
        f"{chain['latency_at_hz']:g} {_spread(latency)}; first pose after {chain['first_pose_s']:.1f} s; "
        f"{found['memory_mb']:.0f} MB" + (f"; left out to keep up: {', '.join(left_out)}" if left_out else ""),
    ]


def _spread(times: dict[str, float]) -> str:
    return f"p50 {times['p50']:.1f}, p95 {times['p95']:.1f}, p99 {times['p99']:.1f} ms"


def prediction_line(found: dict[str, Any]) -> str:
    """Return a line on the effect of --osc-rate."""
    if "note" in found:
        return f"--osc-rate: {found['note']}"
    held, predicted = found["held_mm"], found["predicted_mm"]
    return (
        f"--osc-rate {found['rate_hz']:g}, {found['latency_ms']:.0f} ms after the frame: joint error "
        f"{predicted['mean']:.0f} mm (p95 {predicted['p95']:.0f}) against exact poses that are late;  "
        f"without prediction {held['mean']:.0f} mm (p95 {held['p95']:.0f})"
    )


def _times(times: dict[str, float] | None) -> tuple[str, str, str]:
    if times is None:
        return ("–",) * 3
    return f"{times['p50']:.2f}", f"{times['p95']:.2f}", f"{times['p99']:.2f}"


def _stages(found: dict[str, Any]) -> Table:
    table = Table("stage", "p50", "p95", "p99", title="Each stage, ms", title_justify="left")
    for name, times in found["stages"].items():
        table.add_row(name, *_times(times))
    return table


def _detector_sizes(found: dict[str, Any]) -> Table:
    columns = ("BlazePose", "p50", "p95", "p99", "frames/s", "runs live")
    table = Table(*columns, title="Detector sizes, ms per frame", title_justify="left")
    for row in found["detector_sizes"]:
        if row["works"]:
            mark = "yes" if row["size"] == found["environment"]["detector_size"] else ""
            table.add_row(row["size"], *_times(row["ms"]), f"{row['per_second']:.0f}", mark)
    return table


def _smoothing(found: dict[str, Any]) -> Table:
    columns = ("smoothness", "preset", "jitter, m/s³ / 10", "delay, ms", "error, mm")
    table = Table(*columns, title="Jitter against delay", title_justify="left")
    for row in found["smoothing"]:
        numbers = (f"{row['jitter']:.1f}", f"{row['delay_ms']:.0f}", f"{row['off_mm']:.1f}")
        table.add_row(f"{row['smoothness']:g}", row["preset"], *numbers)
    return table


def _osc_targets(found: dict[str, Any]) -> Table:
    columns = ("OSC targets", "p50", "p95", "p99", "CPU ms per pose", "fraction of a core at 60 Hz")
    table = Table(*columns, title="Sending, ms", title_justify="left")
    for row in found["osc_targets"]:
        share = f"{row['core_percent_at_60_hz']:.1f} %"
        table.add_row(", ".join(row["targets"]), *_times(row["ms"]), f"{row['cpu_ms']:.2f}", share)
    return table


def _details(rows: list[dict[str, Any]]) -> Table:
    columns = (
        "hands and face",
        "poses/s",
        "latency p50",
        "p95",
        "hands/s",
        "faces/s",
        "their latency p50",
        "p95",
        "CPU ms a pose",
        "MB",
    )
    title = "Hands and face" + (f" at {rows[0]['at_hz']:g} frames/s, ms" if rows else "")
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        own = ("–",) * 4
        if row["details"] != "off":
            times = _times(row["details_latency_ms"])[:2]
            own = (f"{row['hands_per_s']:.1f}", f"{row['face_per_s']:.1f}", *times)
        cost = f"{row['cpu_ms']:.1f}", f"{row['memory_mb']:.0f}"
        table.add_row(row["details"], f"{row['fps']:.1f}", *_times(row["latency_ms"])[:2], *own, *cost)
    return table


def _backends(found: dict[str, Any]) -> Table:
    columns = ("back end", "poses/s", "network p50", "vtm p50", "p95", "p99", "latency p95")
    table = Table(*columns, title="Back ends side by side, ms", title_justify="left")
    for row in found["backends"]:
        if row["works"]:
            latency = f"{row['latency_ms']['p95']:.1f}"
            times = (_times(row["network_ms"])[0], *_times(row["window_ms"]))
            table.add_row(row["name"], f"{row['fps']:.1f}", *times, latency)
        else:
            table.add_row(row["name"], "–", "–", *_times(None), "–")
    return table


def _growth(growth: dict[str, Any]) -> Table:
    columns = ("", "poses/s", "capture p50", "pose2d p50", "vtm p50", "solver p50")
    table = Table(*columns, title="Cost by size, ms", title_justify="left")
    rows = [(f"{row['threads']} threads each", row) for row in growth["threads"]]
    rows += [(f"{row['height']} lines", row) for row in growth["input"]]
    for name, row in rows:
        times = (row["stages"].get(stage) for stage in ("capture", "pose2d", "vtm", "solver"))
        table.add_row(name, f"{row['fps']:.1f}", *(_times(time)[0] for time in times))
    return table


def _windows(rows: list[dict[str, Any]]) -> Table:
    columns = ("frames", "mirrored", "threads", "weights", "network p50", "p95", "p99", "vtm p50")
    table = Table(*columns, title="VTM alone by window length, ms", title_justify="left")
    for row in rows:
        form = (str(row["frames"]), "yes" if row["mirrored"] else "–", str(row["threads"]))
        weights = "shipped" if row["trained"] else "untrained"
        table.add_row(*form, weights, *_times(row["network_ms"]), _times(row["ms"])[0])
    return table
