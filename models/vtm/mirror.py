"""Test-time flip augmentation: the mean of the window's and its mirror image's answer.

Training is mirror-symmetric, but the network's errors differ between a window and its mirror image, so the mean of both
answers (models.vtm.answer) has a smaller error and less jitter. Much of a window's time is spent reading the weights:
the second window costs a third of the first.

Left and right are exchanged, and x changes its sign.
"""

from __future__ import annotations

import torch
from torch import Tensor

from models.keypoints import EVIDENCE_NAMES, MIRROR_KEYPOINTS
from models.skeleton import mirrored_name
from models.vtm.backbones import is_map
from models.vtm.evidence import MAP_CELLS

Window = tuple[Tensor, Tensor, Tensor]
"""keypoints (B, T, 23, 3), evidence (B, T, rows, numbers), box (B, 3)."""

_MIRROR_LANDMARKS = [EVIDENCE_NAMES.index(mirrored_name(name)) for name in EVIDENCE_NAMES]


def mirrored_evidence(evidence: Tensor) -> Tensor:
    """Return the evidence (..., rows, numbers) of the mirrored picture: left and right exchanged."""
    if is_map(evidence):
        cells = evidence.reshape(*evidence.shape[:-2], MAP_CELLS, MAP_CELLS, evidence.shape[-1])
        return cells.flip(-2).reshape(evidence.shape)
    return _picked(evidence, -2, _MIRROR_LANDMARKS) * _signs(evidence, -1.0, 1.0, 1.0, 1.0)


def mirrored_window(keypoints: Tensor, evidence: Tensor, box: Tensor) -> Window:
    """Return the window of the mirrored picture."""
    points = _picked(keypoints, -2, MIRROR_KEYPOINTS) * _signs(keypoints, -1.0, 1.0, 1.0)
    return points, mirrored_evidence(evidence), box * _signs(box, -1.0, 1.0, 1.0)


def with_mirror_image(keypoints: Tensor, evidence: Tensor, box: Tensor) -> Window:
    """Extend B windows to 2 B: unchanged, then mirrored."""
    window = (keypoints, evidence, box)
    keypoints, evidence, box = (torch.cat(pair) for pair in zip(window, mirrored_window(*window), strict=True))
    return keypoints, evidence, box


def _picked(x: Tensor, axis: int, order: list[int] | tuple[int, ...]) -> Tensor:
    return x.index_select(axis, torch.tensor(order, device=x.device))


def _signs(like: Tensor, *signs: float) -> Tensor:
    return torch.tensor(signs, device=like.device, dtype=like.dtype)
