"""Measures what `--osc-rate` gains: the error of predicted poses against exact poses that come too late.

The clip goes through the chain once, at its own rate. Then time is replayed: each pose becomes known one latency after
its frame, and at every tick the predicted and the newest known body are compared with the true one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from engine.config import Config
from engine.live.cores import worker_threads
from engine.osc.predictor import Predictor
from engine.real_factories import real_factories
from engine.sources.file_source import open_file
from engine.sources.intrinsics import intrinsics_for
from engine.types import F64, Keypoints2D, Pose, RawMotion
from models.camera import Intrinsics

RATE_HZ = 120.0
MOST_FRAMES = 300
_SETTLED_S = 1.0  # the first second is left out: the filters settle


def measure_prediction(poses: list[Pose], latency_s: float) -> dict[str, Any]:
    """Return mean and 95th percentile over ticks of the mean joint error in mm."""
    if len(poses) < 2 or poses[-1].captured_at_s - poses[0].captured_at_s < 2 * _SETTLED_S:
        return {"rate_hz": RATE_HZ, "note": "the clip holds less than two seconds of a person"}
    held, predicted = replayed_errors(poses, latency_s)
    return {
        "rate_hz": RATE_HZ,
        "latency_ms": round(latency_s * 1e3, 1),
        "held_mm": _figures(held),
        "predicted_mm": _figures(predicted),
    }


def live_poses(raws: list[RawMotion], camera: Intrinsics, height_m: float) -> list[Pose]:
    """Return every pose of a clip, solved as in a live run."""
    solver = real_factories().make_solver(camera, height_m)
    return [pose for pose in map(solver.solve, raws) if pose is not None]


def live_motion(config: Config, clip: Path) -> tuple[list[RawMotion], Intrinsics]:
    """Return the network's answer for each of the clip's first frames that shows a person, and the camera.

    Raises VtmError.
    """
    factories, raws = real_factories(), []
    source = open_file(clip, paced=False)
    detector = factories.make_detector(
        config.detector, size=config.detector_size, threads=worker_threads()[0], on_message=_quiet
    )
    runtime = factories.load_runtime(config.backend, threads=worker_threads()[1], on_message=_quiet)
    try:
        camera = intrinsics_for(config, source.image_size)
        window = factories.make_window(runtime.config, camera)
        while (frame := source.read()) is not None and frame.frame_id < MOST_FRAMES:
            seen = detector.detect(frame)
            detector.look_round(frame)
            if not isinstance(seen, Keypoints2D):
                continue
            window.push(seen)
            view = window.window()
            if view is not None:
                raws.append(runtime.lift(view, camera))
    finally:
        runtime.close()
        detector.close()
        source.close()
    return raws, camera


def _quiet(_text: str) -> None:
    """Ignore the message: the measurement of the chain has already shown it."""


def replayed_errors(poses: list[Pose], latency_s: float, rate_hz: float = RATE_HZ) -> tuple[F64, F64]:
    """Return the error in metres (ticks,) of the newest known pose and of the predicted one."""
    times = np.array([pose.captured_at_s for pose in poses])
    joints = np.stack([pose.joints_world_m for pose in poses]).astype(np.float64)  # (N, 22, 3)
    predictor, known = Predictor(), 0
    held, predicted = [], []
    for now_s in np.arange(times[0] + latency_s, times[-1], 1.0 / rate_hz):
        while times[known] + latency_s <= now_s:
            predictor.push(poses[known], times[known] + latency_s)
            known += 1
        shown = predictor.at(now_s)
        if shown is None or now_s < times[0] + _SETTLED_S:
            continue
        later = int(np.searchsorted(times, now_s))
        share = (now_s - times[later - 1]) / (times[later] - times[later - 1])
        true = joints[later - 1] * (1.0 - share) + joints[later] * share
        held.append(_distance(joints[known - 1], true))
        predicted.append(_distance(shown.joints_world_m, true))
    return np.array(held), np.array(predicted)


def _distance(found: Any, true: F64) -> float:
    return float(np.linalg.norm(found - true, axis=-1).mean())


def _figures(errors_m: F64) -> dict[str, float]:
    return {"mean": round(float(errors_m.mean()) * 1e3, 1), "p95": round(float(np.percentile(errors_m, 95)) * 1e3, 1)}
