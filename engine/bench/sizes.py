"""Measures each size of BlazePose on the clip, as many threads as live, and asks a live run which it chooses."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

from engine.bench.apart import measure_apart
from engine.bench.chain import Run
from engine.bench.samples import Samples, as_json
from engine.config import Config
from engine.errors import DetectorError
from engine.live.cores import worker_threads
from engine.pose2d.blazepose import BlazePose
from engine.pose2d.weights import BY_SIZE, installed_weights
from engine.sources.file_source import open_file

WARM_UP_FRAMES = 10
_STAGE = "pose2d"
_CHOOSING_S = 2.0


def measure_sizes(clip: Path, seconds: float) -> list[dict[str, Any]]:
    """Return a row per size, the smallest first: size, works, detail; and where it works ms and frames per second."""
    rows: list[dict[str, Any]] = []
    for size in BY_SIZE:
        try:
            rows.append({"size": size, "works": True, "detail": "", **_measured(size, clip, seconds)})
        except DetectorError as error:
            rows.append({"size": size, "works": False, "detail": str(error)})
    return rows


def live_size(config: Config, clip: Path, rate_hz: float) -> str:
    """Return the size that a live run with a camera of this rate, hands and face beside it, has chosen; "" for RTMPose.

    Raises VtmError when the clip shows nobody or a part cannot be opened.
    """
    live = dataclasses.replace(config, detector_size="auto", hands="auto", face="auto")
    return measure_apart(live, Run(clip, rate_hz, _CHOOSING_S)).detector_size


def _measured(size: str, clip: Path, seconds: float) -> dict[str, Any]:
    samples = Samples(time.perf_counter)
    detector = BlazePose(installed_weights(size), threads=worker_threads()[0])
    source = open_file(clip, paced=False, loop=True)
    try:
        warm_up, until_s = WARM_UP_FRAMES, float("inf")
        while samples.clock() < until_s:
            frame = source.read()
            if frame is None:
                continue
            if warm_up == 0:
                samples.begin()
                until_s = samples.clock() + seconds
            warm_up -= 1
            started_s = samples.clock()
            detector.detect(frame)
            samples.add(_STAGE, samples.clock() - started_s)
        samples.end()
    finally:
        source.close()
        detector.close()
    times = as_json(samples.percentiles_ms(_STAGE))
    return {"ms": times, "per_second": round(1e3 / samples.mean_ms(_STAGE), 1)}
