"""`python -m app.commands.compare_views`: compare two cameras with ground truth, on rendered pairs of one motion.

Every motion is rendered from VIEWS with render_humans, the same person in the same room; existing clips are kept. Then
each view is paired with the first one. Nothing else imports this.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.terminal import say
from engine.compare import track_from
from engine.config import Config
from engine.convert import observe
from engine.errors import InputError, VtmError
from engine.viewpoints.pair_errors import PairErrors, TrueView, pair_errors
from engine.viewpoints.track import Track
from models.npz import NpzError, read_npz

VIEWS = (0, 30, 60, 90, 120, 180)
"""Yaw of each view relative to the first camera, degrees."""
_PITCH_DEG = 6
_FIRST_YAWS = (345, 20, 0)
_TARGETS = "targets: angle off 5 in the median and 10 at worst; ours over the detector's 0.65; mean over single 0.85"


def render_views(renderer: Path, assets: Path | None, motions: Sequence[Path], out: Path, frames: int) -> None:
    """Render the missing views: OUT/MOTION/DEGREES/*.mp4 with ground truth. Raises VtmError when the renderer fails."""
    for number, motion in enumerate(motions):
        for view in VIEWS:
            folder = out / motion.stem / f"{view:03d}"
            if list(folder.glob("*_truth.npz")):
                continue
            yaw = (_FIRST_YAWS[number % len(_FIRST_YAWS)] + view) % 360
            command = [
                sys.executable,
                str(renderer / "render_humans.py"),
                "--motion",
                str(motion),
                "--out",
                str(folder),
            ]
            command += ["--frames", str(frames), "--start", "4", "--yaw", str(yaw), "--pitch", str(_PITCH_DEG)]
            command += ["--seed", str(41 + 11 * number), *(["--assets", str(assets)] if assets else [])]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise VtmError(f"the renderer failed on {motion}: {done.stderr.strip()[-300:]}")
            say(f"vtm: rendered {folder}")


def read_view(folder: Path) -> tuple[Track, TrueView]:
    """Track a view's clip, every frame, with its true lens and height. Raises VtmError."""
    truths = sorted(folder.glob("*_truth.npz"))
    if len(truths) != 1:
        raise InputError(f"{folder} holds {len(truths)} clips with ground truth, expected 1: render it again")
    try:
        truth = read_npz(truths[0])
        config = Config(
            hfov_deg=float(truth["hfov"]), height_m=float(truth["height_m"]), rotate_deg=0, hands="off", face="off"
        )
        true = TrueView(truth["joints_cam_m"].astype(np.float64), truth["R"].astype(np.float64))
    except (NpzError, KeyError) as error:
        raise InputError(f"{truths[0]} is not ground truth of render_humans ({error}): render it again") from error
    return track_from(observe(truths[0].with_name(truths[0].name.replace("_truth.npz", ".mp4")), config)), true


def measure_views(folder: Path) -> list[tuple[str, PairErrors]]:
    """Pair each motion's views with its first one and return their errors. Raises VtmError."""
    rows = []
    for motion in sorted(path for path in folder.iterdir() if path.is_dir()):
        views = [read_view(view) for view in sorted(motion.iterdir())]
        for track, true in views[1:]:
            errors = pair_errors(views[0][0], track, views[0][1], true)
            rows.append((motion.name, errors))
            say(f"vtm: {line_of(motion.name, errors)}")
    if not rows:
        raise InputError(f"{folder} contains no rendered views: give --renderer DIR and --motion FILE.bvh")
    return rows


def line_of(name: str, errors: PairErrors) -> str:
    """Return one pair's errors as a line."""
    return (
        f"{name} at {errors.true_angle_deg:3.0f}: found {errors.angle_deg:5.1f}, clocks {errors.skew_s * 1e3:+.0f} ms, "
        f"apart {errors.ours_mm:3.0f}, detector's {errors.detector_mm:3.0f}, errors A {errors.a_mm:3.0f} "
        f"B {errors.b_mm:3.0f} mean of both {errors.fused_mm:3.0f} mm"
    )


def summary(rows: Sequence[PairErrors]) -> dict[str, float]:
    """Return the summary over all pairs."""
    off = np.array([row.angle_off_deg for row in rows])
    return {
        "pairs": len(rows),
        "angle_off_median_deg": round(float(np.median(off)), 2),
        "angle_off_worst_deg": round(float(off.max()), 2),
        "skew_worst_s": round(max(abs(row.skew_s) for row in rows), 4),
        "ours_over_detector": round(float(np.mean([row.ours_mm / row.detector_mm for row in rows])), 3),
        "fused_over_single": round(sum(r.fused_mm for r in rows) / sum((r.a_mm + r.b_mm) / 2 for r in rows), 3),
        "fused_over_first": round(sum(r.fused_mm for r in rows) / sum(r.a_mm for r in rows), 3),
    }


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.commands.compare_views", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of the views")
    parser.add_argument("--renderer", type=Path, help="folder of render_humans.py: render what is missing first")
    parser.add_argument("--assets", type=Path, help="where the renderer unpacks its body assets (default: beside it)")
    parser.add_argument("--motion", type=Path, nargs="+", default=[], metavar="FILE.bvh", help="one person each")
    parser.add_argument("--frames", type=int, default=270, help="frames per view; default %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all pairs and the summary")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    args = _arguments(argv)
    try:
        if args.renderer is not None:
            render_views(args.renderer, args.assets, args.motion, args.folder, args.frames)
        rows = measure_views(args.folder)
    except (VtmError, OSError) as error:
        say(f"vtm: {error}")
        return 1
    figures = summary([errors for _, errors in rows])
    say(f"vtm: {figures}; {_TARGETS}")
    if args.json is not None:
        pairs = [{"motion": name, **dataclasses.asdict(errors)} for name, errors in rows]
        args.json.write_text(json.dumps({"summary": figures, "pairs": pairs}, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
