"""Training in several processes started by torchrun: each uses its part of every batch; gradients are averaged.

torchrun starts them on one machine or several, connects them, and restarts all of them when one dies. The run then
continues from its last checkpoint. On two cores, two processes of one thread each are faster than one process of two
threads: the layers are small, and sampling windows disturbs threads that wait for each other.
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
"""How long the processes wait for each other, at the start and later, for example while the first one validates."""
_NO_JOB = "none"  # torchrun's name for an unnamed job


class TeamError(RuntimeError):
    """A process of the team died; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Team:
    """`size` processes that train together. This one is number `rank`; number 0 reports and saves.

    local       number of this process on this machine
    local_size  number of processes on this machine
    restarts    number of restarts by torchrun
    job         torchrun's name of the run; "" without torchrun
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
        """Return this process's part of `count` windows."""
        return count // self.size + (self.rank < count % self.size)

    def seed(self, step: int) -> int:
        """Return a seed that is unique for each step and process; the step itself if there is one process."""
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
        """Return whether part `index` of distributed work belongs to this process."""
        return index % self.size == self.rank

    def exchange(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensor `index` by that of the process to which this part belongs. Raises TeamError."""
        if self.size == 1 or not tensors:
            return
        parts = [t.detach() if self.has(index) else torch.zeros_like(t) for index, t in enumerate(tensors)]
        flat = torch.cat([part.flatten() for part in parts])
        self._together(lambda: dist.all_reduce(flat))  # all others are zero
        _unpack(flat, [tensor.detach() for tensor in tensors])

    def sum(self, value: float) -> float:
        """Return the sum of all processes' values. Raises TeamError."""
        if self.size == 1:
            return value
        values = torch.tensor([value], dtype=torch.float64)
        self._together(lambda: dist.all_reduce(values))
        return float(values)

    def lead(self, value: float) -> float:
        """Return the value of process 0. Raises TeamError."""
        return self.sum(value if self.leads else 0.0)

    def decide(self, yes: bool) -> bool:
        """Return the decision of process 0. Raises TeamError."""
        return bool(self.lead(float(yes)))

    def wait(self) -> None:
        """Wait until all processes reach this call. Raises TeamError."""
        self.sum(0.0)

    def _together(self, act: Callable[[], object]) -> None:
        try:
            act()
        except RuntimeError as error:
            raise TeamError(
                "a training process died: continue with --resume (torchrun --max-restarts N does so automatically)"
            ) from error


def _unpack(flat: Tensor, tensors: Sequence[Tensor]) -> None:
    """Copy a flat tensor back into the tensors it was concatenated from."""
    for tensor, part in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
        tensor.copy_(part.view_as(tensor))


ALONE = Team()


def team_of(environment: Mapping[str, str]) -> Team:
    """Return the team described by torchrun's environment variables; ALONE without torchrun."""
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
    """Join the team for which torchrun started this process; leave it at the end. Raises TeamError if they never meet.

    With GPUs, each process uses the one with its number on the machine.
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
        raise TeamError(f"the training processes did not find each other ({str(error).splitlines()[0]})") from error
    try:
        yield team
    finally:
        dist.destroy_process_group()


def goes_on(team: Team, out: Path) -> bool:
    """Return whether torchrun restarted this run and there is a checkpoint to continue from; the same in all processes.

    torchrun does not count a restart when a machine left or joined. So process 0 writes the job (`--rdzv-id`) into
    `out`; an older checkpoint belongs to another run. Raises TeamError, OSError.
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
