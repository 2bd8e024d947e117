"""How the cost of the chain grows with threads, picture size and window length."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.bench.apart import measure_apart
from engine.bench.chain import Run, stages_json
from engine.bench.clip import scaled_clip
from engine.bench.windows import measure_windows
from engine.config import Config

HEIGHTS = (480, 720, 1080)
THREADS = (1, 2)
NO_GROWTH: dict[str, Any] = {"threads": [], "input": [], "window": [], "notes": []}

Say = Callable[[str], None]


def measure_growth(config: Config, clip: Path, seconds: float, say: Say) -> dict[str, Any]:
    """Measure how cost grows with threads, picture size and window length."""
    by_threads = []
    for threads in THREADS:
        say(f"growth: {threads} thread{'s' * (threads > 1)} each for detector and network")
        chain = measure_apart(config, Run(clip, None, seconds, threads=(threads, threads)))
        by_threads.append({"threads": threads, "fps": round(chain.fps, 1), "stages": stages_json(chain)})
    by_input = []
    with tempfile.TemporaryDirectory(prefix="vtm-bench-") as folder:
        for height in HEIGHTS:
            say(f"growth: {height} lines")
            chain = measure_apart(config, Run(scaled_clip(clip, height, Path(folder)), None, seconds))
            by_input.append({"height": height, "fps": round(chain.fps, 1), "stages": stages_json(chain)})
    by_window, notes = measure_windows(config.backend, THREADS, seconds, say)
    return {"threads": by_threads, "input": by_input, "window": by_window, "notes": notes}
