"""What a training run begins with: the weights and the history of an earlier one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from models.training.state import CheckpointError, read_checkpoint
from models.vtm.config import VTMConfig
from models.vtm.direct import Network
from models.vtm.recovered import RecoverError, recovered_vtm


def runs_before(data: dict[str, Any], run: dict[str, Any]) -> list[dict[str, Any]]:
    """The runs that led to a checkpoint, for a run that goes on from it; the same one resumed is not another."""
    last = {name: value for name, value in data["run"].items() if name != "earlier"}
    earlier: list[dict[str, Any]] = data["run"].get("earlier", [])
    same = last.get("settings") == run["settings"]
    return earlier if same else [*earlier, last | {"until_step": data["progress"].step}]


def load_start(model: Network, path: Path) -> None:
    """Weights of a checkpoint (averaged) or of an exported ONNX; what these lack stays as initialised.

    Raises CheckpointError when they are of another network.
    """
    lacking = ["tpve.spread_head", "spread_head"]  # older weights know no confidence
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
        raise CheckpointError(f"{path}: weights of other sizes; start from ones of this config") from error
    wrong = [name for name in missing if not name.startswith(tuple(lacking))] + list(unknown)
    if wrong:
        raise CheckpointError(f"{path}: weights of another network ({wrong[0]}); start from ones of this config")


def trained_autoencoder(path: Path, config: VTMConfig) -> dict[str, torch.Tensor]:
    """The averaged TPMAE of a checkpoint. Raises CheckpointError when it is of other sizes."""
    data = read_checkpoint(path)
    prefix = "tpmae."
    weights = {name.removeprefix(prefix): value for name, value in data["ema"].items() if name.startswith(prefix)}
    sizes = ("latent", "width", "window_frames")
    if not weights or any(getattr(data["config"], name) != getattr(config, name) for name in sizes):
        raise CheckpointError(f"{path}: no TPMAE of this config in it; leave --autoencoder out to train one")
    return weights
