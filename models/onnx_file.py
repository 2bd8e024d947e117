"""Export torch to ONNX, and post-process the file before it is shipped."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from models.onnx_session import ort

OPSET = 17
"""Opset of the file. Newer ones have Gelu, and axes as inputs, which TensorRT 8.6's parser rejects."""
HALF_FROM = 1024  # least number of values in a tensor


class ExportError(RuntimeError):
    """The exported network differs from torch."""


def hush_exporter() -> None:
    """Silence the exporter's own progress output, for commands."""
    for name in ("torch.onnx", "onnxscript", "onnx_ir"):
        logging.getLogger(name).setLevel(logging.ERROR)


def write_onnx(
    module: nn.Module, example: tuple[Tensor, ...], path: Path, inputs: Sequence[str], outputs: Sequence[str]
) -> None:
    """Write a network as ONNX, with the shapes of the example.

    Opset 17 through the tracing exporter: GELU is written out, Pad and Reduce take no axes as inputs, so that TensorRT
    from 8.6 on and every other runtime can read the file (the newer exporter starts at opset 18).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns about itself
        torch.onnx.export(
            module,
            example,
            str(path),
            input_names=list(inputs),
            output_names=list(outputs),
            opset_version=OPSET,
            dynamo=False,
        )
    fold_constants(path)


def fold_constants(path: Path) -> None:
    """Precompute what depends on no input: the tracing exporter writes every shape as a chain of operators.

    Uses ONNX Runtime's basic level, which keeps standard operators.
    """
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3
    ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    model = onnx.load(str(path))
    domains = {node.domain for node in model.graph.node}
    kept = [entry for entry in model.opset_import if entry.domain in domains]
    del model.opset_import[:]  # ONNX Runtime lists all opsets that it knows
    model.opset_import.extend(kept)
    onnx.save(model, str(path))


def store_half(path: Path) -> None:
    """Store large weights as float16, cast back when loaded: half the size, the same speed."""
    model = onnx.load(str(path))
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and np.prod(tensor.dims) >= HALF_FROM:
            values = onnx.numpy_helper.to_array(tensor).astype(np.float16)
            name = tensor.name
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, f"{name}_half"))
            casts.append(onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=onnx.TensorProto.FLOAT))
    _without_traces(model)
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _without_traces(model: onnx.ModelProto) -> None:
    """Remove the exporter's stack traces, which contain paths of this machine."""
    graph = model.graph
    functions = [node for function in model.functions for node in function.node]
    for part in (model, graph, *graph.node, *functions, *graph.input, *graph.output, *graph.value_info):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    for tensor in graph.initializer:
        tensor.ClearField("metadata_props")
        tensor.ClearField("doc_string")
