"""`python -m app.commands.seen_table FOLDER VIDEO…`: what is shown of upper bodies, and how still somebody stands.

Clips with a truth beside them (NAME_truth.npz of render_humans) are also cut at waist and shoulders. Keypoints are
found once and kept in FOLDER; after that other weights or another solver take a minute. Each clip's picture is held for
three seconds, too, with fresh noise in every frame: nobody moves then. The tables are Markdown.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.commands.seen_clips import CUTS, SeenClip, held_clip, live_take, seen_clips
from app.commands.seen_sheets import write_sheet
from app.commands.seen_views import VIEWS, Ups
from app.terminal import say
from engine.bench.seen_figures import TrueMotion, held_figures, stillness_figures, upper_body_figures
from engine.errors import InputError, VtmError
from engine.motion.npz import read_motion_npz, write_motion_npz
from engine.motion.take import MotionTake
from engine.pose2d.weights import BY_SIZE

Figures = dict[str, float | None]
_UPPER = {
    "thigh_over_45_percent": "thigh > 45°, %",
    "hips_range_m": "hips' range, m",
    "legs_confidence": "legs' confidence",
    "lean_off_deg": "lean off, °",
    "arms_to_hips_mm": "arms to hips, mm",
    "arms_to_neck_mm": "arms to neck, mm",
    "up_off_deg": "up off, °",
    "head_roll_slope": "head roll slope",
    "head_yaw_slope": "head yaw slope",
    "head_yaw_off_deg": "head yaw off, °",
}
_STILL = {
    "still_frames": "frames below 1 px",
    "still_mm": "joint there, mm/frame",
    "true_still_mm": "truth there",
    "held_mm": "held picture, mm/frame",
    "to_go_mm": "to go after 1 s, mm",
    "slide_mm": "slide mean, mm/frame",
    "slide_median_mm": "slide median",
    "lowest_toe_mm": "lowest toe, mm",
    "delay_ms": "delay, ms",
    "jitter": "jitter",
}


def table(title: str, columns: dict[str, str], rows: dict[str, Figures]) -> str:
    """Return a Markdown table with a row per clip; what is not known is a dash."""
    lines = [f"| {title} | {' | '.join(columns.values())} |", f"|{' --- |' * (len(columns) + 1)}"]
    for name, row in rows.items():
        cells = [_cell(row.get(column)) for column in columns]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _take(clip: SeenClip, args: argparse.Namespace) -> MotionTake:
    """Return a clip's take: solved now, or another version's. Raises VtmError."""
    if args.takes is not None:
        return read_motion_npz(args.takes / f"{clip.name}.npz")
    take = live_take(clip, body=args.body, every=args.every)
    if args.save is not None:
        args.save.mkdir(parents=True, exist_ok=True)
        write_motion_npz(args.save / f"{clip.name}.npz", take)
    return take


def _face_take(clip: SeenClip, args: argparse.Namespace) -> MotionTake | None:
    """Return the clip's take with the head from the face network; None: not given. Raises VtmError."""
    if args.faces is None or clip.cut or args.every > 1:
        return None
    path = args.faces / f"{clip.name}.npz"
    return read_motion_npz(path) if path.exists() else None


def _true(clip: SeenClip, every: int) -> TrueMotion | None:
    if clip.truth is None:
        return None
    heads = clip.truth.heads_cam
    return TrueMotion(
        clip.truth.joints_cam_m[::every], clip.truth.R_world_cam[1], None if heads is None else heads[::every]
    )


def measure(args: argparse.Namespace) -> tuple[dict[str, Figures], dict[str, Figures], dict[str, Figures]]:
    """Return the rows of the three tables. Raises VtmError."""
    args.folder.mkdir(parents=True, exist_ok=True)
    upper: dict[str, Figures] = {}
    ups = Ups()
    still: dict[str, Figures] = {}
    cuts = () if args.no_cuts else tuple(CUTS)
    for clip in seen_clips(args.videos, args.folder, size=args.detector_size, frames=args.frames, cuts=cuts):
        take = _take(clip, args)
        upper[clip.name] = upper_body_figures(take, _true(clip, args.every), _face_take(clip, args))
        ups.add(clip, take)
        if args.sheets is not None:
            args.sheets.mkdir(parents=True, exist_ok=True)
            write_sheet(args.sheets / f"{clip.name}.png", clip, take, args.every)
        if clip.cut:
            continue
        still[clip.name] = stillness_figures(take, _true(clip, args.every))
        if not args.no_held:
            held, first, end = held_clip(clip, args.folder, args.detector_size)
            still[clip.name] |= held_figures(_take(held, args), first // args.every, end // args.every)
        say(f"vtm: {clip.name}")
    if not upper:
        raise InputError("there is no clip: give videos")
    return upper, still, ups.figures() if args.views else {}


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.commands.seen_table", description=__doc__)
    parser.add_argument("folder", type=Path, help="keypoints are kept here")
    parser.add_argument("videos", type=Path, nargs="+", metavar="VIDEO")
    parser.add_argument("--frames", type=int, default=150, help="of each clip, at most; default %(default)s")
    parser.add_argument("--detector-size", choices=tuple(BY_SIZE), default="full", help="default %(default)s")
    parser.add_argument("--body", choices=("auto", "whole", "upper", "seated"), default="auto")
    parser.add_argument(
        "--every", type=int, default=1, metavar="N", help="solve every Nth frame only: a loaded machine"
    )
    parser.add_argument("--takes", type=Path, metavar="DIR", help="measure another version's takes, DIR/CLIP.npz")
    parser.add_argument("--save", type=Path, metavar="DIR", help="write the takes")
    parser.add_argument("--sheets", type=Path, metavar="DIR", help="write pictures: camera and side")
    parser.add_argument("--faces", type=Path, metavar="DIR", help="DIR/CLIP.npz, converted with --face on: for the yaw")
    parser.add_argument("--views", action="store_true", help="the videos are views of one motion: compare their up")
    parser.add_argument("--no-cuts", action="store_true", help="no clip is cut at waist and shoulders")
    parser.add_argument("--no-held", action="store_true", help="no picture is held")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    args = parser.parse_args(argv)
    if args.every < 1 or args.frames < 1:
        parser.error("--every and --frames must be 1 or more")
    for video in args.videos:
        if not video.is_file():
            parser.error(f"there is no file {video}; give videos")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    args = _arguments(argv)
    try:
        upper, still, views = measure(args)
        if args.json is not None:
            found: dict[str, Any] = {"upper_bodies": upper, "stillness": still, "views": views}
            args.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    except (VtmError, OSError) as error:
        say(f"vtm: {error}")
        return 1
    tables = [table("clip", _UPPER, upper), table("clip", _STILL, still)]
    if views:
        tables.append(table("cut", VIEWS, views))
    sys.stdout.write("\n\n".join(tables) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
