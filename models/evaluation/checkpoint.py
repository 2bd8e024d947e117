"""A torch checkpoint as a lifter: peers beside the exported network, and what only a checkpoint can show."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from models.evaluation.predict import Answer, Inputs
from models.training.state import load_network
from models.vtm.config import VTMConfig
from models.vtm.direct import Network

_CHUNK = 128


@dataclass(frozen=True, slots=True)
class CheckpointLifter:
    """The averaged network of a checkpoint, read `ahead` frames before the newest (look-ahead)."""

    model: Network
    config: VTMConfig
    ahead: int

    @torch.no_grad()
    def answer(self, inputs: Inputs) -> Answer:
        """Run the network, many windows at a time."""
        shown = -1 - self.ahead
        parts: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
        for start in range(0, len(inputs.keypoints), _CHUNK):
            rows = slice(start, start + _CHUNK)
            arrays = (inputs.keypoints[rows], inputs.evidence[rows], inputs.box[rows])
            lifted = self.model(*(torch.from_numpy(np.ascontiguousarray(array)) for array in arrays))
            m = lifted.motion
            root = torch.cat([m.depth[:, shown, None], m.place[:, shown], m.gravity[:, shown]], dim=-1)
            parts.append((m.rotations_6d[:, shown], root, lifted.log_ratio))
        whole = [torch.cat(column).double().numpy() for column in zip(*parts, strict=True)]
        return Answer(whole[0], whole[1], whole[2], self.ahead)

    def looking_ahead(self, frames: int) -> CheckpointLifter:
        """The same network read `frames` before the newest. Raises ValueError past its window."""
        if not 0 <= frames < self.config.window_frames:
            raise ValueError(f"look-ahead of {frames} frames; the window has {self.config.window_frames}")
        return CheckpointLifter(self.model, self.config, frames)


def open_checkpoint(path: Path) -> CheckpointLifter:
    """The network of a checkpoint, VTM or the plain regression. Raises CheckpointError."""
    model, _ = load_network(path)
    return CheckpointLifter(model, model.config, model.config.latency_frames)
