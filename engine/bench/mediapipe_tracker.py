"""Times mediapipe's own pose tracker on a clip, frame by frame; run by the Python that mediapipe is installed for.

    PYTHON engine/bench/mediapipe_tracker.py CLIP SECONDS [MODEL.task]

Prints one line of JSON. Imports nothing of this project. Decoding and colours are part of a frame's rate, as in any
program with this tracker, and not of its time.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

WARM_UP_FRAMES = 20
_FRAME_MS = 33  # of the clip's time, per frame

Track = Callable[[Any], bool]


def frames(clip: str) -> Iterator[Any]:
    """Yield the clip's pictures as RGB, over and over."""
    import cv2

    while True:
        capture = cv2.VideoCapture(clip)
        read = False
        while (found := capture.read())[0]:
            read = True
            yield cv2.cvtColor(found[1], cv2.COLOR_BGR2RGB)
        capture.release()
        if not read:
            raise SystemExit(f"{clip} holds no picture that OpenCV can decode")


def tracker(model: str) -> Track:
    """Return a function from a picture to whether somebody was found: full model, smoothed, no mask."""
    import mediapipe

    if model:
        return _landmarker(mediapipe, model)
    try:
        from mediapipe.python.solutions.pose import Pose
    except ImportError:
        raise SystemExit(
            f"mediapipe {mediapipe.__version__} brings no network: name pose_landmarker_full.task with "
            "--against-model, or install mediapipe==0.10.21"
        ) from None
    pose = Pose(model_complexity=1)
    return lambda rgb: pose.process(rgb).pose_landmarks is not None


def _landmarker(mediapipe: Any, model: str) -> Track:
    """Return the same with the interface of newer releases."""
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=model), running_mode=vision.RunningMode.VIDEO
    )
    landmarker = vision.PoseLandmarker.create_from_options(options)
    shown_ms = iter(range(0, sys.maxsize, _FRAME_MS))

    def track(rgb: Any) -> bool:
        picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb)
        return bool(landmarker.detect_for_video(picture, next(shown_ms)).pose_landmarks)

    return track


def measure(pictures: Iterator[Any], track: Track, seconds: float) -> dict[str, Any]:
    """Return frames per second, processor time of the process and p50, p95, p99 of the tracker's time in ms."""
    for _ in range(WARM_UP_FRAMES):
        track(next(pictures))
    times, found = [], 0
    began_s, worked_s = time.perf_counter(), time.process_time()
    while time.perf_counter() - began_s < seconds:
        rgb = next(pictures)
        started_s = time.perf_counter()
        found += track(rgb)
        times.append(time.perf_counter() - started_s)
    took_s, worked_s = time.perf_counter() - began_s, time.process_time() - worked_s
    times.sort()
    at = {name: times[min(len(times) - 1, int(part * len(times)))] for name, part in _PERCENTILES.items()}
    return {
        "fps": len(times) / took_s,
        "cpu_ms": 1e3 * worked_s / len(times),
        "frame_ms": {name: 1e3 * value for name, value in at.items()},
        "found": found / len(times),
    }


_PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def main(clip: str, seconds: str, model: str = "") -> None:
    """Measure and print."""
    import mediapipe

    found = measure(frames(clip), tracker(model), float(seconds))
    sys.stdout.write(json.dumps(found | {"version": mediapipe.__version__}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
