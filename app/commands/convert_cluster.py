"""Conversion on the workers of an existing Dask cluster (`vtm convert … --dask ADDRESS`).

Each file is one task. If a worker dies, the scheduler gives its file to another one. The result is renamed to its final
name in one step when the task has ended, so a repeated attempt still leaves one file.
"""

from __future__ import annotations

import dataclasses
import logging
import queue
import secrets
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.commands.cluster_task import TOPIC, Outcome, Task, convert_remotely, version_of_worker
from app.commands.convert_plan import Job
from app.commands.convert_pool import Manner, Report
from engine.config import Config
from engine.errors import UsageError, VtmError, describe

log = logging.getLogger(__name__)

CONNECT_S = 10.0
_PATIENCE_S = 3.0
_NO_WORKER_S = 300.0


def convert_on_cluster(
    jobs: list[Job], config: Config, manner: Manner, address: str, say: Callable[[str], None]
) -> Generator[Report]:
    """Yield reports of all jobs as they come; closing the iterator cancels what has not finished.

    Raises UsageError (dask.distributed is not installed), VtmError (no scheduler, no worker, or another version there).
    """
    with _client(address) as client:
        _check_workers(client, address, say)
        folder = jobs[0].target.resolve().parent
        with _marked(folder) as (mark, token):
            tasks = [_task(number, job, config, manner, mark, token) for number, job in enumerate(jobs)]
            try:
                yield from _reports(client, tasks, jobs, manner, address)
            finally:
                for task in tasks:
                    for left in task.part.parent.glob(f"{task.part.name}*"):
                        left.unlink(missing_ok=True)


def _reports(client: Any, tasks: list[Task], jobs: list[Job], manner: Manner, address: str) -> Iterator[Report]:
    heard: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()  # (number, future) or (number, (done, frames))

    def on_event(event: Any) -> None:
        number, done, frames = event[1]
        heard.put((number, (done, frames)))

    client.subscribe_topic(TOPIC, on_event)
    futures = [
        client.submit(convert_remotely, task, pure=False, key=f"vtm-{task.token}-{task.number}") for task in tasks
    ]
    open_tasks = set(range(len(tasks)))
    for number, future in enumerate(futures):
        future.add_done_callback(lambda done, number=number: heard.put((number, done)))
    try:
        while open_tasks:
            number, what = heard.get()
            job = jobs[number]
            if isinstance(what, tuple):
                yield Report(job, *what)
            elif number in open_tasks:
                open_tasks.discard(number)
                yield from _ended(tasks[number], job, what, manner, address)
    finally:
        client.cancel([futures[number] for number in open_tasks])
        client.unsubscribe_topic(TOPIC)


def _ended(task: Task, job: Job, future: Any, manner: Manner, address: str) -> Iterator[Report]:
    """Yield the messages and the last report of one job."""
    if future.status != "finished":
        yield Report(job, error=VtmError(_failure(future, address)))
        return
    outcome: Outcome = future.result()
    for line in outcome.lines:
        yield Report(job, line=line)
    if outcome.error is not None:
        yield Report(job, error=VtmError(outcome.error))
        return
    try:
        path = _placed(task, outcome, manner)
        red = False
        if outcome.report is not None:
            from engine.quality.files import write_report

            write_report(path, outcome.report)
            red = outcome.report.light == "red"
    except VtmError as error:
        yield Report(job, error=error)
        return
    speed = f"{outcome.seconds:.1f} s on {outcome.where}"
    text = f"{outcome.frames} frames, a person in {outcome.tracked:.0%}, {speed}"
    yield Report(job, outcome.frames, outcome.frames, result=text, path=path, red=red)


def _failure(future: Any, address: str) -> str:
    if future.status in ("cancelled", "lost"):
        return f"the scheduler at {address} stopped or gave up on the file; run the same command again to continue"
    error = future.exception()
    if type(error).__name__ == "KilledWorker":
        return "several workers died on this file (out of memory?); see their logs"
    return f"a worker failed: {describe(error)}"


def _placed(task: Task, outcome: Outcome, manner: Manner) -> Path:
    """Give the result its final name: that of the job, or the next free one. Raises OutputError."""
    from engine.motion.atomic import new_file

    data = task.part.read_bytes() if outcome.data is None else outcome.data
    with new_file(task.target, overwrite=manner.overwrite) as new:
        new.file.write(data)
    return new.path


def _task(number: int, job: Job, config: Config, manner: Manner, mark: Path, token: str) -> Task:
    target = job.target.resolve()
    if config.intrinsics_file is not None:
        config = dataclasses.replace(config, intrinsics_file=str(Path(config.intrinsics_file).resolve()))
    source: Path | str = "demo" if str(job.source) == "demo" else Path(job.source).absolute()
    part = target.with_name(f".{target.name}.{token}-{number}.part")
    return Task(number, source, target, part, mark, token, config, manner.style, manner.edit, manner.report)


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """Connect to the scheduler; closed on exit."""
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise UsageError(
            "--dask needs dask.distributed, here and on the workers: install it with pip install distributed"
        ) from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # errors are reported here, in one line
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise VtmError(
            f"no Dask scheduler answers at {address}: start one (dask scheduler) and workers (dask worker {address})"
        ) from error
    try:
        yield client
    finally:
        client.close(timeout=CONNECT_S)


def _check_workers(client: Any, address: str, say: Callable[[str], None]) -> None:
    """Wait for the first worker; all workers need this version of the program. Raises VtmError."""
    for wait_s in (_PATIENCE_S, _NO_WORKER_S):
        try:
            client.wait_for_workers(1, timeout=wait_s)
            break
        except TimeoutError:
            say(f"no worker at {address} yet: start some with: dask worker {address}")
    else:
        raise VtmError(
            f"no worker connected to {address} in {_NO_WORKER_S:.0f} s: start some with: dask worker {address}"
        )
    try:
        versions = client.run(version_of_worker)
    except Exception as error:
        raise VtmError(
            f"a worker at {address} cannot run this program ({describe(error)}): install vtm-live there"
        ) from error
    ours = version_of_worker()
    others = sorted({version for version in versions.values() if version != ours})
    if others:
        raise VtmError(
            f"workers at {address} have vtm-live {', '.join(others)}, this machine has {ours}: install the same version"
        )


@contextmanager
def _marked(folder: Path) -> Iterator[tuple[Path, str]]:
    """Create a file by which a worker can tell that it shares the folder."""
    token = secrets.token_hex(8)
    mark = folder / f".vtm-{token}.mark"
    mark.write_text(token)
    try:
        yield mark, token
    finally:
        mark.unlink(missing_ok=True)
