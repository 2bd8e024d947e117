"""ResNet18 with seeded random weights that give lively features, and a file of them as torchvision publishes it."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import torch
from torch import Tensor, nn

from models.vtm.resnet18 import ResNet18


def made(seed: int) -> ResNet18:
    """Random weights, as if trained: what comes in goes on through all layers, statistics are not 0 and 1."""
    rng = torch.Generator().manual_seed(seed)
    network = ResNet18()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", generator=rng)
        elif isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2, generator=rng)  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 1.5, generator=rng)  # type: ignore[union-attr]
    return network


def published(network: ResNet18, *, counters: bool = False) -> OrderedDict[str, Tensor]:
    """As torchvision's files are: with the head of 1000 classes, and without BatchNorm's counters."""
    state = OrderedDict((k, v) for k, v in network.state_dict().items() if counters or "num_batches" not in k)
    state["fc.weight"], state["fc.bias"] = torch.zeros(1000, 512), torch.zeros(1000)
    return state


def write_weights(path: Path, seed: int = 0) -> Path:
    """A .pth as `--backbone-weights` takes it."""
    torch.save(published(made(seed)), path)
    return path
