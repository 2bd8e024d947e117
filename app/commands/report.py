"""`vtm doctor --report`: one readable text to send when something does not work.

Installed packages, settings, the running pipeline, and the end of the log. Passwords in addresses and the name of the
user's home folder are removed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from app.arguments.tools import REPORT_HERE
from app.commands.doctor import Finding, findings
from app.log_file import log_path
from app.log_header import machine, version
from app.settings import settings_path
from app.terminal import say
from engine.errors import OutputError
from engine.masking import mask_secrets
from engine.types import Snapshot

LOG_LINES = 400
_MARKS = {True: "ok ", False: "FIX", None: " - "}


def run_report(target: str) -> int:
    """Write the report to a file, to stdout ("-") or to a new file in the working folder (""). Raises OutputError."""
    text = report_text(findings())
    if target == "-":
        say(text, sys.stdout)
        return 0
    path = Path(target) if target != REPORT_HERE else Path(f"vtm-report-{datetime.now():%Y-%m-%d_%H-%M-%S}.txt")
    write_report(path, text)
    say(f"vtm: report written to {path}: read it, then send it with your question")
    return 0


def write_report(path: Path, text: str) -> None:
    """Write the report. Raises OutputError."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write the report {path} ({error.strerror or error}): give another file") from error


def report_text(rows: Sequence[Finding], snapshot: Snapshot | None = None) -> str:
    """Return the whole report. `snapshot`: the running pipeline."""
    parts = {
        f"VTM Live {version()}, {datetime.now():%Y-%m-%d %H:%M:%S}": [machine(), f"folder {_project()}"],
        "Installed": [
            f"{_MARKS[row.good]}  {row.topic}: {row.seen}{f'  ->  {row.fix}' if row.fix else ''}" for row in rows
        ],
        "Running": [] if snapshot is None else list(_running(snapshot)),
        f"Settings, {settings_path()}": _lines_of(settings_path()),
        f"Log, {log_path()}": log_end(),
    }
    text = "\n\n".join("\n".join((f"== {title}", *lines)) for title, lines in parts.items() if lines)
    return mask_secrets(text.replace(str(Path.home()), "~")) + "\n"


def log_end() -> list[str]:
    """Return the last lines of the log, across the newest rotation."""
    lines = _lines_of(log_path())
    if len(lines) < LOG_LINES:
        older = log_path().with_name(log_path().name + ".1")
        lines = (_lines_of(older) if older.exists() else []) + lines
    return lines[-LOG_LINES:]


def _lines_of(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines() or ["(empty)"]
    except FileNotFoundError:
        return ["(none)"]
    except OSError as error:
        return [f"(cannot be read: {error.strerror or error})"]


def _project() -> Path:
    return Path(__file__).resolve().parents[2]


def _running(snapshot: Snapshot) -> Iterator[str]:
    stats = snapshot.stats
    yield f"{snapshot.state}, source {snapshot.source or 'unknown yet'}"
    left_out = ", ".join(stats.left_out) or "nothing"
    detector = f"{stats.detector or 'no detector'} {stats.detector_size}".strip()
    yield f"{detector}, {stats.backend or 'no back end'}, left out: {left_out}"
    yield (
        f"{stats.seconds:.1f} s, {stats.frames_captured} frames, {stats.frames_dropped} dropped, {stats.poses} poses, "
        f"{stats.fps:.1f} poses/s, latency p50 {stats.latency_ms.p50:.1f} ms, p95 {stats.latency_ms.p95:.1f} ms"
    )
    for target in snapshot.targets:
        trouble = target.error or f"last one: {target.last_error or 'none'}"
        yield f"{target.target}: {target.packets} packets, {target.errors} errors, {trouble}"
    if snapshot.recording is not None:
        yield f"recording {snapshot.recording.path}: {snapshot.recording.error or 'no error'}"
    for message in snapshot.messages:
        yield f"{message.level}: {message.text}"
