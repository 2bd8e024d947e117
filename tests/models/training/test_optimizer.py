"""Muon on the matrices, AdamW on the rest, the auto-encoder at a rate of its own; a state that comes back."""

from __future__ import annotations

import copy

import pytest
import torch

from models.training.optimizer import Optimizer
from models.vtm.vtm import VTM


def step(model: VTM, optimizer: Optimizer, seed: int = 0) -> dict[str, torch.Tensor]:
    """One step down a random linear loss; what each weight moved by."""
    rng = torch.Generator().manual_seed(seed)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    optimizer.step(sum((w * torch.randn(w.shape, generator=rng)).sum() for w in model.parameters()))
    return {name: weight.detach() - before[name] for name, weight in model.named_parameters()}


def test_a_matrix_moves_alike_in_all_directions_under_muon_only(tiny):
    spread = {}
    for muon in (True, False):
        torch.manual_seed(0)
        model = VTM(tiny)
        optimizer = Optimizer(model, muon=muon)
        optimizer.set_rates(1e-3, 1e-3)
        moved = step(model, optimizer)["tpve.upper.to_latent.weight"]
        sizes = torch.linalg.svdvals(moved.double())
        spread[muon] = float(sizes.max() / sizes.min())
    assert spread[True] < 8 < spread[False]


def test_every_weight_moves_and_a_rate_of_zero_holds_its_group_still(tiny):
    model = VTM(tiny)
    optimizer = Optimizer(model)
    optimizer.set_rates(1e-3, 1e-3)
    assert all(change.any() for change in step(model, optimizer).values())
    optimizer.set_rates(1e-3, 0.0)
    moved = {name for name, change in step(model, optimizer, seed=1).items() if change.any()}
    assert moved == {name for name, _ in model.named_parameters() if name.startswith("tpmae.")}


def test_steps_are_as_long_as_the_gradient_is_not(tiny):
    sizes = []
    for factor in (1.0, 1000.0):
        torch.manual_seed(0)
        model = VTM(tiny)
        optimizer = Optimizer(model)
        optimizer.set_rates(1e-3, 1e-3)
        before = model.tpve.upper.to_latent.weight.detach().clone()
        optimizer.step((model.tpve.upper.to_latent.weight * before).sum() * factor)
        sizes.append(float((model.tpve.upper.to_latent.weight - before).detach().norm()))
    assert sizes[0] == pytest.approx(sizes[1], rel=0.02)


@pytest.mark.parametrize("name", ["weight", "bias"])  # of Muon, of AdamW
def test_one_wild_batch_does_not_decide_the_steps_after_it(tiny, name):
    """Its gradients are clipped; else the moments of the optimisers would follow it for many steps."""
    torch.manual_seed(0)
    model = VTM(tiny)
    optimizer = Optimizer(model)
    optimizer.set_rates(1e-3, 1e-3)
    weight = getattr(model.tpve.upper.to_latent, name)
    wild, next_one = torch.randn(2, *weight.shape) * 10
    optimizer.step((weight * wild).sum() * 1e4)
    before = weight.detach().clone()
    optimizer.step((weight * next_one).sum())
    moved = -(weight.detach() - before).flatten()
    assert torch.cosine_similarity(moved, next_one.flatten(), dim=0) > 0.3


def test_small_gradients_are_left_as_they_are(tiny):
    model = VTM(tiny)
    optimizer = Optimizer(model)
    optimizer.set_rates(0.0, 0.0)
    weight, slope = model.tpve.upper.to_latent.bias, torch.full_like(model.tpve.upper.to_latent.bias, 1e-3)
    optimizer.step((weight * slope).sum())
    assert weight.grad is not None
    assert torch.equal(weight.grad, slope)


def test_a_state_goes_on_where_it_was_and_that_of_another_optimiser_is_refused(tiny):
    torch.manual_seed(0)
    model = VTM(tiny)
    optimizer = Optimizer(model)
    optimizer.set_rates(1e-3, 1e-3)
    step(model, optimizer)
    again = VTM(tiny)
    again.load_state_dict(model.state_dict())
    resumed = Optimizer(again)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    resumed.set_rates(1e-3, 1e-3)
    moved, as_before = step(model, optimizer, seed=2), step(again, resumed, seed=2)
    assert all(torch.equal(moved[name], change) for name, change in as_before.items())
    with pytest.raises(ValueError, match="another optimiser"):
        Optimizer(again, muon=False).load_state_dict(optimizer.state_dict())
