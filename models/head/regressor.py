"""The head's orientation and its expected error from the points of the face: a small network, run in NumPy.

Three layers of matrices need no runtime: 0.1 ms a frame. Trained by models.training.heads on rendered people as the
detector sees them. It reads BlazePose's points only: other detectors place them differently and give no landmarks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.head.inputs import NUM_INPUTS, head_inputs
from models.npz import NpzError, read_npz
from models.rotations import rotation_6d_to_matrix

F64 = NDArray[np.float64]

VERSION = 1
OUTPUTS = 7
"""Two columns of the rotation in the head's own direction, and the log of its expected error in radians."""
WEIGHTS = Path(__file__).parents[1] / "weights" / "head.npz"
LOG_ERROR = (-4.0, 1.5)
"""Limits of the predicted log error."""


@dataclass(frozen=True, slots=True)
class HeadGuess:
    """N heads."""

    rotations: F64  # (N, 3, 3) view <- head
    error_rad: F64  # (N,) expected


class HeadRegressor:
    """Faces -> HeadGuess. Raises NpzError: not a file of these weights."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        arrays = read_npz(weights, "version")
        if int(arrays["version"]) != VERSION:
            raise NpzError(f"{weights}: of version {arrays['version']}, expected {VERSION}; train it again")
        layers = sum(name.startswith("weight_") for name in arrays)
        self._layers = [
            (arrays[f"weight_{k}"].astype(np.float32), arrays[f"bias_{k}"].astype(np.float32)) for k in range(layers)
        ]
        widths = [weight.shape[1] for weight, _ in self._layers] + [len(self._layers[-1][1])] if layers else []
        if not layers or widths[0] != NUM_INPUTS or widths[-1] != OUTPUTS:
            raise NpzError(f"{weights}: layers of {widths}, expected {NUM_INPUTS} .. {OUTPUTS}; train it again")

    def guess(self, keypoints: F64, evidence: F64, size: F64) -> HeadGuess:
        """Map windows as in models.head.inputs to heads."""
        inputs, own = head_inputs(keypoints, evidence, size)
        x = inputs.astype(np.float32)
        for weight, bias in self._layers[:-1]:
            x = _gelu(x @ weight.T + bias)
        weight, bias = self._layers[-1]
        out = (x @ weight.T + bias).astype(np.float64)
        return HeadGuess(own @ rotation_6d_to_matrix(out[:, :6]), np.exp(np.clip(out[:, 6], *LOG_ERROR)))


@cache
def head_regressor() -> HeadRegressor:
    """Return the shipped one, read once."""
    return HeadRegressor()


def _gelu(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """The tanh form, as in models.vtm.blocks."""
    inner = np.tanh(np.float32(0.7978845608028654) * (x + np.float32(0.044715) * x * x * x))
    result: NDArray[np.float32] = np.float32(0.5) * x * (1 + inner)
    return result
