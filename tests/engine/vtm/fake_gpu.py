"""A GPU without a GPU: a CUDA driver whose device memory is host memory, and a TensorRT that computes in Python.

They keep the order of calls, so that tests can see that buffers are made once and a window is one graph launch.
"""

from __future__ import annotations

import ctypes
from types import SimpleNamespace
from typing import Any

import numpy as np

OUTPUTS = {"rotations_6d": (1, 22, 6), "root": (1, 5), "log_ratio": (1, 22), "contacts": (1, 2), "log_spread": (1, 6)}


class FakeDriver:
    """The driver functions that engine.vtm.cuda calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.memory: dict[int, Any] = {}
        self.fail: dict[str, int] = {}
        self.recording: list[Any] | None = None
        self.graph: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("cu"):
            raise AttributeError(name)

        def call(*arguments: Any) -> int:
            self.calls.append(name)
            code = self.fail.get(name, 0)
            if code == 0 and name in _ACTIONS:
                _ACTIONS[name](self, *arguments)
            return code

        return call

    def queue(self, work: Any) -> None:
        if self.recording is None:
            work()
        else:
            self.recording.append(work)

    def _allocate(self, where: Any, size: Any) -> None:
        block = ctypes.create_string_buffer(int(size.value))
        where._obj.value = ctypes.addressof(block)
        self.memory[ctypes.addressof(block)] = block

    def _copy(self, target: Any, source: Any, size: Any, _stream: Any) -> None:
        self.queue(lambda: ctypes.memmove(target.value, source.value, size.value))

    def _begin(self, *_: Any) -> None:
        self.recording = []

    def _end(self, *_: Any) -> None:
        self.graph, self.recording = self.recording or [], None

    def _launch(self, *_: Any) -> None:
        for work in self.graph:
            work()

    def _retain(self, context: Any, _device: Any) -> None:
        context._obj.value = 1

    def _instantiate(self, graph: Any, *_: Any) -> None:
        graph._obj.value = 2

    def _error(self, _code: int, text: Any) -> None:
        text._obj.value = b"CUDA_ERROR_TEST"


_ACTIONS = {
    "cuMemAlloc_v2": FakeDriver._allocate,
    "cuMemAllocHost_v2": FakeDriver._allocate,
    "cuMemcpyHtoDAsync_v2": FakeDriver._copy,
    "cuMemcpyDtoHAsync_v2": FakeDriver._copy,
    "cuStreamBeginCapture_v2": FakeDriver._begin,
    "cuStreamEndCapture": FakeDriver._end,
    "cuGraphLaunch": FakeDriver._launch,
    "cuDevicePrimaryCtxRetain": FakeDriver._retain,
    "cuGraphInstantiateWithFlags": FakeDriver._instantiate,
    "cuGetErrorName": FakeDriver._error,
}


class FakeEngine:
    """A plan whose every output holds the sum of the keypoints, unless an answer is given."""

    def __init__(self, driver: FakeDriver, frames: int, dtype: str = "float32") -> None:
        self.driver, self.dtype = driver, dtype
        inputs = {"keypoints": (1, frames, 23, 3), "evidence": (1, frames, 27, 4), "box": (1, 3)}
        self.shapes = inputs | OUTPUTS
        self.addresses: dict[str, int] = {}
        self.num_io_tensors = len(self.shapes)
        self.runs_well = True
        self.answer: dict[str, np.ndarray] = {}

    def get_tensor_name(self, index: int) -> str:
        return list(self.shapes)[index]

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return self.shapes[name]

    def get_tensor_dtype(self, _name: str) -> str:
        return self.dtype

    def create_execution_context(self) -> FakeEngine:
        return self

    def set_tensor_address(self, name: str, address: int) -> None:
        self.addresses[name] = address

    def array(self, name: str) -> np.ndarray:
        count = int(np.prod(self.shapes[name]))
        pointer = ctypes.cast(self.addresses[name], ctypes.POINTER(ctypes.c_float))
        return np.ctypeslib.as_array(pointer, (count,))

    def execute_async_v3(self, _stream: int) -> bool:
        def compute() -> None:
            for name in OUTPUTS:
                self.array(name)[:] = self.answer.get(name, self.array("keypoints").sum()).ravel()

        self.driver.queue(compute)
        return self.runs_well


def fake_trt(engine: FakeEngine | None, version: str = "10.13.3.9") -> Any:
    """A tensorrt module that deserializes to `engine`, or refuses."""

    class ILogger:
        ERROR, INTERNAL_ERROR = "error", "internal"

        def __init__(self) -> None:
            pass

    class Runtime:
        def __init__(self, log: Any) -> None:
            self.log = log

        def deserialize_cuda_engine(self, _data: bytes) -> FakeEngine | None:
            if engine is None:
                self.log.log("error", "magic tag\ndoes not match")
            return engine

    return SimpleNamespace(ILogger=ILogger, Runtime=Runtime, float32="float32", __version__=version)
