"""Run a network over many windows: the exported one as in the app (ONNX Runtime, one window at a time)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.head.joined import with_head
from models.kinematics import forward_kinematics, ratio_offsets
from models.onnx_session import ort
from models.parts import HEAD_CHAIN
from models.refine import refine as refine_person
from models.rotations import rotation_6d_to_matrix
from models.vtm.answer import NetworkAnswer, network_answer
from models.vtm.config import VTMConfig

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
WEIGHTS = Path(__file__).parents[1] / "weights" / "vtm.onnx"


class PredictError(ValueError):
    """The weights cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """N windows of T frames, the network's input (models.view)."""

    keypoints: F32  # (N, T, 23, 3) x, y in box units, score
    evidence: F32  # (N, T, 27, 4)
    box: F32  # (N, 3) centre as a ray, log size

    def blind(self) -> Inputs:
        """Return the same windows with keypoints only."""
        return Inputs(self.keypoints, np.zeros_like(self.evidence), self.box)


@dataclass(frozen=True, slots=True)
class Answer:
    """The network's raw answer for one frame of N windows."""

    rotations_6d: F64  # (N, 22, 6)
    root: F64  # (N, 5) log depth, place x, y, gravity pitch, roll
    log_ratio: F64  # (N, 22)
    log_spread: F64 | None = None  # (N, 6) log of each part's predicted error; None: format 3
    ahead: int = 0  # the frame is this many before the newest


@dataclass(frozen=True, slots=True)
class Predictions:
    """The network's decoded answer for N windows, in each window's view."""

    rotations: F64  # (N, 22, 3, 3) local, Hips in the view
    joints: F64  # (N, 22, 3) hip-centred, view axes, body heights
    root: F64  # (N, 5) log depth, place x, y, gravity pitch, roll
    ratio: F64  # (N, 22)
    log_spread: F64 | None = None  # (N, 6) log of each part's predicted error (models.parts)

    @property
    def head(self) -> F64:
        """Return the head's orientation (N, 3, 3) in the view."""
        turned = self.rotations[:, HEAD_CHAIN[0]]
        for joint in HEAD_CHAIN[1:]:
            turned = turned @ self.rotations[:, joint]
        return turned


def joined_answers(parts: Sequence[NetworkAnswer], ahead: int) -> Answer:
    """Join the answers of several batches of windows."""

    def column(name: str) -> F64:
        return np.concatenate([np.asarray(getattr(part, name)) for part in parts]).astype(np.float64)

    spread = None if parts[0].log_spread is None else column("log_spread")
    return Answer(column("rotations_6d"), column("root"), column("log_ratio"), spread, ahead)


class Lifter(Protocol):
    """A network that lifts windows, wherever its weights come from."""

    @property
    def config(self) -> VTMConfig:
        """Config with window, rate and latency."""

    def answer(self, inputs: Inputs) -> Answer:
        """Run the network."""


def decoded(answer: Answer, inputs: Inputs, *, refine: bool = True) -> Predictions:
    """Decode joints and rotations of an answer; `refine=False`: without refinement."""
    rotations, root = rotation_6d_to_matrix(answer.rotations_6d), answer.root.copy()
    if refine:
        size = np.exp(inputs.box[:, 2].astype(np.float64))
        shown = inputs.keypoints[:, -1 - answer.ahead].astype(np.float64)
        depth = np.exp(root[:, 0]) / size
        rotations, root[:, 1:3] = refine_person(rotations, answer.log_ratio, depth, root[:, 1:3], shown, size)
        rotations = _with_heads(rotations, answer, inputs, size)
    ratio = np.exp(answer.log_ratio)
    joints, _ = forward_kinematics(rotations, ratio_offsets(ratio), np.zeros((len(ratio), 3)))
    return Predictions(rotations, joints, root, ratio, answer.log_spread)


def _with_heads(rotations: F64, answer: Answer, inputs: Inputs, size: F64) -> F64:
    """Return the rotations (N, 22, 3, 3) with the heads that the points of the faces show, as the engine does."""
    frames = inputs.keypoints.shape[1] - answer.ahead
    rows = []
    for row, turns in enumerate(rotations):
        keypoints, evidence = (x[row, :frames].astype(np.float64) for x in (inputs.keypoints, inputs.evidence))
        spread = None if answer.log_spread is None else answer.log_spread[row]
        rows.append(with_head(turns, keypoints, evidence, float(size[row]), spread))
    return np.stack(rows) if rows else rotations


def readings(lifter: Lifter, inputs: Inputs) -> dict[str, Predictions]:
    """Return the three rows of every table: as shipped, with keypoints only, and without refinement."""
    answer = lifter.answer(inputs)
    blind = inputs.blind()
    return {
        "with_evidence": decoded(answer, inputs),
        "keypoints_alone": decoded(lifter.answer(blind), blind),
        "network_without_refinement": decoded(answer, inputs, refine=False),
    }


class Predictor:
    """The exported network."""

    def __init__(self, weights: Path = WEIGHTS, threads: int = 0) -> None:
        try:
            self.config = VTMConfig.from_dict(json.loads(weights.with_suffix(".json").read_text())["config"])
            options = ort.SessionOptions()
            options.intra_op_num_threads = threads
            self._session = ort.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's own errors share no other base
            reason = str(error).strip().splitlines()[0]
            raise PredictError(f"{weights}: cannot be used ({reason}); export with python -m models.export") from error

    def answer(self, inputs: Inputs) -> Answer:
        """Run the network, one window at a time."""
        rows = []
        for index in range(len(inputs.keypoints)):
            one = slice(index, index + 1)
            feed = {"keypoints": inputs.keypoints[one], "evidence": inputs.evidence[one], "box": inputs.box[one]}
            rows.append(network_answer(self._session.run(None, feed), mirrored=self.config.mirrored))
        return joined_answers(rows, self.config.latency_frames)

    def predict(self, keypoints: F32, evidence: F32, box: F32, *, refine: bool = True) -> Predictions:
        """Map (N, T, 23, 3), (N, T, 27, 4), (N, 3) to Predictions; `refine=False`: without refinement."""
        inputs = Inputs(keypoints, evidence, box)
        return decoded(self.answer(inputs), inputs, refine=refine)
