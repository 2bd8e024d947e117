"""Measures the whole chain: the real pipeline with timers, on a clip, sending to a socket of this process."""

from __future__ import annotations

import dataclasses
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.bench.clip import ClipSource
from engine.bench.machine import memory_mb
from engine.bench.probes import OSC_CPU, SENT, TimedDetector, TimedHub, TimedRuntime, TimedSolver, TimedWindow
from engine.bench.samples import Samples, as_json
from engine.config import Config
from engine.errors import VtmError
from engine.live.interfaces import Clock, Factories, OnMessage
from engine.pipeline import Pipeline
from engine.real_factories import real_factories
from engine.sources.base import Source
from engine.sources.orientation import Orientation
from engine.types import NO_TIME, Calibration, Percentiles

STAGES = ("capture", "pose2d", "window", "vtm", "solver", "osc")
FIRST_POSE_S = 30.0
_STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class Run:
    """Settings of one measurement of the chain."""

    clip: Path
    rate_hz: float | None  # None: frames as fast as they are taken
    seconds: float
    warm_up_s: float = 1.5
    threads: tuple[int, int] | None = None  # detector, VTM; None: as the pipeline chooses
    targets: tuple[str, ...] = ("vmc",)  # scheme of each OSC target, with its options after a ?


@dataclass(frozen=True, slots=True)
class Measured:
    """Result of one measurement of the chain."""

    fps: float  # poses sent per second
    latency_ms: Percentiles  # frame available -> packet sent
    stages: dict[str, Percentiles]
    osc_cpu_ms: float  # processor time of the sending thread per pose, mean
    first_pose_s: float  # from the start of the pipeline
    memory_mb: float
    detector: str
    detector_size: str
    backend: str
    left_out: tuple[str, ...] = ()  # detail given up to keep up, at the end of the run
    hands_per_s: float = 0.0  # looks at a hand; they and the next two are of the last seconds
    face_per_s: float = 0.0
    details_latency_ms: Percentiles = NO_TIME  # frame available -> its hand or face known
    cpu_ms: float = 0.0  # processor time of the whole process per pose, all threads added


def measure(config: Config, run: Run) -> Measured:
    """Run the chain and measure it. Raises VtmError when the clip shows nobody or a part cannot be opened."""
    samples = Samples(time.monotonic)
    with _listeners(run.targets) as urls:
        config = dataclasses.replace(config, source=str(run.clip), osc=urls, loop=True)
        started_s = time.monotonic()
        with Pipeline(config, factories=_timed_factories(samples, run)) as pipeline:
            if not pipeline.wait_for_pose(FIRST_POSE_S):
                raise _failure(pipeline, f"{run.clip.name}: no person was found in {FIRST_POSE_S:g} s")
            first_pose_s = time.monotonic() - started_s
            pipeline.wait(run.warm_up_s)
            worked_s = time.process_time()
            samples.begin()
            pipeline.wait(run.seconds)
            _wait_for_one(pipeline, samples)
            samples.end()
            worked_s = time.process_time() - worked_s
            snapshot = pipeline.snapshot()
            memory = memory_mb()
        if snapshot.state == "failed" or not samples.count(SENT):
            raise _failure(pipeline, f"{run.clip.name}: no pose was sent in {run.seconds:g} s")
    return Measured(
        fps=samples.per_second(SENT),
        latency_ms=samples.percentiles_ms(SENT),
        stages={name: samples.percentiles_ms(name) for name in STAGES if samples.count(name)},
        osc_cpu_ms=samples.mean_ms(OSC_CPU),
        first_pose_s=first_pose_s,
        memory_mb=memory,
        detector=snapshot.stats.detector,
        detector_size=snapshot.stats.detector_size,
        backend=snapshot.stats.backend,
        left_out=snapshot.stats.left_out,
        hands_per_s=snapshot.stats.hands_per_s,
        face_per_s=snapshot.stats.face_per_s,
        details_latency_ms=snapshot.stats.details_latency_ms,
        cpu_ms=1e3 * worked_s / samples.count(SENT),
    )


def _wait_for_one(pipeline: Pipeline, samples: Samples) -> None:
    """Wait on while nothing was sent yet: on a machine with other work a pose may take seconds."""
    until_s = time.monotonic() + FIRST_POSE_S
    while not samples.count(SENT) and time.monotonic() < until_s and pipeline.wait(_STEP_S) == "running":
        continue


def stages_json(measured: Measured) -> dict[str, Any]:
    """Return p50, p95, p99 of each stage in ms."""
    return {name: as_json(times) for name, times in measured.stages.items()}


def _failure(pipeline: Pipeline, otherwise: str) -> VtmError:
    error = pipeline.error
    return error if isinstance(error, VtmError) else VtmError(str(error) if error else otherwise)


def _timed_factories(samples: Samples, run: Run) -> Factories:
    """Return the real parts, each wrapped in a timer."""
    real = real_factories()
    clip = ClipSource(run.clip, run.rate_hz, samples)
    hub = TimedHub(samples)

    def open_source(
        source: str, *, orientation: Orientation, loop: bool, fps: float, clock: Clock, on_message: OnMessage
    ) -> Source:
        del source, orientation, loop, fps, clock, on_message
        return clip

    def make_detector(name: str, *, size: str, threads: int, on_message: OnMessage) -> TimedDetector:
        number = threads if run.threads is None else run.threads[0]
        detector = real.make_detector(name, size=size, threads=number, on_message=on_message)
        return TimedDetector(detector, samples, clip.taken)

    def load_runtime(backend: str, *, threads: int, on_message: OnMessage) -> TimedRuntime:
        number = threads if run.threads is None else run.threads[1]
        return TimedRuntime(real.load_runtime(backend, threads=number, on_message=on_message), samples)

    def make_hub(
        urls: tuple[str, ...],
        *,
        clock: Clock,
        on_sent: Callable[[float], None],
        calibration: Callable[[], Calibration],
    ) -> TimedHub:
        del on_sent
        hub.inner = real.make_hub(urls, clock=clock, on_sent=hub.sent, calibration=calibration)
        return hub

    return dataclasses.replace(
        real,
        open_source=open_source,
        make_detector=make_detector,
        load_runtime=load_runtime,
        make_window=lambda config, intrinsics: TimedWindow(real.make_window(config, intrinsics), samples),
        make_solver=lambda intrinsics, height_m: TimedSolver(real.make_solver(intrinsics, height_m), samples),
        make_hub=make_hub,
    )


@contextmanager
def _listeners(schemes: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield URLs of targets on this machine that discard what they receive."""
    with ExitStack() as open_ones:
        urls = []
        for target in schemes:
            scheme, mark, options = target.partition("?")
            inbox = open_ones.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            inbox.bind(("127.0.0.1", 0))
            urls.append(f"{scheme}://127.0.0.1:{inbox.getsockname()[1]}{mark}{options}")
        yield tuple(urls)
