"""Starting point of a training run: weights and history of an earlier run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from models.training.state import CheckpointError, read_checkpoint
from models.vtm.config import VTMConfig
from models.vtm.direct import Network
from models.vtm.recovered import RecoverError, recovered_vtm


def runs_before(data: dict[str, Any], run: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the runs that led to a checkpoint, for a run that continues from it; a resumed run counts once."""
    last = {name: value for name, value in data["run"].items() if name != "earlier"}
    earlier: list[dict[str, Any]] = data["run"].get("earlier", [])
    same = last.get("settings") == run["settings"]
    return earlier if same else [*earlier, last | {"until_step": data["progress"].step}]


def load_start(model: Network, path: Path) -> None:
    """Load the (averaged) weights of a checkpoint or of an exported ONNX. Missing ones stay as initialised.

    Raises CheckpointError when they belong to another network.
    """
    lacking = ["tpve.spread_head", "spread_head"]  # older weights have no confidence head
    if path.suffix == ".onnx":
        try:
            state = recovered_vtm(path).state_dict()
        except RecoverError as error:
            raise CheckpointError(str(error)) from error
        lacking += ["tpmae.motion_encoder"]
        state = {name: value for name, value in state.items() if not name.startswith(tuple(lacking))}
    else:
        state = read_checkpoint(path)["ema"]
    try:
        missing, unknown = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise CheckpointError(f"{path}: weights have other shapes; start from weights of this config") from error
    wrong = [name for name in missing if not name.startswith(tuple(lacking))] + list(unknown)
    if wrong:
        raise CheckpointError(f"{path}: weights of another network ({wrong[0]}); start from weights of this config")


def trained_autoencoder(path: Path, config: VTMConfig) -> dict[str, torch.Tensor]:
    """Return the averaged TPMAE of a checkpoint. Raises CheckpointError when its shapes differ."""
    data = read_checkpoint(path)
    prefix = "tpmae."
    weights = {name.removeprefix(prefix): value for name, value in data["ema"].items() if name.startswith(prefix)}
    sizes = ("latent", "width", "window_frames")
    if not weights or any(getattr(data["config"], name) != getattr(config, name) for name in sizes):
        raise CheckpointError(f"{path}: no TPMAE of this config in it; leave --autoencoder out to train one")
    return weights
