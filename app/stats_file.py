"""stats.json: the statistics of the last run, written completely or not at all.

A run replaces the statistics of the previous one, as scripts that read a fixed name expect; any other file with the
name is kept, and the next free name used.
"""

from __future__ import annotations

import json
from pathlib import Path

from app.terminal import say
from engine.errors import OutputError
from engine.live.statistics import stats_json
from engine.motion.atomic import new_file
from engine.types import Snapshot

_LARGEST_BYTES = 1 << 20
_MARKS = {"frames_captured", "poses", "latency_ms"}


def write_stats(path: Path, snapshot: Snapshot) -> None:
    """Write the statistics. Raises OutputError."""
    text = json.dumps(stats_json(snapshot.stats, snapshot.targets), indent=2) + "\n"
    try:
        with new_file(path, overwrite=_holds_figures(path)) as new:
            new.file.write(text.encode())
    except OutputError as error:
        raise OutputError(f"{error}: give another --stats FILE") from error
    if new.path != path:
        say(f"vtm: {path} exists, does not hold statistics of a run and was kept: wrote {new.path.name}")


def _holds_figures(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            figures = json.loads(file.read(_LARGEST_BYTES))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(figures, dict) and figures.keys() >= _MARKS
