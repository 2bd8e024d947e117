"""An ONNX in the backbone's place: a cell's 512 channels are the cell's mean red, green, blue, red, green, ..."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx

from models.vtm.config import VTMConfig
from models.vtm.evidence import CROP_PX, FINGERPRINT, MAP_CELLS, MAP_CHANNELS


def write_backbone(path: Path, *, channels: int = MAP_CHANNELS, mark: str = "colours") -> Path:
    """PATH.onnx: image (1, 3, 224, 224) -> features (1, 16, channels)."""
    helper, kind, side = onnx.helper, onnx.TensorProto.FLOAT, CROP_PX // MAP_CELLS
    spread = np.eye(3, dtype=np.float32)[np.arange(channels) % 3].T  # (3, channels)
    nodes = [
        helper.make_node("AveragePool", ["image"], ["cells"], kernel_shape=[side, side], strides=[side, side]),
        helper.make_node("Reshape", ["cells", "flat"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["columns"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["columns", "spread"], ["features"]),
    ]
    constants = [
        onnx.numpy_helper.from_array(spread, "spread"),
        onnx.numpy_helper.from_array(np.array([1, 3, MAP_CELLS**2]), "flat"),
    ]
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info("image", kind, [1, 3, CROP_PX, CROP_PX])],
        [helper.make_tensor_value_info("features", kind, [1, MAP_CELLS**2, channels])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    helper.set_model_props(model, {FINGERPRINT: mark})
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path


def name_backbone(weights: Path, config: VTMConfig) -> Path:
    """A backbone beside VTM's weights, named in their sidecar as `python -m models.export` does."""
    path = write_backbone(weights.with_name("resnet18.onnx"))
    about = json.loads(weights.with_suffix(".json").read_text())
    about["config"] = config.to_dict()
    about["backbone"] = {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    weights.with_suffix(".json").write_text(json.dumps(about))
    return path
