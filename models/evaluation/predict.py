"""Runs the exported VTM over many windows, as the app does: ONNX Runtime, one window at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.kinematics import forward_kinematics, ratio_offsets
from models.refine import refine as refine_person
from models.rotations import rotation_6d_to_matrix
from models.vtm.config import VTMConfig

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
WEIGHTS = Path(__file__).parents[1] / "weights" / "vtm.onnx"


class PredictError(ValueError):
    """The weights cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the network says of the shown frame of N windows, in each window's view."""

    rotations: F64  # (N, 22, 3, 3) local, Hips in the view
    joints: F64  # (N, 22, 3) hip-centred, view axes, statures
    root: F64  # (N, 5) log depth, place x, y, gravity pitch, roll
    ratio: F64  # (N, 22)


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

    def predict(self, keypoints: F32, evidence: F32, box: F32, *, refine: bool = True) -> Predictions:
        """(N, T, 23, 3), (N, T, 27, 4), (N, 3) -> Predictions; `refine=False`: the network's answer as it is."""
        rows = []
        for index in range(len(keypoints)):
            one = slice(index, index + 1)
            inputs = {"keypoints": keypoints[one], "evidence": evidence[one], "box": box[one]}
            rows.append(self._session.run(None, inputs))
        rotations_6d, root, log_ratio = (np.concatenate([row[i] for row in rows]).astype(np.float64) for i in range(3))
        rotations = rotation_6d_to_matrix(rotations_6d)
        if refine:
            size = np.exp(box[:, 2].astype(np.float64))
            shown = keypoints[:, -1 - self.config.latency_frames].astype(np.float64)
            depth = np.exp(root[:, 0]) / size
            rotations, root[:, 1:3] = refine_person(rotations, log_ratio, depth, root[:, 1:3], shown, size)
        ratio = np.exp(log_ratio)
        joints, _ = forward_kinematics(rotations, ratio_offsets(ratio), np.zeros((len(ratio), 3)))
        return Predictions(rotations, joints, root, ratio)
