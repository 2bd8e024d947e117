"""A LiteRT network: loading, removing an unused branch, running. The only file that knows LiteRT."""

from __future__ import annotations

import importlib.util
import platform
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.errors import DetectorError
from engine.networks.native_log import without_native_chatter

if TYPE_CHECKING:
    from ai_edge_litert import schema_py_generated as schema

F32 = NDArray[np.float32]
_OPERATORS_FIELD = 10  # vtable slots of tflite's SubGraph table
_OUTPUTS_FIELD = 8


def why_no_litert() -> str | None:
    """None where LiteRT is installed, else one line that says what to do. Macs with Intel processors have none."""
    if importlib.util.find_spec("ai_edge_litert") is not None:
        return None
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        return (
            "LiteRT, which runs BlazePose, hands and face, does not exist for Macs with Intel processors: use "
            "--detector rtmpose (pip install --no-deps rtmlib), which is slower"
        )
    return "LiteRT, which runs BlazePose, hands and face, is not installed: pip install ai-edge-litert"


def without_output(model: bytes, shape: tuple[int, ...]) -> bytes:
    """Return the .tflite model without its output of this shape and without operators used only for it.

    Edits the lists of operators and outputs in place, so weights are not copied or repacked; the remaining outputs are
    unchanged. Raises ValueError when no output has the shape.
    """
    from ai_edge_litert import schema_py_generated as schema

    graph = schema.Model.GetRootAs(model, 0).Subgraphs(0)
    outputs = [int(index) for index in graph.OutputsAsNumpy()]
    kept_outputs = [index for index in outputs if tuple(graph.Tensors(index).ShapeAsNumpy()) != shape]
    if len(kept_outputs) == len(outputs):
        raise ValueError(f"no output of shape {shape}")
    needed = set(kept_outputs)
    kept: list[int] = []
    for position in reversed(range(graph.OperatorsLength())):
        operator = graph.Operators(position)
        if needed.intersection(operator.OutputsAsNumpy().tolist()):
            needed.update(operator.InputsAsNumpy().tolist())
            kept.append(position)
    patched = bytearray(model)
    _shrink_operators(patched, graph, kept[::-1])
    start = _vector_start(graph, _OUTPUTS_FIELD)
    struct.pack_into(f"<I{len(kept_outputs)}i", patched, start - 4, len(kept_outputs), *kept_outputs)
    return bytes(patched)


def _vector_start(graph: schema.SubGraph, field: int) -> int:
    """Return the byte position of a vector's first element; its length is in the 4 bytes before."""
    table = graph._tab
    return int(table.Vector(table.Offset(field)))


def _shrink_operators(patched: bytearray, graph: schema.SubGraph, kept: list[int]) -> None:
    """Keep only these operators, in order. A table reference is relative to its own position, so it is adjusted."""
    start = _vector_start(graph, _OPERATORS_FIELD)
    places = [start + 4 * position for position in kept]
    targets = [place + struct.unpack_from("<I", patched, place)[0] for place in places]
    struct.pack_into("<I", patched, start - 4, len(kept))
    for slot, target in enumerate(targets):
        place = start + 4 * slot
        struct.pack_into("<I", patched, place, target - place)


class Network:
    """A float32 network with one input; outputs are identified by shape, or by name when two have the same shape.

    Their order is not documented.

    One thread at a time. Arrays given by `output` are views, valid until the next `run`. Raises DetectorError when it
    cannot be loaded, or LiteRT is not installed.
    """

    def __init__(self, path: Path, *, threads: int, drop_output: tuple[int, ...] | None = None) -> None:
        missing = why_no_litert()
        if missing is not None:
            raise DetectorError(missing)
        from ai_edge_litert.interpreter import Interpreter

        try:
            model = path.read_bytes()
            if drop_output is not None:
                model = without_output(model, drop_output)
            with without_native_chatter():
                self._interpreter = Interpreter(model_content=model, num_threads=threads)
                self._interpreter.allocate_tensors()
        except (OSError, ValueError, RuntimeError, IndexError, struct.error) as error:
            raise DetectorError(f"cannot load {path.name}: {error}; run `vtm fetch` to download it again") from error
        details = self._interpreter.get_input_details()[0]
        self._input = details["index"]
        self.input_shape: tuple[int, ...] = tuple(int(n) for n in details["shape"])
        self._outputs: dict[tuple[int, ...], int] = {
            tuple(int(n) for n in output["shape"]): output["index"] for output in self._interpreter.get_output_details()
        }
        self._named: dict[str, int] = {
            output["name"]: output["index"] for output in self._interpreter.get_output_details()
        }

    def input(self) -> F32:
        """Return a view of the input, shape `input_shape`, float32, to be filled. Do not keep it across `run`."""
        view: F32 = self._interpreter.tensor(self._input)()
        return view

    def run(self) -> None:
        """Compute all outputs from the contents of `input()`. Raises DetectorError."""
        try:
            self._interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise DetectorError(f"a network failed: {error}; run `vtm doctor`") from error

    def output(self, *shape: int) -> F32:
        """Return a view of the output of this shape. Do not keep it across `run`."""
        view: F32 = self._interpreter.tensor(self._outputs[shape])()
        return view

    def named(self, name: str) -> F32:
        """Return a view of the output of this name. Do not keep it across `run`."""
        view: F32 = self._interpreter.tensor(self._named[name])()
        return view
