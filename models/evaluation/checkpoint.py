"""A torch checkpoint as a lifter: for comparison with the exported network, and for checkpoint-only tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from models.evaluation.predict import Answer, Inputs, joined_answers
from models.parts import NUM_PARTS
from models.training.state import load_network
from models.vtm.answer import NetworkAnswer, network_answer
from models.vtm.config import VTMConfig
from models.vtm.direct import Network
from models.vtm.mirror import with_mirror_image

_CHUNK = 128


@dataclass(frozen=True, slots=True)
class CheckpointLifter:
    """The averaged network of a checkpoint, evaluated `ahead` frames before the newest (look-ahead).

    With `config.mirrored` it uses flip augmentation, like the exported network.
    """

    model: Network
    config: VTMConfig
    ahead: int

    @torch.no_grad()
    def answer(self, inputs: Inputs) -> Answer:
        """Run the network, many windows at a time."""
        parts = []
        for start in range(0, len(inputs.keypoints), _CHUNK):
            rows = slice(start, start + _CHUNK)
            arrays = (inputs.keypoints[rows], inputs.evidence[rows], inputs.box[rows])
            keypoints, evidence, box = (torch.from_numpy(np.ascontiguousarray(array)) for array in arrays)
            parts.append(self._lift(keypoints, evidence, box))
        return joined_answers(parts, self.ahead)

    def _lift(self, keypoints: torch.Tensor, evidence: torch.Tensor, box: torch.Tensor) -> NetworkAnswer:
        if self.config.mirrored:
            keypoints, evidence, box = with_mirror_image(keypoints, evidence, box)
        lifted, shown = self.model(keypoints, evidence, box), -1 - self.ahead
        motion = lifted.motion
        spread = motion.contacts.new_zeros(*motion.contacts.shape[:2], NUM_PARTS)  # format 3: no confidence
        spread = spread if lifted.log_spread is None else lifted.log_spread
        outputs = (motion.rotations_6d[:, shown], motion.root(shown), lifted.log_ratio, motion.contacts[:, shown])
        return network_answer((*outputs, spread[:, shown]), mirrored=self.config.mirrored)

    def looking_ahead(self, frames: int) -> CheckpointLifter:
        """Return the same network evaluated `frames` before the newest. Raises ValueError beyond its window."""
        if not 0 <= frames < self.config.window_frames:
            raise ValueError(f"look-ahead of {frames} frames; the window has {self.config.window_frames}")
        return CheckpointLifter(self.model, self.config, frames)

    def mirrored(self, wanted: bool) -> CheckpointLifter:
        """Return the same network with or without flip augmentation."""
        return CheckpointLifter(self.model, replace(self.config, mirrored=wanted), self.ahead)


def open_checkpoint(path: Path) -> CheckpointLifter:
    """Open the network of a checkpoint, VTM or the baseline. Raises CheckpointError."""
    model, _ = load_network(path)
    return CheckpointLifter(model, model.config, model.config.latency_frames)
