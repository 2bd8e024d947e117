"""Measures other trackers on the same clip in the same run, where installed: mediapipe's own."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path
from typing import Any

from engine.bench.samples import Samples, as_json
from engine.opencv import cv2
from engine.sources.file_source import FileSource, open_file

_WARM_UP = 20


def measure_mediapipe(path: Path, seconds: float) -> dict[str, Any]:
    """Measure mediapipe's pose tracker (full model, smoothed, no mask) frame by frame, or say why it is left out."""
    peer: dict[str, Any] = {"name": "mediapipe", "works": False}
    if importlib.util.find_spec("mediapipe") is None:
        return peer | {"detail": "not installed: pip install mediapipe==0.10.21 in an environment of its own"}
    try:
        from mediapipe.python.solutions.pose import Pose as MediapipePose
    except ImportError as error:
        return peer | {"detail": f"this mediapipe brings no pose network ({error}); 0.10.21 does"}
    samples = Samples(time.perf_counter)
    source = open_file(path, paced=False, loop=True)
    try:
        with MediapipePose(model_complexity=1) as tracker:
            _track(tracker, source, samples, seconds)
    finally:
        source.close()
    return peer | {
        "works": True,
        "detail": "2D and 3D landmarks only: no skeleton, no world, no packets",
        "fps": round(samples.per_second("frame"), 1),
        "frame_ms": as_json(samples.percentiles_ms("frame")),
    }


def _track(tracker: Any, source: FileSource, samples: Samples, seconds: float) -> None:
    for _ in range(_WARM_UP):
        _process(tracker, source)
    samples.begin()
    until_s = samples.clock() + seconds
    while samples.clock() < until_s:
        started_s = samples.clock()
        _process(tracker, source)
        samples.add("frame", samples.clock() - started_s)
    samples.end()


def _process(tracker: Any, source: FileSource) -> None:
    frame = source.read()
    if frame is not None:
        tracker.process(cv2.cvtColor(frame.bgr, cv2.COLOR_BGR2RGB))
