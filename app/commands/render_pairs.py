"""`python -m app.commands.render_pairs`: rendered people through the real detector, as pairs for models.train.

Needs the renderer, render_humans, in a folder of its own. What is there already is not made again: stop it when you
like, the same command goes on.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.commands.pair_maker import PairMaker, PairPlan
from engine.errors import VtmError
from models.mocap.library import LibraryError
from models.rendering.clip import STYLES, ClipStyle
from models.rendering.renderer import RendererError

_maker: PairMaker | None = None  # of this process


def _open(plan: PairPlan) -> None:
    global _maker
    _maker = PairMaker(plan)


def _open_worker(plan: PairPlan) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process; this one ends with its clip
    _open(plan)


def _make(seed: int) -> int:
    assert _maker is not None
    return _maker.make(seed)


def make_pairs(plan: PairPlan, seeds: Sequence[int], processes: int) -> Iterator[int]:
    """Make the pairs of all seeds in so many processes; yields the frames of each as it is done.

    Raises RendererError, LibraryError, VtmError, BrokenProcessPool (a process died).
    """
    _open(plan)  # what is wrong is told, caches are written and assets unpacked before there are processes
    if processes == 1:
        yield from map(_make, seeds)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _open_worker, (plan,)) as pool:
        try:
            answer = signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is started now has it from its first line on
            coming = [pool.submit(_make, seed) for seed in seeds]
            signal.signal(signal.SIGINT, answer)
            for done in as_completed(coming):
                yield done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    style = ClipStyle()
    parser = argparse.ArgumentParser(prog="python -m app.commands.render_pairs", description=__doc__)
    parser.add_argument("--renderer", type=Path, required=True, help="folder of render_humans.py")
    parser.add_argument("--assets", type=Path, help="where it unpacks its body assets (default: beside it)")
    parser.add_argument("--mocap", type=Path, required=True, help="folder of .bvh clips, as for models.train")
    parser.add_argument("--out", type=Path, required=True, help="folder for NAME.npz and NAME_truth.npz")
    parser.add_argument("--clips", type=int, default=100, help="how many; default %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="of the first clip; the next ones count up")
    parser.add_argument("--frames", type=int, default=style.frames, help="of a clip; default %(default)s")
    parser.add_argument(
        "--cameras", choices=STYLES, default=style.cameras, help="steep: pitched and rolled, all in view"
    )
    parser.add_argument("--behind", type=float, default=style.behind, help="share of the clips seen from behind")
    parser.add_argument(
        "--varied", type=float, default=style.varied, help="share of the recorded motions that is varied"
    )
    parser.add_argument("--video", action="store_true", help="also NAME.mp4, to look at")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default: one per CPU core")
    args = parser.parse_args(argv)
    if args.clips < 1 or args.frames < 1 or args.processes < 1:
        parser.error("--clips, --frames and --processes are 1 or more")
    if not (0 <= args.behind <= 1 and 0 <= args.varied <= 1):
        parser.error("--behind and --varied are shares, 0 to 1")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    args = _arguments(argv)
    style = ClipStyle(frames=args.frames, cameras=args.cameras, behind=args.behind, varied=args.varied)
    plan = PairPlan(args.renderer, args.mocap, args.out, args.assets, style, args.video)
    seeds = range(args.seed, args.seed + args.clips)
    console = Console(stderr=True)
    columns = (TextColumn("clips"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    made = frames = 0
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("clips", total=len(seeds))
            for count in make_pairs(plan, seeds, args.processes):
                made, frames = made + bool(count), frames + count
                progress.advance(task)
    except BrokenProcessPool:
        sys.stderr.write("error: a rendering process died; run it with --processes 1 to see why\n")
        return 1
    except (RendererError, LibraryError, VtmError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped; the same command goes on\n")
        return 1
    sys.stderr.write(f"{args.out}: {made} new clips, {frames} frames\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
