"""Outputs of the exported network, and their decoding, which is kept out of the graph.

A network with `mirrored` gives two rows, for the window and its mirror image; their mean is computed here, and
rotations are orthonormalised here, so that a runtime cannot get it wrong (TensorRT 8.6 read wrong columns of the 6D
rotations). A few hundred numbers in NumPy, or in torch for checkpoints. No torch is imported: the engine reads this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.array_library import array_namespace
from models.parts import MIRROR_PARTS, NUM_PARTS, part_confidence
from models.rotations import orthonormal_6d
from models.skeleton import MIRROR_JOINTS, NUM_JOINTS
from models.vtm.config import VTMConfig

Array: TypeAlias = Any  # a NumPy array or a torch tensor
F64: TypeAlias = NDArray[np.float64]

_COLUMNS = (1.0, -1.0, -1.0, -1.0, 1.0, 1.0)  # signs of M R M, its first two columns, M = diag(-1, 1, 1)
_ROOT = (1.0, -1.0, 1.0, 1.0, -1.0)  # log depth, place x, y, pitch, roll
_SHAPES: dict[str, tuple[int, ...]] = {
    "rotations_6d": (NUM_JOINTS, 6),
    "root": (5,),
    "log_ratio": (NUM_JOINTS,),
    "contacts": (2,),
    "log_spread": (NUM_PARTS,),
}


@dataclass(frozen=True, slots=True)
class NetworkAnswer:
    """One frame of B windows, in each window's view."""

    rotations_6d: Array  # (B, 22, 6) columns of unit length
    root: Array  # (B, 5) log depth, place x, y, gravity pitch, roll
    log_ratio: Array  # (B, 22)
    contacts: Array  # (B, 2) 0..1
    log_spread: Array | None = None  # (B, 6) log of each part's expected error (models.parts); None: format 3


def output_shapes(config: VTMConfig) -> dict[str, tuple[int, ...]]:
    """Return names and shapes of the ONNX's outputs, in order."""
    rows = 2 if config.mirrored and config.confidence else 1
    return {name: (rows, *shape) for name, shape in _SHAPES.items() if config.confidence or name != "log_spread"}


def network_answer(outputs: Sequence[Array], *, mirrored: bool) -> NetworkAnswer:
    """Decode the outputs of B windows, or with `mirrored` of B windows and then their mirror images (2 B rows).

    Format 3 averages inside its graph and has no log_spread: four outputs of B rows.
    """
    answer = NetworkAnswer(*outputs)
    if mirrored and answer.log_spread is not None:
        answer = _averaged(answer)
    return NetworkAnswer(orthonormal_6d(answer.rotations_6d), *_rest(answer))


def answer_difference(ours: Sequence[Array], theirs: Sequence[Array], *, mirrored: bool) -> float:
    """Return the largest difference between two runs on the same windows; infinite for non-finite numbers.

    ours, theirs  NumPy outputs as for `network_answer`

    For each output, the smaller of its own difference and of its decoded result's counts: 6D columns may have any
    length, and rotations of windows unlike any person are ill-conditioned.
    """
    first, second = ([np.asarray(output, np.float64) for output in outputs] for outputs in (ours, theirs))
    made = (_numbers(outputs, mirrored=mirrored) for outputs in (first, second))
    raw, used = ([_largest(a, b) for a, b in zip(*pair, strict=True)] for pair in ((first, second), tuple(made)))
    return max(min(pair) for pair in zip(raw, used, strict=True))


def _largest(a: F64, b: F64) -> float:
    difference = float(np.abs(a - b).max())
    return difference if np.isfinite(difference) else float("inf")


def _numbers(outputs: Sequence[F64], *, mirrored: bool) -> list[F64]:
    """Return what the engine uses: rotations, root, log ratio, contacts and, in format 4, confidence."""
    answer = network_answer(outputs, mirrored=mirrored)
    numbers = [answer.rotations_6d, answer.root, answer.log_ratio, answer.contacts]
    return numbers if answer.log_spread is None else [*numbers, part_confidence(answer.log_spread)]


def _rest(answer: NetworkAnswer) -> tuple[Array, Array, Array, Array | None]:
    return answer.root, answer.log_ratio, answer.contacts, answer.log_spread


def _averaged(both: NetworkAnswer) -> NetworkAnswer:
    """Average 2 B rows to B: the window's answer and the mirrored other's. Rotations are averaged as matrices."""
    ours, theirs = _halves(orthonormal_6d(both.rotations_6d))
    rotations_6d = ours + theirs[:, list(MIRROR_JOINTS)] * _like(theirs, _COLUMNS)
    ours, theirs = _halves(both.root)
    root = (ours + theirs * _like(theirs, _ROOT)) / 2
    ours, theirs = _halves(both.log_ratio)  # left = right in both
    log_ratio = (ours + theirs) / 2
    ours, theirs = _halves(both.contacts)
    contacts = (ours + theirs[:, [1, 0]]) / 2
    ours, theirs = _halves(both.log_spread)
    return NetworkAnswer(rotations_6d, root, log_ratio, contacts, (ours + theirs[:, list(MIRROR_PARTS)]) / 2)


def _halves(x: Array) -> tuple[Array, Array]:
    rows = x.shape[0] // 2
    return x[:rows], x[rows:]


def _like(x: Array, values: Sequence[float]) -> Array:
    xp = array_namespace(x)
    return xp.asarray(values, dtype=x.dtype, device=getattr(x, "device", None))
