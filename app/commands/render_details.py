"""`python -m app.commands.render_details`: render clips with moving fingers and faces, with exact ground truth.

The clips are for `python -m models.evaluate --hands --face`. Writes NAME.mkv and NAME_truth.npz, whose arrays are
listed in models/rendering/detail_clip.py. Existing clips are kept. Requires the renderer, render_humans, in a folder of
its own.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.commands.rendering import add_renderer, finished
from engine.takes.video_encoder import VideoEncoder
from engine.takes.video_file import VideoFile
from models.rendering.detail_clip import DISTANCES_M, FPS, DetailClip, render_details
from models.rendering.full_rig import open_rig
from models.rendering.renderer import open_renderer

SIZES = ((640, 480), (1280, 720))
"""Picture sizes; a clip's size follows from its seed."""


def size_of(seed: int) -> tuple[int, int]:
    """Return the picture size for a seed: three seeds (one per distance) at one size, then three at the other."""
    return SIZES[seed // len(DISTANCES_M) % len(SIZES)]


def write_clip(clip: DetailClip, path: Path) -> None:
    """Write PATH.mkv, then PATH_truth.npz; so a clip without truth is incomplete. Raises OSError, EncodeError."""
    video = path.with_suffix(".mkv")
    video.unlink(missing_ok=True)
    file = VideoFile(video, reserve=lambda: 0, say=lambda _text: None)
    encoder = VideoEncoder(file, (clip.pictures[0].shape[1], clip.pictures[0].shape[0]))
    try:
        for number, picture in enumerate(clip.pictures):
            encoder.encode(np.ascontiguousarray(picture[..., ::-1]), number / FPS)
    finally:
        encoder.close()
        file.close()
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("wb") as whole:
        np.savez_compressed(whole, **clip.truth)  # type: ignore[arg-type]
    partial.replace(_truth_path(path))


def _truth_path(path: Path) -> Path:
    return path.with_name(f"{path.name}_truth.npz")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.commands.render_details", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="output folder")
    shown = "number of clips; six cover 1, 2, 3 m at 640 and 1280 pixels"
    add_renderer(parser, required=True, clips=24, clips_help=shown, frames=30)
    args = parser.parse_args(argv)
    if min(args.clips, args.frames) < 1 or args.seed < 0:
        parser.error("--clips and --frames must be at least 1, --seed at least 0")
    return args


def render_missing(args: argparse.Namespace) -> str:
    """Render the missing clips; return the line to report. Passes on errors of the renderer and of files.

    Renders size by size, since only the newest canvas has the current OpenGL context.
    """
    began_s = time.perf_counter()
    made = 0
    args.out.mkdir(parents=True, exist_ok=True)
    paths = {seed: args.out / f"details_{seed:05d}" for seed in range(args.seed, args.seed + args.clips)}
    for size in SIZES:
        seeds = [seed for seed, path in paths.items() if size_of(seed) == size and not _truth_path(path).exists()]
        if not seeds:
            continue
        renderer = open_renderer(args.renderer, size, args.assets)
        rig = open_rig(renderer)
        for seed in seeds:
            write_clip(render_details(renderer, rig, seed, args.frames), paths[seed])
            made += args.frames
            sys.stderr.write(f"{paths[seed].name}: {made / (time.perf_counter() - began_s):.2f} frames/s\n")
    return f"{args.out}: {made} new frames"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    args = _arguments(argv)
    return finished(lambda: render_missing(args))


if __name__ == "__main__":
    sys.exit(main())
