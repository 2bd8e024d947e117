"""`python -m models.evaluate`: accuracy tables of the shipped weights, for people or as --json."""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.evaluation.clips import ClipError, evaluate_clip, read_clip
from models.evaluation.predict import WEIGHTS, PredictError, Predictor

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "app" / "assets"

log = logging.getLogger("models.evaluate")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m models.evaluate", description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="exported .onnx with its .json beside it")
    parser.add_argument("--mocap", type=Path, default=ROOT.parent / "shared" / "data" / "mocap", help="mocap clips")
    parser.add_argument("--cache", type=Path, default=ROOT / "runs" / "mocap.npz", help="compact cache of the clips")
    parser.add_argument("--windows", type=int, default=2000, help="validation windows")
    parser.add_argument("--clips", type=Path, action="append", help="folder of NAME.mp4 with NAME_truth.npz")
    parser.add_argument("--detections", type=Path, default=ROOT / "runs" / "detections", help="cache of detections")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args(argv)


def _detections(video: Path, folder: Path) -> Path:
    """The detector's keypoints of a video, made once (by the app, since models/ knows no detector)."""
    out = folder / f"{video.stem}.npz"
    if not out.exists() or out.stat().st_mtime < video.stat().st_mtime:
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "app.detect", str(video), str(out)], cwd=ROOT, capture_output=True, text=True
        )
        if done.returncode:
            raise ClipError(f"{video}: the detector failed: {done.stderr.strip()[-300:]}")
    return out


def _evaluate_clips(predictor: Predictor, folder: Path, detections: Path) -> dict[str, Any]:
    tables = {}
    for truth in sorted(folder.glob("*_truth.npz")):
        video = truth.with_name(truth.name.replace("_truth.npz", ".mp4"))
        tables[video.stem] = evaluate_clip(predictor, read_clip(_detections(video, detections), truth))
    if not tables:
        raise ClipError(f"{folder}: no NAME_truth.npz beside a NAME.mp4")
    return tables


def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    """All tables that the data at hand allow."""
    predictor = Predictor(args.weights)
    tables: dict[str, Any] = {"weights": str(args.weights.name), "config": predictor.config.to_dict()}
    if args.cache.exists() or args.mocap.is_dir():
        from models.evaluation.mocap import evaluate_mocap  # needs torch
        from models.mocap.library import open_library

        tables["mocap"] = evaluate_mocap(predictor, open_library(args.mocap, args.cache), args.windows)
    else:
        log.warning("no mocap at %s: the validation table is left out; pass --mocap FOLDER", args.mocap)
    tables["clips"] = {}
    for folder in args.clips or [DEMO]:
        tables["clips"] |= _evaluate_clips(predictor, folder, args.detections)
    return tables


def _row(name: str, values: dict[str, Any]) -> str:
    limbs = values["limbs"]
    cells = [f"{limbs[key]:8.1f}" for key in ("mpjpe_mm", "n_mpjpe_mm", "pa_mpjpe_mm")]
    extra = [f"{values[key]:8.1f}" if key in values else " " * 8 for key in ("angle_deg", "hips_deg", "jitter")]
    return f"  {name:28s}" + "".join(cells + extra)


def report(tables: dict[str, Any]) -> str:
    """The tables as text."""
    head = f"  {'12 limb joints, mm':28s}" + "".join(
        f"{name:>8s}" for name in ("MPJPE", "N-", "PA-", "angle°", "hips°", "jitter")
    )
    lines = []
    if "mocap" in tables:
        mocap = tables["mocap"]
        lines += [f"Validation split, {mocap['windows']} windows, last frame", head]
        for name in [key for key in mocap if key != "windows"]:
            lines.append(_row(name.replace("_", " "), mocap[name]))
            values = mocap[name]
            lines.append(
                f"    22 joints {values['all_joints']['mpjpe_mm']:.1f} mm, bone lengths"
                f" {values['bone_length_percent']:.1f} %, depth {values['depth_percent']:.1f} %,"
                f" worst/best viewpoint {values['viewpoints_mm']['worst_over_best']}"
            )
    for name, table in tables["clips"].items():
        lines += [f"{name}: {table['seen']} of {table['frames']} frames seen by the detector", head]
        lines += [_row(peer.replace("_", " "), table[peer]) for peer in table if isinstance(table[peer], dict)]
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    args = _arguments(argv)
    try:
        tables = evaluate(args)
    except (PredictError, ClipError, ValueError, OSError) as error:
        log.error("error: %s", error)
        return 1
    sys.stdout.write((json.dumps(tables, indent=2) if args.json else report(tables)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
