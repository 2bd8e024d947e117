"""`python -m app.commands.render_details`: render clips with moving fingers and faces, with exact ground truth.

For `python -m models.evaluate --hands --face`. Writes NAME.mkv with NAME_truth.npz, whose arrays are listed in
models/rendering/detail_clip.py; existing clips are kept. Needs the renderer, render_humans, in a folder of its own.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.errors import VtmError
from engine.takes.video_encoder import EncodeError, VideoEncoder
from engine.takes.video_file import VideoFile
from models.rendering.detail_clip import DISTANCES_M, FPS, DetailClip, render_details
from models.rendering.full_rig import FullRig, open_rig
from models.rendering.renderer import Renderer, RendererError, open_renderer

SIZES = ((640, 480), (1280, 720))
"""Picture sizes; a clip's size follows from its seed."""


def size_of(seed: int) -> tuple[int, int]:
    """Return the picture size of a seed: all distances at one size, then at the other."""
    return SIZES[seed // len(DISTANCES_M) % len(SIZES)]


def write_clip(clip: DetailClip, path: Path) -> None:
    """Write PATH.mkv, then PATH_truth.npz; a clip without truth is incomplete. Raises OSError, EncodeError."""
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
    parser.add_argument("--renderer", type=Path, required=True, help="folder of render_humans.py")
    parser.add_argument("--assets", type=Path, help="where the renderer unpacks its body assets (default: beside it)")
    parser.add_argument(
        "--clips", type=int, default=24, help="number of clips; six cover 1, 2, 3 m at 640 and 1280 pixels"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the first clip; the next ones count up")
    parser.add_argument("--frames", type=int, default=30, help="frames per clip; default %(default)s")
    args = parser.parse_args(argv)
    if min(args.clips, args.frames) < 1 or args.seed < 0:
        parser.error("--clips and --frames must be at least 1, --seed at least 0")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    args = _arguments(argv)
    began_s = time.perf_counter()
    made = 0
    opened: dict[tuple[int, int], tuple[Renderer, FullRig]] = {}
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        for seed in range(args.seed, args.seed + args.clips):
            path = args.out / f"details_{seed:05d}"
            if _truth_path(path).exists():
                continue
            size = size_of(seed)
            if size not in opened:
                renderer = open_renderer(args.renderer, size, args.assets)
                opened[size] = renderer, open_rig(renderer)
            write_clip(render_details(*opened[size], seed, args.frames), path)
            made += args.frames
            sys.stderr.write(f"{path.name}: {made / (time.perf_counter() - began_s):.2f} frames/s\n")
    except (RendererError, VtmError, EncodeError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code if isinstance(error, VtmError) else 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped; run the same command again to continue\n")
        return 1
    sys.stderr.write(f"{args.out}: {made} new frames\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
