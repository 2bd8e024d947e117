"""A training run on disk: network, EMA, optimiser, progress and config in one resumable checkpoint."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from models.training.optimizer import Optimizer
from models.vtm.config import VTMConfig
from models.vtm.direct import Network, make_network
from models.vtm.vtm import VTM


class CheckpointError(ValueError):
    """The checkpoint cannot be used; the message says what to do."""


@dataclass(slots=True)
class Progress:
    """Progress of a run. `seconds` counts training time over all resumptions."""

    stage: int = 1
    step: int = 0
    seconds: float = 0.0
    windows: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


class Ema:
    """Exponential moving average of weights and buffers, with a warm-up of the decay."""

    def __init__(self, model: Network, decay: float) -> None:
        self.model: Network = copy.deepcopy(model).eval()
        self.model.requires_grad_(False)
        self._decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, model: Network) -> None:
        """Move towards `model` by one step."""
        self.updates += 1
        decay = min(self._decay, (1 + self.updates) / (10 + self.updates))
        for mine, theirs in zip(self.model.state_dict().values(), model.state_dict().values(), strict=True):
            if mine.dtype.is_floating_point:
                mine.lerp_(theirs.to(mine.dtype), 1 - decay)
            else:
                mine.copy_(theirs)


def save_checkpoint(
    path: Path, model: Network, ema: Ema, optimizer: Optimizer, progress: Progress, run: dict[str, Any]
) -> None:
    """Write atomically. `run`: the command's settings, kept for the model card."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(
        {
            "config": model.config.to_dict(),
            "model": model.state_dict(),
            "ema": ema.model.state_dict(),
            "ema_updates": ema.updates,
            "optimizer": optimizer.state_dict(),
            "progress": {name: getattr(progress, name) for name in Progress.__dataclass_fields__},
            "run": run,
        },
        partial,
    )
    partial.replace(path)


def save_weights(path: Path, data: dict[str, Any]) -> None:
    """Save the averaged weights of a checkpoint in half precision, with config, progress and run, for
    `python -m models.train --start-from`. They take a ninth of the space; the optimiser state is lost."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    progress = data["progress"]
    torch.save(
        {
            "config": data["config"].to_dict(),
            "ema": {name: value.half() if value.is_floating_point() else value for name, value in data["ema"].items()},
            "progress": {name: getattr(progress, name) for name in Progress.__dataclass_fields__},
            "run": without_folders(data["run"]),
        },
        partial,
    )
    partial.replace(path)


def without_folders(run: Any) -> Any:
    """Return a run's settings with absolute paths reduced to their last name, so that files name no machine."""
    if isinstance(run, dict):
        return {name: without_folders(value) for name, value in run.items()}
    if isinstance(run, list | tuple):
        return [without_folders(value) for value in run]
    return Path(run).name if isinstance(run, str) and Path(run).is_absolute() else run


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return the checkpoint's content. Raises CheckpointError when it is missing, broken or has another config
    format."""
    try:
        data: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        data["config"] = VTMConfig.from_dict(data["config"])
        data["progress"] = Progress(**data["progress"])
    except FileNotFoundError as error:
        raise CheckpointError(f"{path}: no such checkpoint; train one with python -m models.train --out DIR") from error
    except (RuntimeError, KeyError, TypeError, ValueError, EOFError, OSError, AttributeError) as error:
        raise CheckpointError(f"{path}: not a checkpoint of this version ({_brief(error)}); train again") from error
    except Exception as error:  # pickle.UnpicklingError and what torch wraps around it
        raise CheckpointError(f"{path}: cannot be read as a checkpoint ({type(error).__name__})") from error
    return data


def _brief(error: Exception) -> str:
    """Return the first sentence of torch's errors, which have many lines."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    named = lines[1] if lines[0].endswith(":") and len(lines) > 1 else lines[0]
    return named.split(". ")[0][:160]


def load_network(path: Path) -> tuple[Network, dict[str, Any]]:
    """Return the averaged (EMA) network of a checkpoint in evaluation mode, and the checkpoint's content."""
    data = read_checkpoint(path)
    model = make_network(data["config"])
    try:
        model.load_state_dict(data["ema"])
    except RuntimeError as error:
        raise CheckpointError(f"{path}: weights do not fit the config in it ({_brief(error)})") from error
    return model.eval(), data


def load_vtm(path: Path) -> tuple[VTM, dict[str, Any]]:
    """Return the averaged VTM of a checkpoint and its content. Raises CheckpointError for the baseline network."""
    model, data = load_network(path)
    if not isinstance(model, VTM):
        raise CheckpointError(f"{path}: contains the plain regression, not VTM; train without --ablation direct")
    return model, data
