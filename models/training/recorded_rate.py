"""Clips of a slower camera at the network's rate, interpolated as the engine's window interpolates them."""

from __future__ import annotations

from dataclasses import fields

import torch
from torch import Tensor

from models.rotations import matrix_to_rotation_6d, rotation_6d_to_matrix
from models.training.recorded_rows import RecordedRows
from models.vtm.backbones import is_map

_SAME = 0.05
"""Rates that differ by a smaller fraction are taken for the same."""
_SUDDEN = ("contacts", "contact_valid")
"""Yes or no: taken from the nearer frame."""


def at_rate(rows: RecordedRows, fps: float, rate_hz: float) -> RecordedRows:
    """Return the F frames of one clip, recorded at `fps`, at `rate_hz`; the first and the last frame stay.

    A point that only one of two frames saw is taken from the nearer one, as in engine.window. Rows at about this rate
    already are returned as they are.
    """
    frames = len(rows.rays)
    if frames < 2 or abs(fps / rate_hz - 1) < _SAME:
        return rows
    count = round((frames - 1) * rate_hz / fps) + 1
    at = torch.linspace(0, frames - 1, count)
    low = at.long().clamp(max=frames - 2)
    part = at - low

    def seen(values: Tensor, visible: Tensor) -> Tensor:
        return _mixed(values[low], values[low + 1], part, (visible[low] > 0) & (visible[low + 1] > 0))

    done = {f.name: _mixed(getattr(rows, f.name)[low], getattr(rows, f.name)[low + 1], part) for f in fields(rows)}
    done["rays"] = seen(rows.rays, rows.scores[..., None])
    done["scores"] = seen(rows.scores, rows.scores)
    flags = rows.evidence[..., -1:]
    done["evidence"] = seen(rows.evidence, torch.zeros_like(flags) if is_map(rows.evidence) else flags)
    done["rotations"] = rotation_6d_to_matrix(matrix_to_rotation_6d(done["rotations"]))
    done |= {name: getattr(rows, name)[at.round().long()] for name in _SUDDEN}
    return RecordedRows(**done)


def _mixed(low: Tensor, high: Tensor, part: Tensor, both: Tensor | None = None) -> Tensor:
    """Interpolate rows (N, ...) where `both`, else take the nearer one's."""
    share = part.view(-1, *[1] * (low.ndim - 1)).to(low.dtype if low.is_floating_point() else part.dtype)
    between = low * (1 - share) + high * share
    return between if both is None else torch.where(both, between, torch.where(share >= 0.5, high, low))
