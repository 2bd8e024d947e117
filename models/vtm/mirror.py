"""A window in the mirror: what VTM says of it, mirrored back, and the mean of both answers.

Somebody in a mirror is somebody, too, and training shows as many of the ones as of the others. The network errs
differently on both, so the mean errs and trembles less. Much of a window's time goes into reading the weights, so that
the second window costs a third of the first.

Left and right are exchanged, and x is turned round: the frame's other half space.
"""

from __future__ import annotations

import torch
from torch import Tensor

from models.keypoints import EVIDENCE_NAMES, MIRROR_KEYPOINTS
from models.rotations import orthonormal_6d
from models.skeleton import MIRROR_JOINTS, mirrored_name
from models.vtm.backbones import is_map
from models.vtm.evidence import MAP_CELLS

Window = tuple[Tensor, Tensor, Tensor]
"""keypoints (B, T, 23, 3), evidence (B, T, rows, numbers), box (B, 3)."""
Answer = tuple[Tensor, Tensor, Tensor, Tensor]
"""Of one frame: rotations_6d (B, 22, 6), root (B, 5), log_ratio (B, 22), contacts (B, 2)."""

_MIRROR_LANDMARKS = [EVIDENCE_NAMES.index(mirrored_name(name)) for name in EVIDENCE_NAMES]
_COLUMNS = (1.0, -1.0, -1.0, -1.0, 1.0, 1.0)  # signs of M R M, its first two columns, M = diag(-1, 1, 1)
_ROOT = (1.0, -1.0, 1.0, 1.0, -1.0)  # log depth, place x, y, pitch, roll


def mirrored_evidence(evidence: Tensor) -> Tensor:
    """(..., rows, numbers) of the mirrored picture: left and right exchanged."""
    if is_map(evidence):
        cells = evidence.reshape(*evidence.shape[:-2], MAP_CELLS, MAP_CELLS, evidence.shape[-1])
        return cells.flip(-2).reshape(evidence.shape)
    return _picked(evidence, -2, _MIRROR_LANDMARKS) * _signs(evidence, -1.0, 1.0, 1.0, 1.0)


def mirrored_window(keypoints: Tensor, evidence: Tensor, box: Tensor) -> Window:
    """What the network would read if the picture were mirrored."""
    points = _picked(keypoints, -2, MIRROR_KEYPOINTS) * _signs(keypoints, -1.0, 1.0, 1.0)
    return points, mirrored_evidence(evidence), box * _signs(box, -1.0, 1.0, 1.0)


def with_mirror_image(keypoints: Tensor, evidence: Tensor, box: Tensor) -> Window:
    """B windows -> 2 B: as they are, then mirrored."""
    window = (keypoints, evidence, box)
    keypoints, evidence, box = (torch.cat(pair) for pair in zip(window, mirrored_window(*window), strict=True))
    return keypoints, evidence, box


def averaged(rotations_6d: Tensor, root: Tensor, log_ratio: Tensor, contacts: Tensor) -> Answer:
    """What the network says of `with_mirror_image`, 2 B -> B: the mean of the window's and the mirrored other's.

    Rotations are averaged as matrices: the mean's columns are not of unit length.
    """
    ours, theirs = orthonormal_6d(rotations_6d).chunk(2)
    rotations_6d = ours + _picked(theirs, -2, MIRROR_JOINTS) * _signs(theirs, *_COLUMNS)
    ours, theirs = root.chunk(2)
    root = (ours + theirs * _signs(root, *_ROOT)) / 2
    ours, theirs = log_ratio.chunk(2)  # left = right in both
    log_ratio = (ours + theirs) / 2
    ours, theirs = contacts.chunk(2)
    return rotations_6d, root, log_ratio, (ours + _picked(theirs, -1, (1, 0))) / 2


def _picked(x: Tensor, axis: int, order: list[int] | tuple[int, ...]) -> Tensor:
    return x.index_select(axis, torch.tensor(order, device=x.device))


def _signs(like: Tensor, *signs: float) -> Tensor:
    return torch.tensor(signs, device=like.device, dtype=like.dtype)
