"""An ONNX with VTM's inputs and outputs that always gives one answer, and its sidecar: weights for tests."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx

from models.parts import NUM_PARTS
from models.rotations import matrix_to_rotation_6d
from models.skeleton import NUM_JOINTS
from models.vtm.answer import output_shapes
from models.vtm.config import VTMConfig

FACING_CAMERA = np.diag([1.0, -1.0, -1.0])
"""Hips in the camera frame of somebody upright who faces a level camera."""


@dataclass(frozen=True)
class Answer:
    """What the network gives: as ExportedVTM's outputs."""

    rotations_6d: np.ndarray  # (1, 22, 6)
    root: np.ndarray = field(default_factory=lambda: np.array([[-1.2, 0.1, -0.2, 0.3, 0.05]], np.float32))
    log_ratio: np.ndarray = field(default_factory=lambda: np.zeros((1, NUM_JOINTS), np.float32))
    contacts: np.ndarray = field(default_factory=lambda: np.array([[0.9, 0.2]], np.float32))

    log_spread: np.ndarray = field(default_factory=lambda: np.full((1, NUM_PARTS), -3.0, np.float32))

    @staticmethod
    def t_pose() -> Answer:
        """The T-pose, facing the camera of the view."""
        rotations = np.tile(np.eye(3), (1, NUM_JOINTS, 1, 1))
        rotations[0, 0] = FACING_CAMERA
        return Answer(matrix_to_rotation_6d(rotations).astype(np.float32))


def write_weights(path: Path, config: VTMConfig, answer: Answer, *, frames: int | None = None) -> Path:
    """PATH.onnx and PATH.json. `frames`: another window in the ONNX than in the config (a mix-up)."""
    T = frames or config.window_frames
    shapes = {"keypoints": [1, T, 23, 3], "evidence": [1, T, 27, 4], "box": [1, 3]}
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info(name, kind, shape) for name, shape in shapes.items()]
    nodes = [helper.make_node("ReduceSum", [name], [f"{name}_sum"], keepdims=0) for name in shapes]
    nodes.append(helper.make_node("Sum", [f"{name}_sum" for name in shapes], ["any"]))
    nodes.append(helper.make_node("Mul", ["any", "zero"], ["nothing"]))
    outputs, constants = [], [onnx.numpy_helper.from_array(np.zeros((), np.float32), "zero")]
    for name in output_shapes(config):
        value = getattr(answer, name).astype(np.float32)
        constants.append(onnx.numpy_helper.from_array(value, f"{name}_value"))
        nodes.append(helper.make_node("Add", [f"{name}_value", "nothing"], [name]))
        outputs.append(helper.make_tensor_value_info(name, kind, list(value.shape)))
    graph = helper.make_graph(nodes, "constant", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    about = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "config": config.to_dict(), "training": {}}
    path.with_suffix(".json").write_text(json.dumps(about))
    return path
