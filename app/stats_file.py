"""stats.json: the figures of the last run, written whole or not at all.

A run replaces the figures of the one before, as scripts that read a fixed name expect; everything else that has the
name is kept, and the next free name taken.
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
    """Raises OutputError."""
    text = json.dumps(stats_json(snapshot.stats, snapshot.targets), indent=2) + "\n"
    try:
        with new_file(path, overwrite=_holds_figures(path)) as new:
            new.file.write(text.encode())
    except OutputError as error:
        raise OutputError(f"{error}: give another --stats FILE") from error
    if new.path != path:
        say(f"vtm: {path} is there already, holds no figures of a run and is kept: wrote {new.path.name}")


def _holds_figures(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            figures = json.loads(file.read(_LARGEST_BYTES))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(figures, dict) and figures.keys() >= _MARKS
