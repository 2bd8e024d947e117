"""`python -m app.commands.measured_builds SHARDS`: arms and legs as calibration measures them, against the truth.

SHARDS holds pairs of the kind "hold" (`python -m app.commands.render_pairs --kinds hold --frames 36 --out SHARDS`):
people of varied build in a T- or A-pose, each through BlazePose full and heavy. Every clip goes through window,
network, solver and `HoldMeasure`, as when somebody calibrates. Nothing else imports this.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.terminal import say
from engine.errors import VtmError
from engine.keypoints_file import keypoints_of
from engine.solver import Solver
from engine.solver.measuring import LENGTHS, HoldMeasure
from engine.types import F64, Keypoints2D
from engine.vtm.choose import load_runtime
from engine.vtm.weights import WEIGHTS
from engine.window import WindowBuilder
from models.npz import NpzError
from models.skeleton import JOINT
from models.training.pair_shards import PairClip, find_shards, read_shard

_ENDS = {
    "upper arm": ("UpperArm", "LowerArm"),
    "forearm": ("LowerArm", "Hand"),
    "thigh": ("UpperLeg", "LowerLeg"),
    "shank": ("LowerLeg", "Foot"),
}


def true_lengths(clip: PairClip) -> F64:
    """(4,) of LENGTHS: bones over the standing height, mean of both sides."""
    rest, height_m = clip.truth["rest_joints_m"], float(clip.truth["height_m"])
    return np.array(
        [
            np.mean([np.linalg.norm(rest[JOINT[side + a]] - rest[JOINT[side + b]]) for side in ("Left", "Right")])
            for a, b in (_ENDS[name] for name in LENGTHS)
        ]
    ) / np.float64(height_m)


def measured_lengths(clip: PairClip, detector: str, weights: Path) -> F64 | str:
    """(4,) of LENGTHS as calibration would measure them, or why it would not. The lens and the height are known."""
    found, width_height, fps = clip.found[detector], clip.truth["size"], clip.truth["fps"]
    arrays = {name: found[name] for name in ("keypoints_px", "keypoint_scores", "evidence_m")}
    file = keypoints_of(arrays | {"fps": fps, "image_size": width_height, "intrinsics": clip.truth["K"]})
    assert file.intrinsics is not None
    runtime = load_runtime("cpu", on_message=lambda _: None, path=weights)
    window, hold = WindowBuilder(runtime.config, file.intrinsics), HoldMeasure()
    solver = Solver(file.intrinsics, float(clip.truth["height_m"]))
    for detection in file.detections():
        if isinstance(detection, Keypoints2D):
            window.push(detection)
            view = window.window()
            hold.push(detection, None if view is None else solver.solve(runtime.lift(view, file.intrinsics)))
    runtime.close()
    result = hold.result()
    return result if isinstance(result, str) else np.array(result)


def table(shards: Path, weights: Path) -> list[str]:
    """Lines: per detector the clips measured, then each length's correlation, mean and error. Raises NpzError."""
    clips = [clip for shard in find_shards(shards) for clip in read_shard(shard) if clip.kind == "hold"]
    lines = []
    for detector in clips[0].found if clips else ():
        measured = [(measured_lengths(clip, detector, weights), true_lengths(clip)) for clip in clips]
        good = [(found, true) for found, true in measured if not isinstance(found, str)]
        reasons = [found for found, _ in measured if isinstance(found, str)]
        lines.append(f"{detector}: measured {len(good)} of {len(clips)} people")
        lines += [f"  not measured: {reasons.count(reason)} x {reason}" for reason in sorted(set(reasons))]
        lines += _length_lines(good) if len(good) > 2 else []
    return lines


def _length_lines(good: Sequence[tuple[F64, F64]]) -> list[str]:
    found, true = (np.array([pair[at] for pair in good]) for at in (0, 1))
    return [
        f"  {name:<10} correlation {np.corrcoef(found[:, k], true[:, k])[0, 1]:.2f}, mean length "
        f"{100 * (found[:, k].mean() / true[:, k].mean() - 1):+.1f} %, error {100 * _mean_error(found, true, k):.1f} %"
        for k, name in enumerate(LENGTHS)
    ]


def _mean_error(found: F64, true: F64, k: int) -> float:
    return float(np.abs(found[:, k] / true[:, k] - 1).mean())


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m app.commands.measured_builds", description=__doc__)
    parser.add_argument("shards", type=Path, help='folder of pairs of the kind "hold"')
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="default: the shipped ones")
    args = parser.parse_args(argv)
    try:
        lines = table(args.shards, args.weights)
    except (VtmError, NpzError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    if not lines:
        sys.stderr.write(
            f"error: no clips of the kind hold in {args.shards}; make them with render_pairs --kinds hold\n"
        )
        return 1
    for line in lines:
        say(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
