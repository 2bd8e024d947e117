"""Image evidence of recorded windows, for any backbone: read from a file, and rolled with the picture.

models.vtm.evidence describes its form. Landmarks rotate like points. How ResNet18's feature map changes when the camera
rolls is unknown without the picture, so windows with maps are not rolled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.npz import NpzError, open_npz
from models.synth.windows import WindowBatch
from models.vtm.backbones import is_map
from models.vtm.evidence import evidence_shape

ARRAYS = {"landmarks": "evidence_m", "resnet18": "visual_features"}
"""Name of each backbone's feature array in the output of `python -m app.commands.detect`."""
_DETECT = "python -m app.commands.detect VIDEO OUT.npz --features resnet18"


def evidence_rows(found: dict[str, NDArray[Any]], frames: int, backbone: str) -> Tensor:
    """Return (frames, rows, numbers) from detections, flags last, zeros where there is none; maps in float16.

    Raises NpzError when the array has another shape.
    """
    given = found[ARRAYS[backbone]][:frames]
    rows, numbers = evidence_shape(backbone)
    if given.shape[1:] != (rows, numbers - 1):
        raise NpzError(f"{ARRAYS[backbone]} has shape {given.shape}, expected (N, {rows}, {numbers - 1}); {_DETECT}")
    present = np.isfinite(given).all(-1, keepdims=True)
    evidence = np.concatenate([np.where(present, given, 0.0), present], axis=-1)
    tensor = torch.from_numpy(evidence)
    return tensor.float() if backbone == "landmarks" else tensor.half()


def turned_evidence(evidence: Tensor, turn: Tensor) -> Tensor:
    """Return (B, T, rows, numbers) with the camera rolled by `turn` (B, 1, 3, 3); must not be used for maps."""
    if is_map(evidence):
        return evidence
    return torch.cat([evidence[..., :3] @ turn.mT, evidence[..., 3:]], dim=-1)


def fitted(windows: WindowBatch, backbone: str) -> WindowBatch:
    """Return the windows for a network with this backbone: evidence of another kind is treated as missing."""
    shape = evidence_shape(backbone)
    if windows.evidence.shape[-2:] == shape:
        return windows
    blank = windows.evidence.new_zeros(*windows.evidence.shape[:2], *shape)
    return replace(windows, evidence=blank)


def one_backbone(files: Sequence[Path]) -> str:
    """Return the identifier of the backbone of all these files' features. Raises NpzError if they differ."""
    marks = {path: _mark(path) for path in files}
    first, mark = next(iter(marks.items()))
    for path, other in marks.items():
        if other != mark:
            raise NpzError(f"{path}: features of backbone {other[:12]}, those of {first} are of {mark[:12]}; {_DETECT}")
    return mark


def _mark(path: Path) -> str:
    """Return the identifier without reading the features, which are large."""
    try:
        with open_npz(path) as file:
            if "visual_backbone" not in file.headers:
                raise NpzError(f"no visual_backbone in it; {_DETECT}")
            return str(file.read("visual_backbone"))
    except NpzError as error:
        raise NpzError(f"{path}: {error}") from error
