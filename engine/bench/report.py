"""Everything `vtm bench` measures, in order, as one JSON value."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.bench.chain import Measured, Run, measure
from engine.bench.clip import clip_path, scaled_clip
from engine.bench.details import measure_details
from engine.bench.machine import environment
from engine.bench.network import measure_network
from engine.bench.peers import measure_mediapipe
from engine.bench.prediction import RATE_HZ, live_motion, live_poses, measure_prediction
from engine.bench.samples import as_json
from engine.bench.sizes import live_size, measure_sizes
from engine.bench.smoothing import measure_smoothing
from engine.bench.windows import measure_windows
from engine.config import Config
from engine.errors import ModelError
from engine.live.cores import worker_threads
from engine.osc.avatar_bones import known_avatar
from engine.vtm.choose import BackendState, backend_states

PACED_HZ = 60.0
WEBCAM_HZ = 30.0
HEIGHTS = (480, 720, 1080)
THREADS = (1, 2)
TARGETS = ("vmc", "vrchat", "osc")
_AVATAR_TARGETS = 3

Say = Callable[[str], None]


def run_bench(config: Config, seconds: float, *, say: Say, avatar: str = "") -> dict[str, Any]:
    """Measure on config.source (a file, or "demo") with config.detector and config.backend.

    seconds  duration of each measurement, without warm-up; half of it for each row of growth
    say      called with one line before each measurement
    avatar   a .vrm file: what three VMC targets with it cost is measured, too
    Raises UsageError, VtmError.
    """
    clip = clip_path(config.source)
    if avatar:
        known_avatar(avatar)
    config = dataclasses.replace(config, hands="off", face="off")  # rows of their own: the body's stay comparable
    found = environment()
    states = [state for state in backend_states() if config.backend in ("auto", state.name)]
    if not any(state.works for state in states):
        raise ModelError(f"back end {config.backend}: {states[0].detail if states else 'unknown'}")
    say("each size of the detector")
    sizes = measure_sizes(clip, seconds / 2) if config.detector != "rtmpose" else []
    if config.detector_size == "auto" and sizes:
        config = dataclasses.replace(config, detector_size=live_size(sizes, WEBCAM_HZ) or "auto")
    rows = [_backend(state, config, clip, seconds, say) for state in states]
    main, latency = next((row.fed, row.paced) for row in rows if row.fed is not None and row.paced is not None)
    say("mediapipe's own tracker, when it is installed")
    peers = [measure_mediapipe(clip, seconds)]
    config = dataclasses.replace(config, backend=main.backend)
    say(f"whole chain, {WEBCAM_HZ:g} frames per second, as webcams have")
    webcam = measure(config, Run(clip, WEBCAM_HZ, seconds))
    details = measure_details(config, clip, WEBCAM_HZ, seconds, say)
    targets = _osc_targets(config, clip, latency, seconds, say, avatar)
    growth = _growth(config, clip, seconds / 2, say)
    say(f"poses predicted to a clock of {RATE_HZ:g} per second")
    raws, camera = live_motion(config, clip)
    poses = live_poses(raws, camera, config.height_m)
    prediction = measure_prediction(poses, latency.latency_ms.p50 / 1e3)
    say("smoothness: jitter against delay")
    smoothing = measure_smoothing(raws, camera, config.height_m)
    return {
        "environment": found
        | {
            **{"clip": clip.name, "detector": main.detector, "detector_size": main.detector_size},
            "threads": list(worker_threads()),
        },
        "detector_sizes": sizes,
        "backend": main.backend,
        "stages": _stages(main),
        "end_to_end": {
            "fps": round(main.fps, 1),
            "latency_ms": as_json(latency.latency_ms),
            "latency_at_hz": PACED_HZ,
            "webcam_latency_ms": as_json(webcam.latency_ms),
            "webcam_hz": WEBCAM_HZ,
            "first_pose_s": round(main.first_pose_s, 2),
            "left_out": sorted({*main.left_out, *latency.left_out, *webcam.left_out}),
        },
        "details": details,
        "memory_mb": round(latency.memory_mb, 1),
        "osc_targets": targets,
        "backends": [row.json for row in rows],
        "peers": peers,
        "growth": growth,
        "prediction": prediction,
        "smoothing": smoothing,
    }


@dataclasses.dataclass(frozen=True, slots=True)
class _Row:
    json: dict[str, Any]
    fed: Measured | None = None
    paced: Measured | None = None


def _backend(state: BackendState, config: Config, clip: Path, seconds: float, say: Say) -> _Row:
    """Measure one back end: the network alone, the chain as fast as it takes frames, the chain at a steady rate."""
    row: dict[str, Any] = {"name": state.name, "works": state.works, "detail": state.detail}
    if not state.works:
        return _Row(row)
    config = dataclasses.replace(config, backend=state.name)
    say(f"{state.name}: the network alone")
    window = measure_network(state.name, 1, seconds / 2)
    row |= {"window_frames": window.frames, "network_ms": as_json(window.network), "window_ms": as_json(window.vtm)}
    say(f"{state.name}: whole chain, frames as fast as they are taken")
    fed = measure(config, Run(clip, None, seconds))
    say(f"{state.name}: whole chain, {PACED_HZ:g} frames per second")
    paced = measure(config, Run(clip, PACED_HZ, seconds))
    row |= {"fps": round(fed.fps, 1), "latency_ms": as_json(paced.latency_ms), "memory_mb": round(paced.memory_mb, 1)}
    return _Row(row, fed, paced)


def _osc_targets(
    config: Config, clip: Path, one: Measured, seconds: float, say: Say, avatar: str
) -> list[dict[str, Any]]:
    """Return what sending costs in the running chain: to one target (`one`, already measured) and to three."""
    say(f"{len(TARGETS)} OSC targets, {PACED_HZ:g} frames per second")
    three = measure(config, Run(clip, PACED_HZ, seconds, targets=TARGETS))
    rows = [_osc_row(TARGETS[:1], one), _osc_row(TARGETS, three)]
    for options in ("", f"?avatar={quote(avatar)}") if avatar else ():
        say(f"three VMC targets {'with the avatar' if options else 'without the avatar'}")
        found = measure(config, Run(clip, PACED_HZ, seconds, targets=(f"vmc{options}",) * _AVATAR_TARGETS))
        rows.append(_osc_row(("vmc with the avatar" if options else "vmc",) * _AVATAR_TARGETS, found))
    return rows


def _osc_row(targets: tuple[str, ...], found: Measured) -> dict[str, Any]:
    """Return a row: `ms` from the first byte to the last, `cpu_ms` processor time per pose, wake-up included."""
    return {
        "targets": list(targets),
        "ms": as_json(found.stages["osc"]),
        "cpu_ms": round(found.osc_cpu_ms, 3),
        "core_percent_at_60_hz": round(found.osc_cpu_ms * PACED_HZ / 10, 2),
    }


def _stages(measured: Measured) -> dict[str, Any]:
    return {name: as_json(times) for name, times in measured.stages.items()}


def _growth(config: Config, clip: Path, seconds: float, say: Say) -> dict[str, Any]:
    """Measure how cost grows with threads, picture size and window length."""
    by_threads = []
    for threads in THREADS:
        say(f"growth: {threads} thread{'s' * (threads > 1)} each for detector and network")
        chain = measure(config, Run(clip, None, seconds, threads=(threads, threads)))
        by_threads.append({"threads": threads, "fps": round(chain.fps, 1), "stages": _stages(chain)})
    by_input = []
    with tempfile.TemporaryDirectory(prefix="vtm-bench-") as folder:
        for height in HEIGHTS:
            say(f"growth: {height} lines")
            chain = measure(config, Run(scaled_clip(clip, height, Path(folder)), None, seconds))
            by_input.append({"height": height, "fps": round(chain.fps, 1), "stages": _stages(chain)})
    by_window, notes = measure_windows(config.backend, THREADS, seconds, say)
    return {"threads": by_threads, "input": by_input, "window": by_window, "notes": notes}
