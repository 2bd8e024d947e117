"""`vtm convert IN OUT`: a video or keypoints file to motion, with progress and time left."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.headless import check_writable
from app.terminal import say
from engine.config import Config


def run_convert(source: Path, target: Path, config: Config) -> int:
    """Convert and say what came out. Raises VtmError; then `target` is as it was before."""
    from engine.convert import convert
    from engine.outputs.motion import check_motion_path

    check_motion_path(target)
    check_writable(target)
    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    began_s = time.monotonic()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(source.name, total=None)

        def show(done: int, frames: int) -> None:
            progress.update(task, completed=done, total=frames or None)

        def tell(text: str) -> None:
            console.print(f"vtm: {text}", markup=False, highlight=False, soft_wrap=True)

        take = convert(source, target, config, on_progress=show, on_message=tell)
    frames, seconds = len(take), time.monotonic() - began_s
    tracked = float(take.tracked.mean()) if frames else 0.0
    say(f"vtm: {target}: {frames} frames, a person in {tracked:.0%}, {seconds:.1f} s ({frames / seconds:.0f} frames/s)")
    return 0
