"""Several processes train as one: their gradients are the mean, their weights the same, a death is told."""

from __future__ import annotations

import multiprocessing
import os
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.mocap.library import MotionLibrary
from models.training import loop
from models.training.loop import Trainer
from models.training.optimizer import Optimizer
from models.training.settings import TrainSettings
from models.training.state import read_checkpoint
from models.training.team import ALONE, Team, TeamError, goes_on, joined_team, team_of
from models.vtm.config import VTMConfig
from models.vtm.direct import make_network

SETTINGS = TrainSettings(steps=4, batch=6, report_every=2, autoencoder_share=0.5)


def average(team: Team, folder: Path) -> None:
    """Gradients 1 and 2 of a weight, none of another."""
    weight, other = torch.nn.Parameter(torch.zeros(2, 3)), torch.nn.Parameter(torch.zeros(1))
    weight.grad = torch.full((2, 3), 1.0 + team.rank)
    team.average([weight, other])
    assert other.grad is None
    torch.save((weight.grad, team.sum(10.0 + team.rank), team.lead(5.0 + team.rank)), folder / f"{team.rank}.pt")


def learn(team: Team, config: VTMConfig, library: MotionLibrary, folder: Path) -> None:
    """A short run; the weights at its end."""
    torch.set_num_threads(1)
    whole = loop.validation_windows
    loop.validation_windows = lambda library, config, _count, **cut: whole(library, config, 8, **cut)
    try:
        trainer = Trainer(config, SETTINGS, library, folder / "run", team=team)
        trainer.run(lambda _values: None)
    finally:
        loop.validation_windows = whole
    torch.save(trainer.model.state_dict(), folder / f"{team.rank}.pt")


def descend(team: Team, config: VTMConfig, folder: Path) -> None:
    """Three steps down the same slope in every process; the weights and the optimiser's state at the end."""
    torch.manual_seed(0)
    model = make_network(config)
    optimizer = Optimizer(model)
    optimizer.set_rates(0.01, 0.02)
    for _ in range(3):
        optimizer.step(torch.stack([weight.pow(2).sum() for weight in model.parameters()]).sum(), team)
    optimizer.gather(team)
    torch.save((model.state_dict(), optimizer.state_dict()), folder / f"{team.size}_{team.rank}.pt")


def die_or_wait(team: Team, folder: Path) -> None:
    """The second process dies; what the first one is told."""
    if team.rank == 1:
        os._exit(3)
    try:
        team.sum(1.0)
    except TeamError as error:
        (folder / "told").write_text(str(error))


def decide(team: Team, folder: Path) -> None:
    """Each process has an opinion; what counts."""
    (folder / f"{team.rank}").write_text(f"{team.decide(team.leads)} {team.decide(not team.leads)}")


def member(rank: int, port: int, work: Callable[..., None], arguments: tuple[object, ...]) -> None:
    """One process as torchrun starts it."""
    numbers = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2, "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in numbers.items()} | {"MASTER_ADDR": "127.0.0.1"})
    with joined_team() as team:
        work(team, *arguments)


def together(work: Callable[..., None], *arguments: object) -> list[int | None]:
    """Exit codes of two processes that do the work."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=member, args=(rank, port, work, arguments), daemon=True) for rank in (0, 1)]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    return [process.exitcode for process in both]


def test_gradients_are_the_mean_of_all(tmp_path):
    assert together(average, tmp_path) == [0, 0]
    for rank in (0, 1):
        gradient, total, first = torch.load(tmp_path / f"{rank}.pt")
        assert torch.equal(gradient, torch.full((2, 3), 1.5))
        assert (total, first) == (21.0, 5.0)


def test_a_team_that_deals_out_the_matrices_goes_where_one_process_goes(tiny, tmp_path):
    descend(ALONE, tiny, tmp_path)
    assert together(descend, tiny, tmp_path) == [0, 0]
    weights, states = torch.load(tmp_path / "1_0.pt")
    for rank in (0, 1):
        others, other_states = torch.load(tmp_path / f"2_{rank}.pt")
        assert all(torch.equal(value, others[name]) for name, value in weights.items())
        momenta, other_momenta = states[-1]["state"], other_states[-1]["state"]
        assert momenta.keys() == other_momenta.keys()
        assert all(torch.equal(momenta[i]["momentum_buffer"], other_momenta[i]["momentum_buffer"]) for i in momenta)


@pytest.mark.slow
def test_all_processes_end_with_the_same_weights_and_one_of_them_saves(tiny, library, tmp_path):
    assert together(learn, tiny, library, tmp_path) == [0, 0]
    progress = read_checkpoint(tmp_path / "run" / "last.pt")["progress"]
    assert (progress.step, progress.windows) == (4, 24)
    assert read_checkpoint(tmp_path / "run" / "last.pt")["run"]["processes"] == 2
    ours, theirs = (torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1))
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())


def test_a_process_that_dies_is_told(tmp_path):
    assert together(die_or_wait, tmp_path)[1] == 3
    assert "continue with --resume" in (tmp_path / "told").read_text()


def test_what_the_first_process_decides_counts_for_all(tmp_path):
    assert together(decide, tmp_path) == [0, 0]
    assert [(tmp_path / str(rank)).read_text() for rank in (0, 1)] == ["True False"] * 2


def test_a_process_learns_from_its_environment_what_it_is():
    given = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}
    elastic = {"TORCHELASTIC_RESTART_COUNT": "2", "TORCHELASTIC_RUN_ID": "job"}
    assert team_of(given | elastic) == Team(4, 3, 1, 2, 2, "job")
    assert team_of({}) == team_of({"RANK": "0"}) == ALONE


@pytest.mark.parametrize(
    ("team", "resumes"),
    [
        (Team(job="none", restarts=1), True),  # torchrun counted a restart
        (Team(job="job"), True),  # a machine left or joined: no restart is counted
        (Team(job="another"), False),
        (Team(job="none"), False),
        (ALONE, False),
    ],
    ids=["restarted", "same job", "another job", "no name", "without torchrun"],
)
def test_a_run_that_is_started_again_goes_on_from_its_own_checkpoint(tmp_path, team, resumes):
    last = tmp_path / "last.pt"
    last.touch()
    os.utime(last, (1.0, 1.0))  # of an earlier run
    assert not goes_on(Team(job="job"), tmp_path)
    assert not goes_on(Team(job="job"), tmp_path)
    last.touch()
    assert goes_on(team, tmp_path) is resumes
    assert last.exists()


def test_shares_make_up_the_batch_and_differ_from_process_to_process():
    teams = [Team(3, rank) for rank in range(3)]
    assert [team.share(8) for team in teams] == [3, 3, 2]
    assert len({team.seed(step) for team in teams for step in range(5)}) == 15
    assert (ALONE.share(8), ALONE.seed(4), ALONE.sum(2.5), ALONE.leads) == (8, 4, 2.5, True)
    assert replace(ALONE, rank=1).leads is False
