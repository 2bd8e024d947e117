"""Weights for the evaluation's tests: an ONNX without a network, which always gives the same answer; and oracles."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.evaluation.predict import Answer, Inputs
from models.vtm.config import VTMConfig
from tests.engine.vtm.constant_onnx import Answer as ConstantAnswer
from tests.engine.vtm.constant_onnx import write_weights

if TYPE_CHECKING:  # need torch, without which the rest of this folder's tests still run
    from models.evaluation.checkpoint import CheckpointLifter
    from models.synth.windows import WindowBatch


@dataclass
class Oracle:
    """A lifter that knows the truth of a batch, whatever it is shown; it remembers what it was shown."""

    config: VTMConfig
    batch: WindowBatch
    ahead: int = 0
    shown: list[Inputs] = field(default_factory=list)

    def answer(self, inputs: Inputs) -> Answer:
        self.shown.append(inputs)
        batch, at = self.batch, -1 - self.ahead
        root = np.zeros((len(batch.seen), 5))
        root[:, 0] = batch.root_depth[:, at].double().numpy()
        root[:, 1:3] = batch.root_place[:, at].double().numpy()
        return Answer(
            batch.rotations_6d[:, at].double().numpy(), root, batch.bone_ratio.double().log().numpy(), ahead=self.ahead
        )


@pytest.fixture
def weights(tmp_path, tiny) -> Path:
    """vtm.onnx and vtm.json that give the T-pose facing the camera, whatever the window."""
    return write_weights(tmp_path / "vtm.onnx", tiny, ConstantAnswer.t_pose())


@pytest.fixture(scope="package")
def batch(library, tiny) -> WindowBatch:
    """Forty validation windows."""
    from models.training.validate import validation_windows

    return validation_windows(library, tiny, 40)


@pytest.fixture
def oracle(tiny, batch) -> Oracle:
    """Knows the truth of `batch`."""
    return Oracle(tiny, batch)


@pytest.fixture(scope="package")
def untrained(tiny) -> CheckpointLifter:
    """A network with random weights."""
    import torch

    from models.evaluation.checkpoint import CheckpointLifter
    from models.vtm.vtm import VTM

    torch.manual_seed(0)
    return CheckpointLifter(VTM(tiny).eval(), tiny, tiny.latency_frames)
