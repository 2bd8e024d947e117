"""`vtm convert IN… OUT`: convert videos, keypoints and takes to motion files, with progress and time left.

One input: its failure is that of the command. Several, or a folder: each failure is one line, the rest continues, and
files finished by an earlier run are skipped.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from app.arguments.options import ConvertOptions
from app.commands.convert_plan import Job, plan_jobs
from app.commands.convert_pool import Emit, Manner, Report, convert_in_processes, convert_one
from app.commands.headless import check_writable
from app.terminal import say
from engine.config import Config
from engine.errors import describe

log = logging.getLogger(__name__)

_WHOLE = 1000  # progress steps per file


def run_convert(options: ConvertOptions, config: Config) -> int:
    """Convert and print the results. Raises VtmError; a target that was not converted is unchanged."""
    from engine.motion.formats import MOTION_SUFFIXES, check_style

    jobs, folder = plan_jobs(list(options.paths), options.format, MOTION_SUFFIXES)
    for path in {job.target if not folder else job.target.with_name("convert") for job in jobs}:
        check_writable(path)
    for job in jobs:
        check_style(job.target, options.style)
    targets = frozenset(job.target for job in jobs)
    left = [job for job in jobs if options.force or not folder or not job.done(targets)]
    there = len(jobs) - len(left)
    if there:
        say(f"vtm: {there} of {len(jobs)} files exist already and are newer than their source (--force converts them)")
    manner = Manner(options.style, max(1, min(options.jobs, len(left))), options.force, options.report, options.edit)
    with Batch(left, one_by_one=manner.processes == 1 and not options.dask) as batch:
        _convert_all(left, config, manner, batch.show, options.dask)
    if len(jobs) == 1 and batch.errors:
        raise batch.errors[0]
    if folder:
        good = len(left) - len(batch.errors)
        say(f"vtm: {len(jobs)} files: {good} converted, {there} skipped, {len(batch.errors)} failed")
    if batch.red:
        say(f"vtm: {batch.red} of {len(left)} reports are red")
    return 1 if batch.errors or batch.red else 0


def _convert_all(jobs: list[Job], config: Config, manner: Manner, emit: Emit, dask: str) -> None:
    if manner.processes == 1 and not dask:
        for job in jobs:
            convert_one(job, config, manner, emit)
        return
    with closing(_elsewhere(jobs, config, manner, dask)) as reports:
        for report in reports:
            emit(report)


def _elsewhere(jobs: list[Job], config: Config, manner: Manner, dask: str) -> Generator[Report]:
    """Yield reports from processes on this machine, or from a cluster."""
    if not dask:
        yield from convert_in_processes(jobs, config, manner)
    elif jobs:
        from app.commands.convert_cluster import convert_on_cluster

        yield from convert_on_cluster(jobs, config, manner, dask, lambda text: say(f"vtm: {text}"))


class Batch:
    """Shows the reports of all jobs: on a terminal one bar for everything, and a line per finished file."""

    def __init__(self, jobs: list[Job], *, one_by_one: bool) -> None:
        self._one_by_one = one_by_one
        self._several = len(jobs) > 1
        self._console = Console(file=sys.stderr)
        counts = TextColumn("{task.fields[files]}") if self._several else MofNCompleteColumn()
        columns = (TextColumn("{task.description}"), BarColumn(), counts, TimeRemainingColumn())
        self._progress = Progress(
            *columns, console=self._console, transient=True, disable=not self._console.is_terminal
        )
        self._jobs = jobs
        self._parts: dict[Path, int] = {}  # progress in _WHOLE steps, by target
        self._finished = 0
        self._task: TaskID | None = None
        self.errors: list[Exception] = []
        self.red = 0  # red reports

    def __enter__(self) -> Batch:
        self._progress.start()
        if self._jobs:
            self._task = self._progress.add_task(self._jobs[0].source.name, total=None, files="")
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, report: Report) -> None:
        """One report."""
        job = report.job
        if report.line is not None:
            self._tell(f"{job.source.name}: {report.line}" if self._several else report.line)
            return
        if report.result is not None or report.error is not None:
            self._finish(report)
        self._advance(report)

    def _finish(self, report: Report) -> None:
        self._finished += 1
        self.red += report.red
        if report.result is not None:
            number = f" ({self._finished} of {len(self._jobs)})" if self._several else ""
            self._tell(f"{report.path or report.job.target}: {report.result}{number}")
        elif report.error is not None:
            self.errors.append(report.error)
            if self._several:  # a single file's error is raised at the end
                if not report.logged:
                    log.error("%s could not be converted", report.job.source, exc_info=report.error)
                self._tell(f"{report.job.source}: {describe(report.error)}")

    def _advance(self, report: Report) -> None:
        if self._task is None:
            return
        if not self._several:
            self._progress.update(self._task, completed=report.done, total=report.frames or None)
            return
        over = report.result is not None or report.error is not None
        share = 1.0 if over else report.done / report.frames if report.frames else 0.0
        self._parts[report.job.target] = int(share * _WHOLE)
        self._progress.update(
            self._task,
            description=report.job.source.name if self._one_by_one else "Converting",
            completed=sum(self._parts.values()),
            total=len(self._jobs) * _WHOLE,
            files=f"{self._finished}/{len(self._jobs)} files",
        )

    def _tell(self, text: str) -> None:
        self._console.print(f"vtm: {text}", markup=False, highlight=False, soft_wrap=True)
