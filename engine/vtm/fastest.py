"""The fastest back end of this machine: measured once per set of weights, and cached.

No fixed order is right everywhere: on one server a window took longer on the GPU with CUDA than on the CPU.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import platformdirs

from engine.types import Window
from engine.vtm.base import VtmRuntime
from engine.vtm.cuda import gpu_info
from engine.vtm.weights import Weights
from models.json_text import read_json
from models.keypoints import NUM_KEYPOINTS
from models.onnx_session import ort
from models.vtm.config import VTMConfig
from models.vtm.evidence import evidence_shape

WARM_UP, WINDOWS = 10, 40
LONGEST_S = 2.0
"""A slow back end is measured with fewer windows."""
_VERSION = 1

log = logging.getLogger(__name__)


def any_window(config: VTMConfig, seed: int = 0) -> Window:
    """Return a window of random numbers with the right shapes; the time does not depend on the values."""
    rng = np.random.default_rng(seed)
    T = config.window_frames
    evidence = rng.normal(0.0, 0.3, (1, T, *evidence_shape(config.backbone))).astype(np.float32)
    evidence[..., -1] = 1.0
    return Window(
        frame_id=0,
        captured_at_s=0.0,
        keypoints=rng.normal(0.0, 0.3, (1, T, NUM_KEYPOINTS, 3)).astype(np.float32),
        evidence=evidence,
        box=np.array([[0.0, 0.0, -1.5]], np.float32),
        view_rotation=np.eye(3)[None],
        view_size=np.exp([-1.5]),
        confidence=1.0,
        root_visible=True,
    )


def window_ms(runtime: VtmRuntime, clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the median time of one window in ms, after warm-up. Raises the back end's errors."""
    window, started_s, times_s = any_window(runtime.config), clock(), []
    for number in range(WARM_UP + WINDOWS):
        before_s = clock()
        runtime.infer(window)
        after_s = clock()
        if number >= WARM_UP:
            times_s.append(after_s - before_s)
        if times_s and after_s - started_s > LONGEST_S:
            break
    return statistics.median(times_s) * 1e3


def memory_path() -> Path:
    """Return the cache file of the times: in $VTM_CACHE, else the user's cache directory."""
    folder = os.environ.get("VTM_CACHE") or platformdirs.user_cache_dir("vtm-live", appauthor=False)
    return Path(folder) / "back_ends.json"


def machine_of(weights: Weights, names: Sequence[str], threads: int) -> str:
    """Return everything that affects the times, as one line."""
    gpu = gpu_info()
    parts = (
        f"weights {weights.sha256[:16]}",
        f"{platform.system()} {platform.machine()} {platform.processor()} {os.cpu_count()} cores",
        gpu.label if gpu is not None else "no GPU",
        f"onnxruntime {ort.__version__}",
        f"{threads} threads",
        ",".join(names),
    )
    return "; ".join(parts)


def remembered(machine: str, names: Sequence[str]) -> dict[str, float]:
    """Return cached ms per window by back end; empty when there is nothing usable."""
    try:
        content = read_json(memory_path())
        times = content["measured"][machine] if content["version"] == _VERSION else {}
        found = {str(name): float(ms) for name, ms in times.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return found if set(found) == set(names) and all(0 < ms < 1e6 for ms in found.values()) else {}


def remember(machine: str, times: dict[str, float]) -> None:
    """Cache the times for the next start. If that fails, they are measured again next time."""
    path = memory_path()
    try:
        content = read_json(path)
        measured = dict(content["measured"]) if content["version"] == _VERSION else {}
    except (OSError, ValueError, KeyError, TypeError):
        measured = {}
    measured[machine] = {name: round(ms, 4) for name, ms in times.items()}
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps({"version": _VERSION, "measured": measured}, indent=1) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        log.warning("the times of the back ends could not be cached: %s", error)
