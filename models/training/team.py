"""Training in several processes on one machine: each learns from its share of every batch, gradients are averaged.

torch's own gloo over a file as meeting point. Two processes of one thread each are faster on two cores than one process
of two threads: the layers are small, and drawing windows disturbs threads that wait for each other.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor

_MEETING = timedelta(minutes=2)
_PATIENCE = timedelta(minutes=15)
"""How long they wait for each other to start, and then, for instance while the first one validates."""


class TeamError(RuntimeError):
    """A process of the team is gone; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Team:
    """`size` processes that train together; this one is number `rank`, and number 0 reports and saves."""

    size: int = 1
    rank: int = 0

    @property
    def leads(self) -> bool:
        """True for the one process that reports and saves."""
        return self.rank == 0

    def share(self, count: int) -> int:
        """How many of `count` windows are this process's."""
        return count // self.size + (self.rank < count % self.size)

    def seed(self, step: int) -> int:
        """Another one for every step and process; for one process the step itself."""
        return step * self.size + self.rank

    def average(self, weights: Sequence[Tensor]) -> None:
        """Replace the gradients of `weights` by their mean over the team. Raises TeamError."""
        if self.size == 1:
            return
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        self._together(lambda: dist.all_reduce(flat))
        flat /= self.size
        _unpack(flat, gradients)

    def has(self, index: int) -> bool:
        """True where part `index` of a work that is dealt out is this process's."""
        return index % self.size == self.rank

    def exchange(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensor `index` by that of the process that has this part of the work. Raises TeamError."""
        if self.size == 1 or not tensors:
            return
        parts = [t.detach() if self.has(index) else torch.zeros_like(t) for index, t in enumerate(tensors)]
        flat = torch.cat([part.flatten() for part in parts])
        self._together(lambda: dist.all_reduce(flat))  # all others are zero
        _unpack(flat, [tensor.detach() for tensor in tensors])

    def sum(self, value: float) -> float:
        """The sum of every process's value. Raises TeamError."""
        if self.size == 1:
            return value
        values = torch.tensor([value], dtype=torch.float64)
        self._together(lambda: dist.all_reduce(values))
        return float(values)

    def lead(self, value: float) -> float:
        """The value of process 0. Raises TeamError."""
        return self.sum(value if self.leads else 0.0)

    def _together(self, act: Callable[[], object]) -> None:
        try:
            act()
        except RuntimeError as error:
            raise TeamError("a process of the training died; go on with --resume") from error


def _unpack(flat: Tensor, tensors: Sequence[Tensor]) -> None:
    """Write one long tensor into those that it was put together from."""
    for tensor, part in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
        tensor.copy_(part.view_as(tensor))


ALONE = Team()


class Helpers:
    """The other processes of a team, started on entering, gone on leaving.

    work  called in each of them with (team, *arguments); a function of a module, since processes are spawned
    """

    def __init__(self, size: int, work: Callable[..., None], *arguments: object) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._store = Path(self._folder.name) / "meeting"
        context = multiprocessing.get_context("spawn")
        self._size = size
        self._processes = [
            context.Process(target=_begin, args=(self._store, Team(size, rank), work, arguments), daemon=True)
            for rank in range(1, size)
        ]

    def __enter__(self) -> Team:
        for process in self._processes:
            process.start()
        team = Team(self._size)
        if self._size > 1:
            _join(self._store, team)
        return team

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
            process.join()
        if self._size > 1:
            dist.destroy_process_group()
        self._folder.cleanup()


def _join(store: Path, team: Team) -> None:
    try:
        meeting = dist.FileStore(str(store), team.size)  # type: ignore[attr-defined]
        meeting.set_timeout(_MEETING)
        dist.init_process_group("gloo", store=meeting, world_size=team.size, rank=team.rank, timeout=_PATIENCE)
    except (RuntimeError, ValueError) as error:
        raise TeamError(f"the processes of the training did not meet ({str(error).splitlines()[0]})") from error


def _begin(store: Path, team: Team, work: Callable[..., None], arguments: tuple[object, ...]) -> None:
    _join(store, team)
    work(team, *arguments)
