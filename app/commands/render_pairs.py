"""`python -m app.commands.render_pairs`: make training pairs from rendered people with the real detectors.

The pairs, detections with the true pose, are for models.train. Requires the renderer, render_humans, in a folder of its
own. Shards of a few clips are written atomically and existing shards are kept: stop at any time, then run the same
command to continue. `--pack FILE` joins the shards of a folder into one file instead.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.commands.pair_maker import PairMaker, PairPlan, keep_config
from app.commands.pair_pack import pack_pairs
from app.commands.rendering import add_renderer, finished
from models.rendering.clip import KINDS, ClipStyle

_maker: PairMaker | None = None  # of this process


def _open(plan: PairPlan) -> None:
    global _maker
    _maker = PairMaker(plan)


def _open_worker(plan: PairPlan) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent; this process ends after its shard
    _open(plan)


def _make(first: int) -> int:
    assert _maker is not None
    return _maker.make(first)


def make_pairs(plan: PairPlan, firsts: Sequence[int], processes: int) -> Iterator[int]:
    """Make the shards that begin with these seeds in parallel processes; yield the frames of each finished shard.

    Raises RendererError, LibraryError, VtmError, BrokenProcessPool (a process died).
    """
    _open(plan)  # report errors, write caches and unpack assets before starting processes
    keep_config(plan)
    if processes == 1:
        yield from map(_make, firsts)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _open_worker, (plan,)) as pool:
        try:
            answer = signal.signal(signal.SIGINT, signal.SIG_IGN)  # child processes inherit it
            coming = [pool.submit(_make, first) for first in firsts]
            signal.signal(signal.SIGINT, answer)
            for done in as_completed(coming):
                yield done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    style = ClipStyle()
    parser = argparse.ArgumentParser(prog="python -m app.commands.render_pairs", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="output folder of the shards")
    parser.add_argument("--pack", type=Path, metavar="FILE", help="join the shards under --out into FILE and exit")
    parser.add_argument("--mocap", type=Path, help="folder of .bvh clips, as in models.train")
    shown = "number of clips; default %(default)s"
    add_renderer(parser, required=False, clips=1000, clips_help=shown, frames=style.frames)
    parser.add_argument("--shard", type=int, default=8, help="clips per shard; default %(default)s")
    parser.add_argument(
        "--kinds",
        default=",".join(style.kinds),
        help=f"some of {', '.join(KINDS)}; default: all but cuts, for training",
    )
    parser.add_argument(
        "--varied", type=float, default=style.varied, help="fraction of the recorded motions with random variations"
    )
    parser.add_argument(
        "--step",
        type=int,
        default=style.step,
        help="render every STEP-th frame, as a slower camera; default %(default)s",
    )
    parser.add_argument(
        "--own-builds",
        type=float,
        default=style.own_builds,
        help="fraction of the people with the renderer's own proportions; default %(default)s",
    )
    parser.add_argument("--validation", action="store_true", help="use the motions excluded from training")
    parser.add_argument("--video", action="store_true", help="also write KIND_SEED.mp4 with KIND_SEED_truth.npz")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="number of processes; default: one per CPU core"
    )
    args = parser.parse_args(argv)
    args.kinds = tuple(args.kinds.split(","))
    if unknown := sorted(set(args.kinds) - set(KINDS)):
        parser.error(f"--kinds: no {', '.join(unknown)}; choose from {', '.join(KINDS)}")
    if min(args.clips, args.frames, args.processes, args.shard, args.step) < 1:
        parser.error("--clips, --frames, --shard, --step and --processes must be at least 1")
    if args.seed % args.shard:
        parser.error(f"--seed {args.seed} is not the first seed of a shard; pass a multiple of {args.shard}")
    for option, value in (("--varied", args.varied), ("--own-builds", args.own_builds)):
        if not 0 <= value <= 1:
            parser.error(f"{option} must be a fraction from 0 to 1")
    if args.pack is None and (args.renderer is None or args.mocap is None):
        parser.error("--renderer and --mocap are needed to make pairs")
    return args


def _rendered(plan: PairPlan, firsts: Sequence[int], processes: int) -> tuple[int, int]:
    """Make the shards; return the numbers of new shards and frames. Shows a bar, or lines without a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("shards"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[rate]}"),
    )
    made = frames = 0
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("shards", total=len(firsts), rate="")
        began_s = time.perf_counter()
        for done, count in enumerate(make_pairs(plan, firsts, processes), 1):
            made, frames = made + bool(count), frames + count
            rate = f"{frames / (time.perf_counter() - began_s):.1f} frames/s"
            progress.update(task, advance=1, rate=rate)
            if count and not console.is_terminal:
                sys.stderr.write(f"{done} of {len(firsts)} shards, {frames} new frames, {rate}\n")
    return made, frames


def _work(args: argparse.Namespace) -> str:
    """Pack or render; return the line to report."""
    if args.pack is not None:
        return pack_pairs(args.out, args.pack)
    style = ClipStyle(
        args.frames,
        kinds=args.kinds,
        varied=args.varied,
        own_builds=args.own_builds,
        validation=args.validation,
        step=args.step,
    )
    plan = PairPlan(args.renderer, args.mocap, args.out, args.assets, style, args.shard, args.video)
    args.out.mkdir(parents=True, exist_ok=True)
    made, frames = _rendered(plan, range(args.seed, args.seed + args.clips, args.shard), args.processes)
    return f"{args.out}: {made} new shards, {frames} frames"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    args = _arguments(argv)
    try:
        return finished(lambda: _work(args))
    except BrokenProcessPool:
        sys.stderr.write("error: a rendering process died; run it with --processes 1 to see why\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
