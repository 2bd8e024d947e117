"""Measures VTM alone, one window after the other: the network, and the network with decoding and refinement."""

from __future__ import annotations

import time
from dataclasses import dataclass

from engine.bench.samples import Samples
from engine.types import Percentiles
from engine.vtm.base import VtmRuntime
from engine.vtm.choose import load_runtime, open_backend
from engine.vtm.decode import decode
from engine.vtm.fastest import any_window
from engine.vtm.weights import Weights
from models.camera import Intrinsics

WARM_UP = 10
MOST_WINDOWS = 400


@dataclass(frozen=True, slots=True)
class WindowTimes:
    """Times of one window in ms."""

    frames: int
    network: Percentiles  # network inputs -> outputs
    vtm: Percentiles  # network inputs -> RawMotion, like the stage "vtm"


def measure_network(backend: str, threads: int, seconds: float) -> WindowTimes:
    """Measure the shipped weights. Raises ModelError when the back end does not work."""
    runtime = load_runtime(backend, threads=threads, on_message=lambda _text: None)
    try:
        return _time(runtime.running, seconds)
    finally:
        runtime.close()


def measure_weights(weights: Weights, backend: str, threads: int, seconds: float) -> WindowTimes:
    """Measure any weights on exactly this back end."""
    runtime = open_backend(weights, backend, threads)
    try:
        return _time(runtime, seconds)
    finally:
        runtime.close()


def _time(runtime: VtmRuntime, seconds: float) -> WindowTimes:
    samples = Samples(time.perf_counter)
    window, camera = any_window(runtime.config), Intrinsics.from_hfov((640, 480), 1.0)
    for _ in range(WARM_UP):
        runtime.lift(window, camera)
    samples.begin()
    until_s = samples.clock() + seconds
    while samples.clock() < until_s and samples.count("vtm") < MOST_WINDOWS:
        started_s = samples.clock()
        outputs = runtime.infer(window)
        samples.add("network", samples.clock() - started_s)
        decode(window, camera, *outputs)
        samples.add("vtm", samples.clock() - started_s)
    samples.end()
    times = (samples.percentiles_ms(name) for name in ("network", "vtm"))
    return WindowTimes(runtime.config.window_frames, *times)
