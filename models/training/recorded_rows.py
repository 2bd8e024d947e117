"""Frames of recorded people: what a detector found in each, and the truth.

The renderer's pairs (models.training.pairs) and AIST++ (models.aist) are both converted to such rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class RecordedRows:
    """F consecutive frames of one or several clips, or windows (B, T). Camera frame; positions in body heights."""

    rays: Tensor  # (F, 23, 2)
    scores: Tensor  # (F, 23), 0 where nothing is detected
    evidence: Tensor  # (F, rows, numbers) as models.vtm.evidence, zeros where there is none; maps in float16
    rotations: Tensor  # (F, 22, 3, 3) local, Hips in the camera
    joints: Tensor  # (F, 22, 3)
    up: Tensor  # (F, 3) opposite to gravity
    ratio: Tensor  # (F, 22)
    contacts: Tensor  # (F, 2) left, right
    contact_valid: Tensor  # (F,) bool: the contacts are known
