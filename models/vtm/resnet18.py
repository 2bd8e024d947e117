"""ResNet18, the paper's backbone, up to its last feature map; frozen, with torchvision's weight names.

Written out because torchvision cannot be imported beside the CPU build of torch that training is pinned to: its wheels
on PyPI are linked to CUDA. The names are those of `torchvision.models.resnet18`, so that its weights load unchanged.
He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition, CVPR 2016, table 1, column of 18 layers.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.vtm.evidence import MAP_CELLS

MEAN_RGB = (0.485, 0.456, 0.406)
STD_RGB = (0.229, 0.224, 0.225)
"""Mean and standard deviation of ImageNet pictures in 0..1, as used for torchvision's weights."""
WEIGHTS_FILE = "resnet18-f37072fd.pth"
"""torchvision's ResNet18_Weights.IMAGENET1K_V1, as named in the cache of torch.hub."""
_HEAD = ("fc.weight", "fc.bias")  # the 1000 classes: not ours


class BackboneError(ValueError):
    """The backbone's weights cannot be used; the message says what to do."""


class BasicBlock(nn.Module):
    """(B, C_in, H, W) -> (B, C, H / stride, W / stride): two 3 x 3 convolutions around a skip."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + self.downsample(x))


class ResNet18(nn.Module):
    """(B, 3, 224, 224) normalised RGB -> (B, 512, 7, 7), the map that torchvision averages for its classes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(BasicBlock(64, 64, 1), BasicBlock(64, 64, 1))
        self.layer2 = nn.Sequential(BasicBlock(64, 128, 2), BasicBlock(128, 128, 1))
        self.layer3 = nn.Sequential(BasicBlock(128, 256, 2), BasicBlock(256, 256, 1))
        self.layer4 = nn.Sequential(BasicBlock(256, 512, 2), BasicBlock(512, 512, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)  # (B, 64, 56, 56)
        out: Tensor = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return out


class ResNet18Features(nn.Module):
    """The frozen backbone for export: (B, 3, 224, 224) RGB in 0..1 -> (B, 16, 512), rows as in evidence.py.

    7 x 7 cells are averaged 3 x 3 with stride 2, which is symmetric: the mirrored picture gives the mirrored map.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: ResNet18) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(MEAN_RGB).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(STD_RGB).view(3, 1, 1))
        self.pool = nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)
        self.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> ResNet18Features:
        """Stay frozen: the statistics remain ImageNet's."""
        del mode
        super().train(False)
        return self

    def forward(self, image: Tensor) -> Tensor:
        maps = self.pool(self.network((image - self.mean) / self.std))  # (B, 512, 4, 4)
        assert maps.shape[-2:] == (MAP_CELLS, MAP_CELLS)
        out: Tensor = maps.flatten(2).transpose(1, 2)  # (B, 16, 512)
        return out


def load_resnet18(weights: Path | None = None) -> ResNet18:
    """Load a .pth with torchvision's names; None: torchvision's ImageNet weights, downloaded once.

    Raises BackboneError: no torchvision and no file, a file that cannot be read, the weights of another network.
    """
    if weights is None:
        state, origin = _imagenet_weights(), "torchvision's ResNet18"
    else:
        state, origin = _read_weights(weights), str(weights)
    network = ResNet18()
    wanted = _without_counters(network.state_dict())
    found = {name: value for name, value in _without_counters(state).items() if name not in _HEAD}
    lacking = [name for name in wanted if name not in found]
    others = [name for name in found if name not in wanted]
    if lacking or others:
        raise BackboneError(f"{origin} is another network: {_difference(lacking, others)}; {_EXPECTED}")
    for name, value in found.items():
        if value.shape != wanted[name].shape:
            shapes = f"{tuple(value.shape)}, expected {tuple(wanted[name].shape)}"
            raise BackboneError(f"{origin} is another network: {name} has shape {shapes}; {_EXPECTED}")
    network.load_state_dict(found, strict=False)
    return network


_EXPECTED = f"expected torchvision's resnet18 ({WEIGHTS_FILE})"
_NO_WEIGHTS = (
    f"ResNet18's ImageNet weights: {{}}; give the file: --backbone-weights {WEIGHTS_FILE} "
    "(torchvision.models.ResNet18_Weights.IMAGENET1K_V1, downloaded where torchvision runs)"
)


def fingerprint(network: ResNet18) -> str:
    """Return the sha256 of all weights by name: identifies the backbone, whatever its file."""
    digest = hashlib.sha256()
    for name, value in sorted(_without_counters(network.state_dict()).items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _imagenet_weights() -> Mapping[str, Tensor]:
    try:
        published = importlib.import_module("torchvision.models").ResNet18_Weights.IMAGENET1K_V1
    except Exception as error:  # missing, or built for another torch (RuntimeError)
        reason = "torchvision is not installed" if isinstance(error, ImportError) else "torchvision does not run here"
        raise BackboneError(_NO_WEIGHTS.format(reason)) from error
    try:
        state: Mapping[str, Tensor] = published.get_state_dict(progress=False, check_hash=True)
    except (OSError, RuntimeError) as error:  # no network, or a wrong hash
        raise BackboneError(_NO_WEIGHTS.format(f"the download failed ({type(error).__name__})")) from error
    return state


def _read_weights(path: Path) -> Mapping[str, Tensor]:
    try:
        state: Any = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise BackboneError(f"{path}: no such file; {_EXPECTED}") from error
    except Exception as error:  # pickle.UnpicklingError, and what torch and zipfile raise
        raise BackboneError(f"{path}: cannot be read as weights ({type(error).__name__}); {_EXPECTED}") from error
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise BackboneError(f"{path}: has no table of weights;  {_EXPECTED}")
    return state


def _without_counters(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Drop BatchNorm's step counters, which older files lack and a frozen network does not need."""
    return {name: value for name, value in state.items() if not name.endswith("num_batches_tracked")}


def _difference(lacking: list[str], others: list[str]) -> str:
    """ "it lacks conv1.weight and 3 more, it has stem.weight": the first of each, so that one line is enough."""
    said = []
    for verb, names in (("lacks", lacking), ("has", others)):
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            said.append(f"it {verb} {names[0]}{more}")
    return ", ".join(said)
