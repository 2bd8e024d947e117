"""`vtm doctor`: check installed packages, back ends, weights and cameras, and show fixes for problems."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.log_file import log_path
from app.settings import settings_path
from app.setup_env import NEWEST, OLDEST
from app.window.display import display_available

log = logging.getLogger(__name__)

_NEEDED = {
    "numpy": "",
    "onnxruntime": "",
    "opencv-python-headless": "",
    "ai-edge-litert": "",
    "PySide6-Essentials": "",
    "pyqtgraph": "",
}
_OPTIONAL = {
    "rtmlib": "only for --detector rtmpose: pip install --no-deps rtmlib",
    "torch": "only for training: pip install -e .[train]",
    "tensorrt": "only for NVIDIA GPUs: pip install tensorrt, then python build_engine.py",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One row: what was checked, the verdict (None: optional and absent), what was found, what to do."""

    topic: str
    good: bool | None
    seen: str
    fix: str = ""


def _machine() -> Iterator[Finding]:
    good = OLDEST <= sys.version_info[:2] <= NEWEST
    fix = "" if good else "install Python {}.{} to {}.{}".format(*OLDEST, *NEWEST)
    yield Finding("Python", good, platform.python_version(), fix)
    yield Finding("system", True, f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores")


def _packages() -> Iterator[Finding]:
    from engine.networks.litert import why_no_litert

    for name, fix in (_NEEDED | _OPTIONAL).items():
        try:
            yield Finding(name, True, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            needed = name in _NEEDED
            fix = (why_no_litert() or fix) if name == "ai-edge-litert" else fix
            yield Finding(name, False if needed else None, "not installed", fix or "make run, or: pip install -e .")


def _backends() -> Iterator[Finding]:
    from engine.vtm.choose import backend_states

    for state in backend_states():
        seen, fix = (state.detail, "") if state.works else ("does not run here", state.detail)
        yield Finding(f"back end {state.name}", True if state.works else None, seen, fix)


def _weights() -> Iterator[Finding]:
    from engine.networks.weight_files import file_state
    from engine.pose2d.weights import BY_SIZE, weights_state

    state = weights_state()
    good = state.state == "ready"
    yield Finding("detector weights", good, f"{state.state}, {state.folder}", "" if good else state.fix)
    for size, file in BY_SIZE.items():
        there = size in state.sizes
        seen = "ready" if there else file_state(file)
        fix = "" if there or not good else f"{file.num_bytes / 1e6:.0f} MB: {state.fix}"
        yield Finding(f"BlazePose {size}", True if there else None, seen, fix)


def _details_weights() -> Iterator[Finding]:
    from engine.details.weights import FETCH, FILES
    from engine.networks.weight_files import file_state

    for file in FILES:
        seen = file_state(file)
        fix = "" if seen == "ready" else f"{file.num_bytes / 1e6:.0f} MB, for hands and face: {FETCH}"
        yield Finding(f"network {file.name}", True if seen == "ready" else None, seen, fix)


def _cameras() -> Iterator[Finding]:
    from engine.sources.camera_list import list_cameras

    cameras = list_cameras()
    for camera in cameras:
        yield Finding(f"camera {camera.index}", True, camera.name)
    if not cameras:
        yield Finding("camera", None, "none found", "plug one in, or use a file or --source demo")


def _display() -> Iterator[Finding]:
    screen = display_available()
    yield Finding(
        "display",
        True if screen else None,
        "yes" if screen else "none",
        "" if screen else "vtm --headless runs without one",
    )
    path = settings_path()
    yield Finding("settings", True, f"{path}{'' if path.exists() else ' (not written yet)'}")
    yield Finding("log", True, str(log_path()))


_PARTS: tuple[Callable[[], Iterator[Finding]], ...] = (
    *(_machine, _packages, _backends),
    *(_weights, _details_weights, _cameras, _display),
)


def findings(*, try_back_ends: bool = True) -> list[Finding]:
    """Return every row. A check that fails becomes a row itself.

    try_back_ends  run the network on each; False beside a running pipeline, which already uses one
    """
    rows: list[Finding] = []
    for part in _PARTS:
        if part is _backends and not try_back_ends:
            continue
        try:
            rows.extend(part())
        except Exception as error:  # one failed check must not hide the others
            name = part.__name__.strip("_")
            log.warning("doctor: checking the %s failed", name, exc_info=True)
            rows.append(Finding(name, False, f"{type(error).__name__}: {error}", "make run, or: pip install -e ."))
    return rows


def run_doctor(console: Console | None = None) -> int:
    """Print the table; return 0 if everything required is there, else 1."""
    rows = findings()
    table = Table(title=f"VTM Live in {Path(__file__).resolve().parent.parent}", title_justify="left")
    for column in ("", "what", "seen", "what to do"):
        table.add_column(column, overflow="fold")
    marks = {True: "[green]ok[/]", False: "[red]fix[/]", None: "[dim]–[/]"}
    for row in rows:
        table.add_row(marks[row.good], escape(row.topic), escape(row.seen), escape(row.fix))
    (console or Console()).print(table)
    return 0 if all(row.good is not False for row in rows) else 1
