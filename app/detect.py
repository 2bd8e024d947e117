"""`python -m app.detect VIDEO OUT.npz`: a detector's keypoints of every frame, as a keypoints .npz with its evidence.

For training and evaluation, which know no detector, and for running `vtm convert` many times on one video.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.camera import open_source
from engine.errors import VtmError
from engine.pose2d.choose import make_detector
from engine.types import Detection, Keypoints2D
from models.keypoints import NUM_EVIDENCE, NUM_KEYPOINTS


def detect_all(video: str, detector_name: str, threads: int) -> dict[str, NDArray[Any]]:
    """Every frame of a video -> the arrays of a keypoints .npz; without a person: score 0, NaN evidence."""
    source = open_source(video, paced=False)
    try:
        detector = make_detector(detector_name, threads=threads, on_message=lambda _text: None)
        try:
            found: list[Detection] = []
            while not source.ended:
                frame = source.read()
                if frame is not None:
                    found.append(detector.detect(frame))
        finally:
            detector.close()
        return _arrays(found, source.fps)
    finally:
        source.close()


def _arrays(found: list[Detection], fps: float) -> dict[str, NDArray[Any]]:
    points = np.zeros((len(found), NUM_KEYPOINTS, 2), np.float32)
    scores = np.zeros((len(found), NUM_KEYPOINTS), np.float32)
    evidence = np.full((len(found), NUM_EVIDENCE, 3), np.nan, np.float32)
    for row, detection in enumerate(found):
        if isinstance(detection, Keypoints2D):
            points[row], scores[row] = detection.points_px, detection.scores
            if detection.evidence_m is not None:
                evidence[row] = detection.evidence_m
    size = np.array(found[0].image_size if found else (0, 0))
    return {
        "keypoints_px": points,
        "keypoint_scores": scores,
        "evidence_m": evidence,
        "fps": np.array(fps),
        "image_size": size,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m app.detect", description=__doc__)
    parser.add_argument("video")
    parser.add_argument("out", type=Path)
    parser.add_argument("--detector", default="blazepose")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args(argv)
    started_s = time.perf_counter()
    try:
        arrays = detect_all(args.video, args.detector, args.threads)
        partial = args.out.with_suffix(".partial")
        with partial.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        partial.replace(args.out)
    except (VtmError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    frames = len(arrays["keypoints_px"])
    sys.stderr.write(f"{args.out}: {frames} frames in {time.perf_counter() - started_s:.1f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
