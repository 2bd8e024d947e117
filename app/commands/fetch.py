"""`vtm fetch`: download the detector's weights once, with a progress bar; the engine checks their sha256."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from app.terminal import say
from engine.errors import DetectorError


def run_fetch() -> int:
    """Returns 0 when all checked weights are there, 1 when BlazePose runs but a size of it could not be had.

    Raises DetectorError with the next step when it cannot run.
    """
    from engine.pose2d.weight_sources import ensure_weights
    from engine.pose2d.weights import FILES, file_state, weights_state

    missing = [file for file in FILES if file_state(file) != "ready"]
    if not missing:
        say(f"vtm: detector weights are ready in {weights_state().folder}")
        return 0
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        say(f"vtm: downloading the detector weights ({sum(file.num_bytes for file in missing) / 1e6:.0f} MB)")
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("detector weights", total=None)

            def show(done_bytes: int, all_bytes: int) -> None:
                progress.update(task, completed=done_bytes, total=all_bytes)

            ensure_weights(show)
    except DetectorError as error:
        state = weights_state()
        if state.state != "ready":
            raise
        say(f"vtm: BlazePose {' and '.join(state.sizes)} can be used; {error}")
        return 1
    say(f"vtm: detector weights downloaded and checked, in {weights_state().folder}")
    return 0
