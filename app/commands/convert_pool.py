"""Conversion in several processes: each takes a job, reports its progress, and takes the next.

A process that dies (out of memory, a crash in a native library) loses only its job; a new one replaces it. A process
sends its log records through its pipe; the parent logs them.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from logging.handlers import QueueHandler
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.convert_plan import Job
from app.log_file import log_folder, log_old_crashes, logging_through, native_crashes_kept
from engine.config import Config
from engine.errors import VtmError, describe

if TYPE_CHECKING:
    from engine.motion.edit import Edit
    from engine.motion.take import MotionTake

log = logging.getLogger(__name__)

_TELL_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Report:
    """A message from a conversion: frames done, a line, or the end."""

    job: Job
    done: int = 0
    frames: int = 0  # 0: unknown
    line: str | None = None
    result: str | None = None  # last line of a success
    error: Exception | None = None
    logged: bool = False  # the error has been logged
    path: Path | None = None  # actual name of the file
    red: bool = False  # its quality report is red


@dataclass(frozen=True, slots=True)
class Manner:
    """How to convert, besides the Config."""

    style: str = "default"
    processes: int = 1
    overwrite: bool = False
    report: bool = False
    edit: Edit | None = None


Emit = Callable[[Report], None]


def convert_one(job: Job, config: Config, manner: Manner, emit: Emit) -> None:
    """Convert in this process; the last report holds `result` or `error`."""
    from engine.convert import convert

    began_s = told_s = time.monotonic()
    path = job.target

    def progress(done: int, frames: int) -> None:
        nonlocal told_s
        if time.monotonic() - told_s >= _TELL_EVERY_S:
            told_s = time.monotonic()
            emit(Report(job, done, frames))

    def written(name: Path) -> None:
        nonlocal path
        path = name

    try:
        take = convert(
            job.source,
            job.target,
            config,
            on_progress=progress,
            on_message=lambda text: emit(Report(job, line=text)),
            style=manner.style,
            processes=manner.processes,
            overwrite=manner.overwrite,
            on_written=written,
            edit=manner.edit,
        )
        red = manner.report and _reported(job, path, take, emit)
    except Exception as error:  # noqa: BLE001 - kept as data: the other jobs go on, and it is told at the end
        emit(Report(job, error=error))
        return
    frames, seconds = len(take), time.monotonic() - began_s
    tracked = float(take.tracked.mean()) if frames else 0.0
    speed = f"{seconds:.1f} s ({frames / seconds:.0f} frames/s)"
    emit(Report(job, frames, frames, result=f"{frames} frames, a person in {tracked:.0%}, {speed}", path=path, red=red))


def _reported(job: Job, path: Path, take: MotionTake, emit: Emit) -> bool:
    """Write the report beside the file and mention what is not green; return True if it is red."""
    from engine.quality.files import write_report
    from engine.quality.report import report_of

    report = report_of(take)
    page, _ = write_report(path, report)
    for line in report.lines():
        emit(Report(job, line=f"{page.name}: {line}"))
    return report.light == "red"


def convert_in_processes(jobs: list[Job], config: Config, manner: Manner) -> Generator[Report]:
    """Yield reports of all jobs as they come; closing the iterator ends the processes."""
    waiting = deque(jobs)
    pool: dict[Connection, tuple[SpawnProcess, Job]] = {}
    context = multiprocessing.get_context("spawn")
    try:
        while waiting or pool:
            while waiting and len(pool) < manner.processes:
                ours, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(theirs, config, manner), daemon=True)
                process.start()
                theirs.close()
                pool[ours] = (process, waiting.popleft())
                _give(ours, pool[ours][1])
            for ready in wait(list(pool)):
                assert isinstance(ready, Connection)
                yield from _take(ready, pool, waiting)
    finally:
        for pipe, (process, _) in pool.items():
            process.terminate()
            process.join()
            pipe.close()


def _give(pipe: Connection, job: Job | None) -> None:
    with suppress(OSError):  # it died meanwhile: the next read shows it
        pipe.send(job)


def _take(pipe: Connection, pool: dict[Connection, tuple[SpawnProcess, Job]], waiting: deque[Job]) -> Iterator[Report]:
    """Take one report of one process; after its last report it gets the next job, or ends."""
    process, job = pool[pipe]
    try:
        report: Report | logging.LogRecord = pipe.recv()
    except (EOFError, OSError):
        process.join()
        del pool[pipe]
        pipe.close()
        log_old_crashes(log_folder())  # shows where it crashed
        ended = VtmError(
            f"the converting process died (exit code {process.exitcode}); the log may say where; try fewer --jobs"
        )
        yield Report(job, error=ended)
        return
    if isinstance(report, logging.LogRecord):
        logging.getLogger(report.name).handle(report)
        return
    if report.result is not None or report.error is not None:
        if waiting:
            pool[pipe] = (process, waiting.popleft())
            _give(pipe, pool[pipe][1])
        else:
            del pool[pipe]
            _give(pipe, None)
            process.join()
            pipe.close()
    yield report


class PipeHandler(QueueHandler):
    """Sends log records through the pipe that also carries the reports."""

    def __init__(self, send: Callable[[object], None]) -> None:
        super().__init__(None)  # type: ignore[arg-type]  # `enqueue` is all that uses the queue
        self._send = send

    def enqueue(self, record: logging.LogRecord) -> None:
        """Send a record. Any thread of this process."""
        self._send(record)


def _serve(pipe: Connection, config: Config, manner: Manner) -> None:
    """Main function of the process: convert jobs until None comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches this process too; the parent ends it
    lock = threading.Lock()  # one message at a time in the pipe

    def send(message: object) -> None:
        with lock:
            pipe.send(message)

    def emit(report: Report) -> None:
        if report.error is not None:  # pickling loses the traceback, and not every exception can be pickled
            log.error("%s could not be converted", report.job.source, exc_info=report.error)
            report = replace(report, error=VtmError(describe(report.error)), logged=True)
        send(report)

    with logging_through(PipeHandler(send)), native_crashes_kept(log_folder()):
        while (job := pipe.recv()) is not None:
            convert_one(job, config, manner, emit)
