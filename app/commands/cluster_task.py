"""One conversion on a worker of a Dask cluster: its task and its outcome. Runs in the worker's process."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config import Config
from engine.errors import describe

if TYPE_CHECKING:
    from engine.motion.edit import Edit
    from engine.quality.report import TakeReport

TOPIC = "vtm-convert"
"""Topic of the cluster's events: (number, frames done, total frames)."""
_TELL_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Task:
    """One file to convert. Paths are absolute; target and mark are paths on the submitting machine."""

    number: int
    source: Path | str  # "demo"
    target: Path
    part: Path  # temporary name of the result in a shared folder
    mark: Path  # file that contains `token`: visible only if the folder is shared
    token: str
    config: Config
    style: str
    edit: Edit | None
    report: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a task: a file at its `part`, or the bytes in `data`; or `error` says why there is none."""

    lines: tuple[str, ...] = ()
    error: str | None = None
    data: bytes | None = None
    frames: int = 0
    tracked: float = 0.0
    seconds: float = 0.0
    report: TakeReport | None = None
    where: str = ""


def version_of_worker() -> str:
    """Return the version of this program on the machine that runs it."""
    from app.log_header import version

    return version()


def convert_remotely(task: Task) -> Outcome:
    """Convert on this worker. A problem with the file becomes an Outcome: only a worker's death is retried."""
    from distributed import get_worker

    worker = get_worker()
    where = str(worker.name)
    lines: list[str] = []
    if isinstance(task.source, Path) and not task.source.exists() and not _is_film(task.source):
        return Outcome(
            error=f"worker {where} cannot see {task.source}: share the folder under the same path on all machines",
            where=where,
        )
    told_s = 0.0

    def progress(done: int, frames: int) -> None:
        nonlocal told_s
        if time.monotonic() - told_s >= _TELL_EVERY_S:
            told_s = time.monotonic()
            worker.log_event(TOPIC, (task.number, done, frames))

    try:
        with tempfile.TemporaryDirectory(prefix="vtm-") as scratch:
            outcome = _converted(task, Path(scratch) / task.target.name, progress, lines, max(1, worker.state.nthreads))
    except Exception as error:  # noqa: BLE001 - kept as data: it would fail on every other worker, too
        return Outcome(tuple(lines), error=describe(error), where=where)
    return replace(outcome, where=where)


def _converted(task: Task, target: Path, progress: object, lines: list[str], processes: int) -> Outcome:
    from engine.convert import convert
    from engine.quality.report import report_of

    began_s = time.monotonic()
    take = convert(
        task.source,
        target,
        task.config,
        on_progress=progress,  # type: ignore[arg-type]
        on_message=lines.append,
        style=task.style,
        processes=processes,
        edit=task.edit,
    )
    data = None if _handed_over(target, task) else target.read_bytes()
    return Outcome(
        tuple(lines),
        data=data,
        frames=len(take),
        tracked=float(take.tracked.mean()) if len(take) else 0.0,
        seconds=time.monotonic() - began_s,
        report=report_of(take) if task.report else None,
    )


def _handed_over(made: Path, task: Task) -> bool:
    """Copy the result into the shared folder, whole or not at all; return False if the folder is not shared."""
    try:
        if task.mark.read_text() != task.token:
            return False
        growing = task.part.with_name(f"{task.part.name}.{os.getpid()}")
        growing.write_bytes(made.read_bytes())
        growing.replace(task.part)
    except OSError:
        return False
    return True


def _is_film(source: Path) -> bool:
    from engine.sources.picture_reader import is_picture_place

    return is_picture_place(str(source))
