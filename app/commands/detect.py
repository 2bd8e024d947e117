"""`python -m app.commands.detect VIDEO OUT.npz`: save every frame's keypoints and landmarks as a keypoints .npz.

For training and evaluation, which use no detector, and for running `vtm convert` repeatedly on one video. With
`--features resnet18` also `visual_features (N,16,512)`, float16: features of the person's crop from the paper's
backbone (models.vtm.evidence), NaN without a person; and `visual_backbone`, the identifier of that backbone.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.commands.arrays_file import write_arrays
from engine.errors import UsageError, VtmError
from engine.pose2d.base import Detector
from engine.pose2d.choose import make_detector
from engine.pose2d.weights import BY_SIZE
from engine.sources.open_source import open_source
from engine.types import Detection, Keypoints2D
from engine.visual.backbone import Backbone
from engine.visual.detector import VisualDetector
from engine.vtm.weights import WEIGHTS
from models.keypoints import NUM_EVIDENCE, NUM_KEYPOINTS
from models.vtm.evidence import BACKBONE_FILE, evidence_shape

FEATURES = ("resnet18",)
_ROWS, _NUMBERS = evidence_shape("resnet18")


def detect_all(
    video: str, detector_name: str, threads: int, backbone: Backbone | None = None, size: str = "full"
) -> dict[str, NDArray[Any]]:
    """Return the arrays of a keypoints .npz for every frame of a video; without a person: score 0, NaN evidence."""
    source = open_source(video, paced=False)
    try:
        detector: Detector = make_detector(detector_name, size=size, threads=threads, on_message=lambda _text: None)
        if backbone is not None:
            detector = VisualDetector(detector, backbone)
        try:
            found: list[Detection] = []
            maps: list[NDArray[np.float16]] = []
            while not source.ended:
                frame = source.read()
                if frame is not None:
                    detection = detector.detect(frame)
                    detector.look_round(frame)
                    if backbone is not None:
                        maps.append(_map(detection))
                        detection = _without_map(detection)
                    found.append(detection)
        finally:
            detector.close()
        arrays = keypoint_arrays(found, source.fps)
        if backbone is not None:
            arrays["visual_features"] = np.stack(maps) if maps else np.zeros((0, _ROWS, _NUMBERS - 1), np.float16)
            arrays["visual_backbone"] = np.array(backbone.fingerprint)
        return arrays
    finally:
        source.close()


def _map(detection: Detection) -> NDArray[np.float16]:
    """Return a feature map (16, 512) in half precision, to save memory in a long video."""
    features = detection.features if isinstance(detection, Keypoints2D) else None
    if features is None:
        return np.full((_ROWS, _NUMBERS - 1), np.nan, np.float16)
    return features.astype(np.float16)


def _without_map(detection: Detection) -> Detection:
    return replace(detection, features=None) if isinstance(detection, Keypoints2D) else detection


def _open_backbone(features: str | None, weights: Path, threads: int) -> Backbone | None:
    """Open the backbone, if one is requested. Raises UsageError, ModelError."""
    if features is None:
        return None
    if weights.suffix in (".pth", ".pt"):
        make = f"python -m models.export_backbone --backbone-weights {weights} --out {BACKBONE_FILE}"
        raise UsageError(f"{weights} holds torch's weights, expected the backbone's ONNX; create it: {make}")
    return Backbone(weights, threads)


def keypoint_arrays(found: list[Detection], fps: float) -> dict[str, NDArray[Any]]:
    """Return the arrays of a keypoints .npz for a clip's detections; without a person: score 0, NaN evidence."""
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
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m app.commands.detect", description=__doc__)
    parser.add_argument("video")
    parser.add_argument("out", type=Path)
    parser.add_argument("--detector", default="blazepose")
    parser.add_argument("--detector-size", choices=tuple(BY_SIZE), default="full", help="default %(default)s")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--features", choices=FEATURES, help="also store this backbone's features of the crop")
    parser.add_argument(
        "--backbone-weights", type=Path, default=WEIGHTS.with_name(BACKBONE_FILE), help="ONNX; default %(default)s"
    )
    args = parser.parse_args(argv)
    started_s = time.perf_counter()
    try:
        backbone = _open_backbone(args.features, args.backbone_weights, args.threads)
        arrays = detect_all(args.video, args.detector, args.threads, backbone, args.detector_size)
        write_arrays(args.out, arrays)
    except (VtmError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code if isinstance(error, VtmError) else 1
    frames = len(arrays["keypoints_px"])
    sys.stderr.write(f"{args.out}: {frames} frames in {time.perf_counter() - started_s:.1f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
