"""Recover weights from an exported ONNX, to continue training when there is no checkpoint.

The export folds K and conv into F's first matrix (models.vtm.folded). Its four blocks, one per frame of a patch, are
W_s [S | O]: of rank `features` when stacked, so a singular value decomposition gives factors with the same product.
Inputs of linear layers only are known up to a change of basis, which does not matter. E_u^M and E_l^M are not in the
file: `python -m models.train --start-from` trains them again against the decoders.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.vtm.backbones import feature_channels
from models.vtm.config import VTMConfig
from models.vtm.vtm import VTM

F32 = NDArray[np.float32]
_PARTS = ("upper", "lower")


class RecoverError(ValueError):
    """The weights in the ONNX cannot be recovered; the message says what to do."""


def recovered_vtm(path: Path) -> VTM:
    """Return the network of an exported ONNX, with newly initialised motion encoders. Raises RecoverError."""
    try:
        about: dict[str, Any] = json.loads(path.with_suffix(".json").read_text())
        config = replace(VTMConfig.from_dict(about["config"]), mirrored=False)
        if config.confidence:
            raise ValueError("it is of format 4, whose checkpoint is models/checkpoints/vtm.pt")
        vtm = VTM(config)
        state = _state(onnx.load(str(path)), vtm)
    except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RecoverError(
            f"{path}: no weights to continue from ({reason}); pass a checkpoint, or an export of format 3"
        ) from error
    missing, unknown = vtm.load_state_dict(state, strict=False)
    unexpected = [name for name in missing if not name.startswith("tpmae.motion_encoder")]
    if unexpected or unknown:
        raise RecoverError(f"{path}: lacks {', '.join([*unexpected, *unknown][:3])}; export it again")
    return vtm


def _state(model: onnx.ModelProto, vtm: VTM) -> dict[str, Tensor]:
    """Return single precision weights by their names in VTM."""
    arrays = {
        tensor.name.removesuffix("_half"): onnx.numpy_helper.to_array(tensor).astype(np.float32)
        for tensor in model.graph.initializer
    }
    state = {
        name: torch.from_numpy(array.copy()) for name, array in arrays.items() if name.startswith(("tpve.", "tpmae."))
    }
    positions = _positions(model, arrays)
    for index, part in enumerate(_PARTS):
        state |= {f"tpve.{part}.{name}": value for name, value in _unfolded(model, arrays, part, vtm.config).items()}
        state[f"tpve.{part}.position"] = positions[index]
        name = f"tpve.{part}.context.{vtm.config.context_blocks - 1}.to_qkv"
        if f"{name}.bias" not in state:  # the last block has queries of fewer tokens: its bias is split
            state[f"{name}.bias"] = _split_bias(arrays, index)
    return state


def _positions(model: onnx.ModelProto, arrays: dict[str, F32]) -> list[Tensor]:
    """Return both parts' tables, in graph order: one row per token (shared by a window and its mirror image)."""
    used = [name for node in model.graph.node for name in node.input]
    names = sorted((n for n in arrays if n.startswith("repeat_interleave")), key=used.index)
    if len(names) != len(_PARTS):
        raise ValueError(f"{len(names)} tables of positions, expected {len(_PARTS)}")
    return [torch.from_numpy(arrays[name][::2].copy()) for name in names]


def _split_bias(arrays: dict[str, F32], part: int) -> Tensor:
    """Return (3 C,): queries, then keys and values, stored in the graph as two constants per part, the longer first."""
    slices = [name for name in arrays if name.startswith("slice_") and arrays[name].ndim == 1]
    longer, shorter = slices[2 * part : 2 * part + 2]
    return torch.from_numpy(np.concatenate([arrays[shorter], arrays[longer]]))


def _weight_before(model: onnx.ModelProto, arrays: dict[str, F32], bias: str) -> F32:
    """Return the weight (out, in) of the layer with this bias."""
    made_by = {name: node for node in model.graph.node for name in node.output}
    add = next(node for node in model.graph.node if node.op_type == "Add" and bias in node.input)
    product = made_by[next(name for name in add.input if name != bias)]
    return np.ascontiguousarray(arrays[product.input[1]].T)


def _unfolded(model: onnx.ModelProto, arrays: dict[str, F32], part: str, config: VTMConfig) -> dict[str, Tensor]:
    """Return a part's K, conv and F."""
    hidden = [_weight_before(model, arrays, f"{part}.hidden.{index}.bias") for index in range(2)]
    features, stride = config.features, config.stride
    sizes = [*(weight.shape[1] for weight in hidden), *[features] * len(hidden)]
    if sizes[1] != feature_channels(config.backbone):
        raise ValueError(f"{sizes[1]} numbers of image evidence, expected {feature_channels(config.backbone)}")
    folded = arrays[f"{part}.fusion.0.weight"].astype(np.float64)
    width = len(folded)
    frames = folded.reshape(width, stride, -1).swapaxes(0, 1)  # (stride, width, columns)
    columns = np.split(frames, np.cumsum(sizes)[:-1], axis=-1)
    state, outer = {}, []
    for index, name in enumerate(("keypoint_encoder", "visual_encoder.embed")):
        both = np.concatenate([columns[index], columns[index + 2]], axis=-1).reshape(stride * width, -1)
        left, values, right = np.linalg.svd(both, full_matrices=False)
        left, values, right = left[:, :features], values[:features], right[:features]
        outer.append((left * np.sqrt(values)).reshape(stride, width, features))
        inner = np.sqrt(values)[:, None] * right
        state[f"{name}.straight.weight"], state[f"{name}.out.weight"] = np.split(inner, [sizes[index]], axis=1)
        state[f"{name}.hidden.weight"] = hidden[index]
        state[f"{name}.hidden.bias"] = arrays[f"{part}.hidden.{index}.bias"]
        state[f"{name}.straight.bias"] = state[f"{name}.out.bias"] = np.zeros(features)  # inside F's own
    weight = np.stack(outer, axis=2).transpose(1, 0, 2, 3)  # (width, stride, 2, features)
    state["fusion.0.weight"] = weight.reshape(width, -1)
    prefix = f"{part}.fusion."
    others = {f"fusion.{name.removeprefix(prefix)}": array for name, array in arrays.items() if name.startswith(prefix)}
    return {name: torch.from_numpy(np.array(value, np.float32)) for name, value in (others | state).items()}
