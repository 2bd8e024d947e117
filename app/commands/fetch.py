"""`vtm fetch`: download the networks for body, hands and face once, with progress; the engine checks their sha256."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from app.terminal import say
from engine.errors import DetectorError


def run_fetch(*, body_only: bool = False) -> int:
    """Return 0 if all weights are there, 1 if the body can be tracked but a network could not be downloaded.

    Raises DetectorError that says what to do if the body cannot be tracked.
    """
    body = _fetch_body()
    return body if body_only else max(body, _fetch_details())


def _fetch_body() -> int:
    from engine.networks.weight_files import cache_folder, file_state
    from engine.pose2d.weight_sources import ensure_weights
    from engine.pose2d.weights import FILES, weights_state

    missing = [file for file in FILES if file_state(file) != "ready"]
    try:
        _show("detector weights", sum(file.num_bytes for file in missing), ensure_weights, cache_folder())
    except DetectorError as error:
        state = weights_state()
        if state.state != "ready":
            raise
        say(f"vtm: BlazePose {' and '.join(state.sizes)} can be used; {error}")
        return 1
    return 0


def _fetch_details() -> int:
    from engine.details.weights import FILES, ensure_details
    from engine.networks.weight_files import cache_folder, file_state

    missing = [file for file in FILES if file_state(file) != "ready"]
    try:
        _show("hand and face weights", sum(file.num_bytes for file in missing), ensure_details, cache_folder())
    except DetectorError as error:
        say(f"vtm: the body can be tracked, hands or face cannot; {error}")
        return 1
    return 0


def _show(what: str, num_bytes: int, fetch: Callable[[Callable[[int, int], None]], object], folder: Path) -> None:
    """Download with a bar on a terminal, one line elsewhere; does nothing for 0 bytes.

    Raises DetectorError.
    """
    if not num_bytes:
        say(f"vtm: {what} are ready in {folder}")
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        say(f"vtm: downloading the {what} ({num_bytes / 1e6:.0f} MB)")
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)

        def show(done_bytes: int, all_bytes: int) -> None:
            progress.update(task, completed=done_bytes, total=all_bytes)

        fetch(show)
    say(f"vtm: {what} downloaded and checked, in {folder}")
