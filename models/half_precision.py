"""Convert an ONNX to half precision, for TensorRT 11 and newer, which use the types in the file."""

from __future__ import annotations

import numpy as np
import onnx

_FLOAT, _HALF = onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16
_LARGEST = float(np.finfo(np.float16).max)


def to_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy of the model with float16 inside; inputs and outputs stay float32 and are cast."""
    half = onnx.ModelProto()
    half.CopyFrom(model)
    graph = half.graph
    for tensor in graph.initializer:
        _halve(tensor)
    for node in graph.node:
        _halve_node(node)
    inputs = {value.name: f"{value.name}_fp16" for value in graph.input if _is_float(value)}
    outputs = {value.name: f"{value.name}_fp16" for value in graph.output if _is_float(value)}
    renamed = inputs | outputs
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.output[:] = [outputs.get(name, name) for name in node.output]
    before = [onnx.helper.make_node("Cast", [name], [inner], to=_HALF) for name, inner in inputs.items()]
    after = [onnx.helper.make_node("Cast", [inner], [name], to=_FLOAT) for name, inner in outputs.items()]
    nodes = [*before, *graph.node, *after]
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.value_info[:]  # declared float32 for what is float16 now
    onnx.checker.check_model(half)
    return half


def _is_float(value: onnx.ValueInfoProto) -> bool:
    return bool(value.type.tensor_type.elem_type == _FLOAT)


def _halve(tensor: onnx.TensorProto) -> None:
    """Convert in place; values beyond float16 become its largest number."""
    if tensor.data_type == _FLOAT:
        values = np.clip(onnx.numpy_helper.to_array(tensor), -_LARGEST, _LARGEST).astype(np.float16)
        tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))


def _halve_node(node: onnx.NodeProto) -> None:
    """Convert constants inside nodes, and casts back to float32."""
    for attribute in node.attribute:
        if attribute.HasField("t"):
            _halve(attribute.t)
        if node.op_type == "Cast" and attribute.name == "to" and attribute.i == _FLOAT:
            attribute.i = _HALF
