"""Several processes train as one: their gradients are the mean, their weights the same, a death is told."""

from __future__ import annotations

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
from models.training.team import ALONE, Helpers, Team, TeamError
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


def leave(team: Team) -> None:
    """A process that dies."""
    raise SystemExit(team.rank)


def done(team: Team, work: Callable[..., None], *arguments: object) -> None:
    """The work, then wait for each other: leaving ends the others."""
    work(team, *arguments)
    team.sum(0.0)


def together(work: Callable[..., None], *arguments: object) -> None:
    with Helpers(2, done, work, *arguments) as team:
        done(team, work, *arguments)


def test_gradients_are_the_mean_of_all(tmp_path):
    together(average, tmp_path)
    for rank in (0, 1):
        gradient, total, first = torch.load(tmp_path / f"{rank}.pt")
        assert torch.equal(gradient, torch.full((2, 3), 1.5))
        assert (total, first) == (21.0, 5.0)


def test_a_team_that_deals_out_the_matrices_goes_where_one_process_goes(tiny, tmp_path):
    descend(ALONE, tiny, tmp_path)
    together(descend, tiny, tmp_path)
    weights, states = torch.load(tmp_path / "1_0.pt")
    for rank in (0, 1):
        others, other_states = torch.load(tmp_path / f"2_{rank}.pt")
        assert all(torch.equal(value, others[name]) for name, value in weights.items())
        momenta, other_momenta = states[-1]["state"], other_states[-1]["state"]
        assert momenta.keys() == other_momenta.keys()
        assert all(torch.equal(momenta[i]["momentum_buffer"], other_momenta[i]["momentum_buffer"]) for i in momenta)


@pytest.mark.slow
def test_all_processes_end_with_the_same_weights_and_one_of_them_saves(tiny, library, tmp_path):
    together(learn, tiny, library, tmp_path)
    progress = read_checkpoint(tmp_path / "run" / "last.pt")["progress"]
    assert (progress.step, progress.windows) == (4, 24)
    assert read_checkpoint(tmp_path / "run" / "last.pt")["run"]["processes"] == 2
    ours, theirs = (torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1))
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())


def test_a_process_that_dies_is_told():
    with Helpers(2, leave) as team, pytest.raises(TeamError, match="go on with --resume"):
        team.sum(1.0)


def test_shares_make_up_the_batch_and_differ_from_process_to_process():
    teams = [Team(3, rank) for rank in range(3)]
    assert [team.share(8) for team in teams] == [3, 3, 2]
    assert len({team.seed(step) for team in teams for step in range(5)}) == 15
    assert (ALONE.share(8), ALONE.seed(4), ALONE.sum(2.5), ALONE.leads) == (8, 4, 2.5, True)
    assert replace(ALONE, rank=1).leads is False
