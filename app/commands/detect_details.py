"""`python -m app.commands.detect_details VIDEO OUT.npz`: save hands and face of every frame, for models.evaluate.

Arrays for N frames; left and right are the person's own; camera axes: x right, y down, z forward:

    fps, image_size      frame rate, (width, height)
    body_seen            (N,) bool
    hand_at              (N, 2) index of the frame that a hand's view comes from, -1 without one
    hand_points_px       (N, 2, 21, 3), hand_size_px (N, 2)
    hand_rotation_cam    (N, 2, 3, 3) from the T-pose hand; NaN without a view
    palm_believed        (N, 2) bool: this view may turn the wrist (engine/solver/palm_gate.py)
    fingers_xyzw         (N, 2, 15, 4) local to the parent bones, after limits and gain
    face_at              (N,) like hand_at; face_size_px (N,)
    head_rotation_cam    (N, 3, 3) relative to a head that looks along -z, where the camera looks along +z
    expression           (N, 52), gaze_rad (N, 2) left, down; NaN while the eyes are closed
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.commands.arrays_file import write_arrays
from engine.config import DEFAULT_HFOV_DEG
from engine.details.choose import make_details
from engine.details.reader import DetailsReader
from engine.details.weights import BY_HAND_SIZE
from engine.errors import DetectorError, VtmError
from engine.pose2d.choose import make_detector
from engine.pose2d.weights import BY_SIZE
from engine.solver.face import (
    RestingFace,
    blink_scores,
    closed_lids,
    expression,
    gaze,
    head_rotation,
    lid_gaps,
    resting_face,
)
from engine.solver.hands import finger_rotations
from engine.solver.lids import LearnedLids
from engine.solver.palm_gate import PalmGate
from engine.sources.open_source import open_source
from engine.types import Details, FaceView, HandView, Keypoints2D
from models.camera import Intrinsics
from models.face import NUM_EXPRESSIONS
from models.fingers import NUM_FINGER_BONES, NUM_HAND_POINTS
from models.hand_geometry import hand_rotation

Row = dict[str, Any]


@dataclass(slots=True)
class _Solved:
    """What is remembered from frame to frame: of the palms, of open lids, of the face at rest."""

    lens: Intrinsics
    rest_frames: int  # so many show the face at rest; 0: nobody calibrates
    lids: LearnedLids = field(default_factory=LearnedLids)
    palms: tuple[PalmGate, PalmGate] = field(default_factory=lambda: (PalmGate(), PalmGate()))
    resting: list[FaceView] = field(default_factory=list)
    rest: RestingFace | None = None


def detect_details(
    video: str,
    *,
    hand_size: str = "full",
    body_size: str = "full",
    turns: bool = False,
    hfov_deg: float = DEFAULT_HFOV_DEG,
    rest_frames: int = 0,
    threads: int = 1,
) -> dict[str, NDArray[Any]]:
    """Return the arrays for a video. Raises VtmError.

    turns        one network call per frame, as in live use; else both hands and the face in every frame, as in
                 conversion
    hfov_deg     field of view of the picture's longer side
    rest_frames  frames at the start that show the face at rest, to calibrate on
    """
    source = open_source(video, paced=False)
    rows: list[Row] = []
    first = 0
    try:
        detector = make_detector("blazepose", size=body_size, threads=threads, on_message=lambda _text: None)
        try:
            reader = _reader(hand_size, threads)
            solved: _Solved | None = None
            while not source.ended:
                frame = source.read()
                if frame is None:
                    continue
                body = detector.detect(frame)
                if isinstance(body, Keypoints2D):
                    details = (reader.read if turns else reader.read_all)(frame, body)
                else:
                    reader.reset()
                    details = Details(frame.frame_id, frame.captured_at_s)
                size = frame.image_size
                first = frame.frame_id if not rows else first
                solved = solved or _Solved(Intrinsics.from_hfov(size, math.radians(hfov_deg)), rest_frames)
                _calibrate(solved, details.face, len(rows))
                rows.append(_row(details, isinstance(body, Keypoints2D), solved))
        finally:
            detector.close()
        if not rows:
            raise DetectorError(f"{video} contains no frames")
        arrays = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
        for name in ("hand_at", "face_at"):
            arrays[name] = np.where(arrays[name] < 0, -1, arrays[name] - first)
        return arrays | {"fps": np.array(source.fps), "image_size": np.array(size)}
    finally:
        source.close()


def _reader(hand_size: str, threads: int) -> DetailsReader:
    """Open the networks. Raises DetectorError when one is missing, since half an evaluation is useless."""
    missing: list[str] = []
    reader = make_details(hands=True, face=True, hand_size=hand_size, threads=threads, on_message=missing.append)
    if reader is None or missing:
        raise DetectorError("; ".join(missing))
    return reader


def _calibrate(solved: _Solved, view: FaceView | None, row: int) -> None:
    """Take the face at rest from the first frames. Not the head's: a rendered one need not look at the camera."""
    if view is not None and row < solved.rest_frames:
        solved.resting.append(view)
    if row == solved.rest_frames and solved.resting:
        rest = resting_face(solved.resting)
        solved.rest = None if rest is None else replace(rest, head=np.eye(3))


def _row(details: Details, seen: bool, solved: _Solved) -> Row:
    hands = [_hand(view, side, solved) for side, view in enumerate((details.left, details.right))]
    row: Row = {name: np.stack([hand[name] for hand in hands]) for name in hands[0]}
    return row | _face(details.face, solved) | {"body_seen": np.bool_(seen)}


def _hand(view: HandView | None, side: int, solved: _Solved) -> Row:
    row: Row = {
        "hand_at": np.int64(-1),
        "hand_points_px": np.full((NUM_HAND_POINTS, 3), np.nan, np.float32),
        "hand_size_px": np.float32(np.nan),
        "hand_rotation_cam": np.full((3, 3), np.nan),
        "palm_believed": np.bool_(False),
        "fingers_xyzw": np.full((NUM_FINGER_BONES, 4), np.nan, np.float32),
    }
    if view is None:
        return row
    points = view.world_m.astype(np.float64) @ solved.lens.view_rotation(view.points_px[:, :2].mean(0)).T
    turned = hand_rotation(points, side)
    row |= {
        "hand_at": np.int64(view.frame_id),
        "hand_points_px": view.points_px,
        "hand_size_px": np.float32(view.size_px),
    }
    if turned is not None:
        row |= {
            "hand_rotation_cam": turned,
            "palm_believed": np.bool_(solved.palms[side].accepts(view, side, turned)),
            "fingers_xyzw": finger_rotations(points @ turned, side),
        }
    return row


def _face(view: FaceView | None, solved: _Solved) -> Row:
    row: Row = {
        "face_at": np.int64(-1),
        "face_size_px": np.float32(np.nan),
        "head_rotation_cam": np.full((3, 3), np.nan),
        "expression": np.full(NUM_EXPRESSIONS, np.nan, np.float32),
        "gaze_rad": np.full(2, np.nan),
    }
    if view is None:
        return row
    ahead = solved.lens.view_rotation(view.points_px[:, :2].mean(0))
    opened = solved.lids.see(lid_gaps(view.points_px), blink_scores(view.scores))
    closed = closed_lids(view.points_px, view.scores, solved.rest, opened)
    head, looks = head_rotation(view.points_px, ahead), gaze(view.points_px, solved.rest, closed)
    row |= {
        "face_at": np.int64(view.frame_id),
        "face_size_px": np.float32(view.size_px),
        "expression": expression(view.points_px, view.scores, solved.rest, closed),
    }
    return row | ({} if head is None else {"head_rotation_cam": head}) | ({} if looks is None else {"gaze_rad": looks})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m app.commands.detect_details", description=__doc__)
    parser.add_argument("video")
    parser.add_argument("out", type=Path)
    parser.add_argument("--hand-size", choices=tuple(BY_HAND_SIZE), default="full", help="default %(default)s")
    parser.add_argument("--detector-size", choices=tuple(BY_SIZE), default="full", help="default %(default)s")
    parser.add_argument("--turns", action="store_true", help="one network call per frame, as in live use")
    parser.add_argument(
        "--hfov", type=float, default=DEFAULT_HFOV_DEG, help="field of view of the longer side, degrees"
    )
    parser.add_argument(
        "--rest-frames", type=int, default=0, help="calibrate the face on this many frames at the start"
    )
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args(argv)
    try:
        arrays = detect_details(
            args.video,
            hand_size=args.hand_size,
            body_size=args.detector_size,
            turns=args.turns,
            hfov_deg=args.hfov,
            rest_frames=args.rest_frames,
            threads=args.threads,
        )
        write_arrays(args.out, arrays)
    except (VtmError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code if isinstance(error, VtmError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
