"""Everything `vtm bench` measures, in order, as one JSON value."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.bench.apart import measure_apart
from engine.bench.chain import Measured, Run, stages_json
from engine.bench.chains import measure_chains
from engine.bench.clip import clip_path
from engine.bench.details import measure_details
from engine.bench.goals import goals
from engine.bench.growth import NO_GROWTH, measure_growth
from engine.bench.machine import environment
from engine.bench.network import measure_network
from engine.bench.peers import check_python, measure_mediapipe
from engine.bench.prediction import RATE_HZ, live_motion, live_poses, measure_prediction
from engine.bench.samples import as_json
from engine.bench.sizes import live_size, measure_sizes
from engine.bench.smoothing import measure_smoothing
from engine.config import Config
from engine.errors import ModelError
from engine.live.cores import worker_threads
from engine.osc.avatar_bones import known_avatar
from engine.vtm.choose import BackendState, backend_states

PACED_HZ = 60.0
WEBCAM_HZ = 30.0
TARGETS = ("vmc", "vrchat", "osc")
_AVATAR_TARGETS = 3
_PEER_SIZE = "full"  # what mediapipe's tracker runs
_LEFT_OUT: dict[str, Any] = {
    "osc_targets": [],
    "growth": NO_GROWTH,
    "prediction": {"rate_hz": RATE_HZ, "note": "not measured in a short bench"},
    "smoothing": [],
}

Say = Callable[[str], None]


def run_bench(
    config: Config,
    seconds: float,
    *,
    say: Say,
    avatar: str = "",
    against: str = "",
    against_model: str = "",
    short: bool = False,
) -> dict[str, Any]:
    """Measure on config.source (a file, or "demo") with config.detector and config.backend.

    seconds  duration of each measurement, without warm-up; half of it for each row of growth
    say      called with one line before each measurement
    avatar   a .vrm file: what three VMC targets with it cost is measured, too
    against  the Python of an environment with mediapipe, whose tracker is measured in turn with ours;
             against_model is a .task file for releases that bring none
    short    without growth, OSC targets, prediction and smoothing
    Raises UsageError, VtmError.
    """
    clip = clip_path(config.source)
    if avatar:
        known_avatar(avatar)
    if against:
        check_python(against)
    found = environment()
    states = [state for state in backend_states() if config.backend in ("auto", state.name)]
    if not any(state.works for state in states):
        raise ModelError(f"back end {config.backend}: {states[0].detail if states else 'unknown'}")
    say("each size of the detector")
    sizes = measure_sizes(clip, seconds / 2) if config.detector != "rtmpose" else []
    config, why = _with_size(config, clip, sizes, say)
    rows = [_backend(state, config, clip, seconds, say) for state in states]
    fed, paced = next((row.fed, row.paced) for row in rows if row.fed is not None and row.paced is not None)
    config = dataclasses.replace(config, backend=fed.backend)
    say(f"whole chain, {WEBCAM_HZ:g} frames per second, as webcams have")
    webcam = measure_apart(config, Run(clip, WEBCAM_HZ, seconds))
    details = measure_details(config, clip, WEBCAM_HZ, seconds, say, off=webcam)
    working = [row["size"] for row in sizes if row["works"]] if fed.detector_size else []
    known = {fed.detector_size: (fed, paced)}
    chains = measure_chains(config, clip, PACED_HZ, seconds, say, sizes=working, known=known)
    same = dataclasses.replace(config, detector_size=_PEER_SIZE) if _PEER_SIZE in working else config
    peer = measure_mediapipe(
        against, against_model, clip, seconds, lambda: measure_apart(same, Run(clip, None, seconds)), say
    )
    machine = {"clip": clip.name, "detector": fed.detector, "detector_size": fed.detector_size, "size_chosen": why}
    return {
        "environment": found | machine | {"threads": list(worker_threads())},
        "detector_sizes": sizes,
        "backend": fed.backend,
        "stages": stages_json(fed),
        "end_to_end": _end_to_end(fed, paced, webcam),
        "chains": chains,
        "goals": goals(chains),
        "details": details,
        "memory_mb": round(webcam.memory_mb, 1),
        "backends": [row.json for row in rows],
        "peers": [peer],
        **(_LEFT_OUT if short else _more(config, clip, paced, seconds, say, avatar)),
    }


def _with_size(config: Config, clip: Path, sizes: list[dict[str, Any]], say: Say) -> tuple[Config, str]:
    """Return the settings of the body alone with one size of the detector, and who chose it.

    Rows must not choose for themselves: a clip that is read as fast as it is taken has no camera's rate to choose by.
    """
    body = dataclasses.replace(config, hands="off", face="off")
    if config.detector_size != "auto":
        return body, "as asked for"
    if not any(row["works"] for row in sizes):
        return body, ""
    say(f"which size a live run chooses at {WEBCAM_HZ:g} frames per second")
    size = live_size(config, clip, WEBCAM_HZ)
    return dataclasses.replace(body, detector_size=size or "auto"), f"by a live run at {WEBCAM_HZ:g} frames/s"


def _end_to_end(fed: Measured, paced: Measured, webcam: Measured) -> dict[str, Any]:
    return {
        "fps": round(fed.fps, 1),
        "cpu_ms": round(fed.cpu_ms, 2),
        "latency_ms": as_json(paced.latency_ms),
        "latency_at_hz": PACED_HZ,
        "webcam_latency_ms": as_json(webcam.latency_ms),
        "webcam_hz": WEBCAM_HZ,
        "first_pose_s": round(fed.first_pose_s, 2),
        "left_out": sorted({*fed.left_out, *paced.left_out, *webcam.left_out}),
    }


def _more(config: Config, clip: Path, paced: Measured, seconds: float, say: Say, avatar: str) -> dict[str, Any]:
    """Return what a short bench leaves out."""
    targets = _osc_targets(config, clip, paced, seconds, say, avatar)
    growth = measure_growth(config, clip, seconds / 2, say)
    say(f"poses predicted to a clock of {RATE_HZ:g} per second")
    raws, camera = live_motion(config, clip)
    poses = live_poses(raws, camera, config.height_m)
    prediction = measure_prediction(poses, paced.latency_ms.p50 / 1e3)
    say("smoothness: jitter against delay")
    smoothing = measure_smoothing(raws, camera, config.height_m)
    return {"osc_targets": targets, "growth": growth, "prediction": prediction, "smoothing": smoothing}


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
    fed = measure_apart(config, Run(clip, None, seconds))
    say(f"{state.name}: whole chain, {PACED_HZ:g} frames per second")
    paced = measure_apart(config, Run(clip, PACED_HZ, seconds))
    row |= {"fps": round(fed.fps, 1), "latency_ms": as_json(paced.latency_ms), "memory_mb": round(paced.memory_mb, 1)}
    return _Row(row, fed, paced)


def _osc_targets(
    config: Config, clip: Path, one: Measured, seconds: float, say: Say, avatar: str
) -> list[dict[str, Any]]:
    """Return what sending costs in the running chain: to one target (`one`, already measured) and to three."""
    say(f"{len(TARGETS)} OSC targets, {PACED_HZ:g} frames per second")
    three = measure_apart(config, Run(clip, PACED_HZ, seconds, targets=TARGETS))
    rows = [_osc_row(TARGETS[:1], one), _osc_row(TARGETS, three)]
    for options in ("", f"?avatar={quote(avatar)}") if avatar else ():
        say(f"three VMC targets {'with the avatar' if options else 'without the avatar'}")
        found = measure_apart(config, Run(clip, PACED_HZ, seconds, targets=(f"vmc{options}",) * _AVATAR_TARGETS))
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
