"""Measures ours and mediapipe's own tracker on one clip, in turn: mediapipe in an environment of its own.

In turn, so that a machine that slows down slows both; each in a process of its own, one at a time.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from engine.bench.chain import Measured
from engine.errors import ModelError, UsageError, one_line

ROUNDS = 3
_SCRIPT = Path(__file__).with_name("mediapipe_tracker.py")
_START_S = 120.0
_HOW = "vtm bench --against PYTHON, the Python of an environment with mediapipe==0.10.21"

Ours = Callable[[], Measured]


def check_python(python: str) -> str:
    """Return where that Python is. Raises UsageError."""
    found = shutil.which(python)
    if found is None:
        raise UsageError(f"there is no program {python}; --against takes the Python that mediapipe is installed for")
    return found


def measure_mediapipe(
    python: str, model: str, clip: Path, seconds: float, ours: Ours, say: Callable[[str], None]
) -> dict[str, Any]:
    """Return the medians of three rounds of ours and theirs, or why there are none.

    python  that mediapipe is installed for; "" measures nothing
    model   a .task file for releases of mediapipe that bring none; "" for those that do
    ours    measures our chain once, frames as fast as they are taken
    Raises UsageError for a Python that is not there, VtmError from `ours`.
    """
    peer: dict[str, Any] = {"name": "mediapipe", "works": False}
    if not python:
        return peer | {"detail": f"not measured: {_HOW}"}
    python = check_python(python)
    rounds = []
    for number in range(ROUNDS):
        say(f"against mediapipe, round {number + 1} of {ROUNDS}")
        mine = ours()
        try:
            theirs = _run(python, model, clip, seconds)
        except ModelError as error:
            return peer | {"detail": str(error)}
        rounds.append((mine, theirs))
    return peer | {
        "works": True,
        "detail": f"mediapipe {rounds[0][1]['version']}: 2D and 3D landmarks only: no skeleton, no world, no packets",
        "fps": round(median(theirs["fps"] for _, theirs in rounds), 1),
        "frame_ms": _frame_ms([theirs for _, theirs in rounds]),
        "cpu_ms": round(median(theirs["cpu_ms"] for _, theirs in rounds), 2),
        "found": round(median(theirs["found"] for _, theirs in rounds), 3),
        "ours_fps": round(median(mine.fps for mine, _ in rounds), 1),
        "ours_cpu_ms": round(median(mine.cpu_ms for mine, _ in rounds), 2),
        "rounds": [[round(mine.fps, 1), round(theirs["fps"], 1)] for mine, theirs in rounds],
    }


def _frame_ms(rounds: list[dict[str, Any]]) -> dict[str, float]:
    return {name: round(median(row["frame_ms"][name] for row in rounds), 3) for name in ("p50", "p95", "p99")}


def _run(python: str, model: str, clip: Path, seconds: float) -> dict[str, Any]:
    """Run the script once. Raises ModelError with its last line."""
    command = [python, str(_SCRIPT), str(clip), str(seconds), *([model] if model else [])]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_START_S + seconds, check=False)
        found: dict[str, Any] = json.loads(ran.stdout) if ran.returncode == 0 else {}
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise ModelError(f"mediapipe's tracker does not run ({type(error).__name__}); {_HOW}") from error
    if not found:
        reasons = ran.stderr.strip().splitlines() or ["no reason given"]
        raise ModelError(f"mediapipe's tracker does not run: {one_line(reasons[-1])}")
    return found
