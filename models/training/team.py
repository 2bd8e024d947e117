"""Training in several processes that torchrun starts: each learns from its part of every batch, gradients are averaged.

torchrun starts them on one machine or on several, makes them find each other, and starts all of them again when one
dies; the run then goes on from its last checkpoint. Two processes of one thread each are faster on two cores than one
process of two threads: the layers are small, and drawing windows disturbs threads that wait for each other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor

from models.training.meeting import own_store

_MEETING = timedelta(minutes=5)
_PATIENCE = timedelta(minutes=15)
"""How long the processes wait for each other to start, and then, for instance while the first one validates."""
_NO_JOB = "none"  # what torchrun calls a job that was given no name


class TeamError(RuntimeError):
    """A process of the team is gone; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Team:
    """`size` processes that train together; this one is number `rank`, and number 0 reports and saves.

    local     its number on this machine
    local_size how many of the processes run on this machine
    restarts  how often torchrun has started them again
    job       torchrun's name of the run; "" without torchrun
    """

    size: int = 1
    rank: int = 0
    local: int = 0
    local_size: int = 1
    restarts: int = 0
    job: str = ""

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

    def decide(self, yes: bool) -> bool:
        """What process 0 says. Raises TeamError."""
        return bool(self.lead(float(yes)))

    def wait(self) -> None:
        """Wait until all have come here. Raises TeamError."""
        self.sum(0.0)

    def _together(self, act: Callable[[], object]) -> None:
        try:
            act()
        except RuntimeError as error:
            raise TeamError(
                "a training process died: continue with --resume (torchrun --max-restarts N does so by itself)"
            ) from error


def _unpack(flat: Tensor, tensors: Sequence[Tensor]) -> None:
    """Write one long tensor into those that it was put together from."""
    for tensor, part in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
        tensor.copy_(part.view_as(tensor))


ALONE = Team()


def team_of(environment: Mapping[str, str]) -> Team:
    """The team that torchrun describes in the environment of its processes; ALONE without torchrun."""
    if "WORLD_SIZE" not in environment or "RANK" not in environment:
        return ALONE
    number = {name: int(environment.get(name, 0)) for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK", "LOCAL_WORLD_SIZE")}
    return Team(
        number["WORLD_SIZE"],
        number["RANK"],
        number["LOCAL_RANK"],
        max(1, number["LOCAL_WORLD_SIZE"]),
        int(environment.get("TORCHELASTIC_RESTART_COUNT", 0)),
        environment.get("TORCHELASTIC_RUN_ID", ""),
    )


@contextmanager
def joined_team() -> Iterator[Team]:
    """The team that torchrun started this process for, while inside. Raises TeamError when they do not meet.

    Each process takes the GPU of its number on the machine, where there are GPUs.
    """
    team = team_of(os.environ)
    if team.size == 1:
        yield team
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(team.local % torch.cuda.device_count())
    try:
        store, rank, size = own_store(_MEETING)
        dist.init_process_group("gloo", store=store, rank=rank, world_size=size, timeout=_PATIENCE)
    except (RuntimeError, ValueError) as error:
        raise TeamError(f"the processes of the training did not meet ({str(error).splitlines()[0]})") from error
    try:
        yield team
    finally:
        dist.destroy_process_group()


def goes_on(team: Team, out: Path) -> bool:
    """Whether this is the same run, started again by torchrun, with a checkpoint to go on from; the same in all.

    torchrun counts no restart where a machine left or joined. So process 0 writes the job (`--rdzv-id`) into `out`;
    a checkpoint older than that is another run's. Raises TeamError, OSError.
    """
    again = False
    if team.leads and team.job:
        note, last = out / "torchrun_job", out / "last.pt"
        same = note.exists() and (team.restarts > 0 or (team.job != _NO_JOB and note.read_text() == team.job))
        again = same and last.exists() and last.stat().st_mtime >= note.stat().st_mtime
        if not same:
            out.mkdir(parents=True, exist_ok=True)
            note.write_text(team.job)
    return team.decide(again)
