"""Optimiser: Muon for the matrices, AdamW for biases, norms and positions.

Muon orthogonalises a matrix's momentum, so that all its directions learn at the same pace. This network needs about
half as many steps as with AdamW (see the ablation table of the model card). It is torch.optim.Muon with steps scaled to
the size of AdamW's, so that both use one learning rate, times the best factor found in short runs. Orthogonalisation
costs as much as the gradients of 60 windows, so in a team each process does it for its own part of the matrices.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import torch
from torch import Tensor

from models.training.team import ALONE, Team
from models.vtm.direct import Network

StateDict: TypeAlias = dict[str, Any]
_DECAY = 0.01
_MOMENTUM = "momentum_buffer"  # Muon's only state per matrix
_MATRIX_RATE = 2.0
"""Learning rate of the matrices relative to the other weights."""


class Optimizer:
    """Optimiser of two groups of weights, TPMAE's and all others, each with its own learning rate."""

    def __init__(self, model: Network, *, muon: bool = True) -> None:
        named = list(model.named_parameters())
        groups = [[p for n, p in named if n.startswith("tpmae.") is own] for own in (True, False)]
        matrices, others = ([[p for p in g if (muon and p.ndim == 2) is two] for g in groups] for two in (True, False))
        self._parts: list[torch.optim.Optimizer] = [
            torch.optim.AdamW([{"params": group} for group in others], weight_decay=_DECAY, betas=(0.9, 0.98))
        ]
        self._matrices = sorted(
            (p for group in matrices for p in group), key=Tensor.numel
        )  # neighbours have similar costs
        if muon:
            matched = "match_rms_adamw"
            self._parts.append(
                torch.optim.Muon([{"params": g} for g in matrices], weight_decay=_DECAY, adjust_lr_fn=matched)
            )

    def set_rates(self, autoencoder: float, others: float) -> None:
        """Set the learning rates of the next step."""
        for part, factor in zip(self._parts, (1.0, _MATRIX_RATE), strict=False):
            for group, rate in zip(part.param_groups, (autoencoder, others), strict=True):
                group["lr"] = rate * factor

    def step(self, loss: Tensor, team: Team = ALONE) -> None:
        """Take a step down `loss`, averaged over the team, with gradients clipped at a norm of 1."""
        for part in self._parts:
            part.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        weights = [p for part in self._parts for group in part.param_groups for p in group["params"]]
        team.average(weights)
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        for index, matrix in enumerate(self._matrices):
            if not team.has(index):
                matrix.grad = None  # skipped by Muon
        for part in self._parts:
            part.step()
        team.exchange(self._matrices)

    def gather(self, team: Team) -> None:
        """Collect the state, of which each process updated a part. Call in all processes before `state_dict`."""
        if team.size > 1 and self._matrices:
            states = [self._parts[-1].state[matrix] for matrix in self._matrices]
            for state, matrix in zip(states, self._matrices, strict=True):
                state.setdefault(_MOMENTUM, torch.zeros_like(matrix))
            team.exchange([state[_MOMENTUM] for state in states])

    def state_dict(self) -> list[StateDict]:
        """Return the state for a checkpoint."""
        return [part.state_dict() for part in self._parts]

    def load_state_dict(self, states: list[StateDict]) -> None:
        """Restore from `state_dict`. Raises ValueError for another optimiser or other weights."""
        if len(states) != len(self._parts):
            raise ValueError("the run was trained with another optimiser")
        for part, state in zip(self._parts, states, strict=True):
            part.load_state_dict(state)
