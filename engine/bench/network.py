"""Measures VTM alone, one window after the other: the network, and the network with decoding and refinement."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from engine.bench.samples import Samples
from engine.types import Percentiles, Window
from engine.vtm.base import VtmRuntime
from engine.vtm.choose import load_runtime, open_backend
from engine.vtm.decode import decode
from engine.vtm.weights import Weights
from models.camera import Intrinsics
from models.keypoints import NUM_KEYPOINTS
from models.vtm.config import VTMConfig
from models.vtm.evidence import evidence_shape

WARM_UP = 10
MOST_WINDOWS = 400


def any_window(config: VTMConfig, seed: int = 0) -> Window:
    """Return a window of random numbers in the right shapes; the time does not depend on the values."""
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
