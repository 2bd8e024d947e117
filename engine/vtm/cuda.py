"""Minimal CUDA through the driver's own library: GPU info, buffers, one graph.

The library is part of NVIDIA's driver, so nothing is installed. Without a GPU or driver, `gpu_info` is None.
"""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError

_LIBRARY = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
_MAJOR, _MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_…
_RELAXED_CAPTURE = 2  # CU_STREAM_CAPTURE_MODE_RELAXED
_OUT_OF_MEMORY = 2  # CUDA_ERROR_OUT_OF_MEMORY


class CudaError(ModelError):
    """A call of the CUDA driver failed."""


@dataclass(frozen=True, slots=True)
class GpuInfo:
    """The first GPU."""

    name: str
    capability: tuple[int, int]  # compute capability, (8, 9)

    @property
    def label(self) -> str:
        """Description that a plan is tied to."""
        return f"{self.name} (compute capability {self.capability[0]}.{self.capability[1]})"


def load_driver() -> Any | None:
    """Return the initialised driver library; None without driver or GPU."""
    try:
        driver: Any = ctypes.CDLL(_LIBRARY)
        return driver if driver.cuInit(0) == 0 else None
    except (OSError, AttributeError):
        return None


@lru_cache(maxsize=1)
def gpu_info() -> GpuInfo | None:
    """Return the first GPU that the driver sees; None without one."""
    driver = load_driver()
    device = ctypes.c_int()
    if driver is None or driver.cuDeviceGet(ctypes.byref(device), 0) != 0:
        return None
    name = ctypes.create_string_buffer(256)
    numbers = [ctypes.c_int(), ctypes.c_int()]
    driver.cuDeviceGetName(name, len(name), device)
    for number, attribute in zip(numbers, (_MAJOR, _MINOR), strict=True):
        driver.cuDeviceGetAttribute(ctypes.byref(number), attribute, device)
    return GpuInfo(name.value.decode(errors="replace"), (numbers[0].value, numbers[1].value))


class Cuda:
    """Primary context of the first GPU, and one stream. One thread at a time: call `attach` in the thread that uses
    it."""

    def __init__(self, driver: Any | None = None) -> None:
        """Open the context. Raises CudaError when there is no GPU."""
        found = load_driver() if driver is None else driver
        if found is None:
            raise CudaError("no NVIDIA GPU, or no driver for it; install NVIDIA's driver")
        self._driver: Any = found
        self._device = ctypes.c_int()
        self._context = ctypes.c_void_p()
        self._stream = ctypes.c_void_p()
        self._graph = ctypes.c_void_p()
        self._buffers: list[ctypes.c_uint64] = []
        self._host: list[ctypes.c_void_p] = []
        self._call("cuDeviceGet", ctypes.byref(self._device), 0)
        self._call("cuDevicePrimaryCtxRetain", ctypes.byref(self._context), self._device)
        self.attach()
        self._call("cuStreamCreate", ctypes.byref(self._stream), 1)  # CU_STREAM_NON_BLOCKING

    @property
    def stream(self) -> int:
        """Handle of the stream."""
        return int(self._stream.value or 0)

    def attach(self) -> None:
        """Make the context current in this thread."""
        self._call("cuCtxSetCurrent", self._context)

    def device_buffer(self, size: int) -> int:
        """Allocate bytes on the GPU; freed by `close`."""
        address = ctypes.c_uint64()
        self._call("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(size))
        self._buffers.append(address)
        return int(address.value)

    def host_buffer(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Allocate page-locked float32 host memory, which the GPU reads directly; freed by `close`."""
        count = int(np.prod(shape))
        address = ctypes.c_void_p()
        self._call("cuMemAllocHost_v2", ctypes.byref(address), ctypes.c_size_t(4 * count))
        self._host.append(address)
        values: NDArray[np.float32] = np.ctypeslib.as_array(
            ctypes.cast(address, ctypes.POINTER(ctypes.c_float)), (count,)
        )
        return values.reshape(shape)

    def to_device(self, address: int, values: NDArray[np.float32]) -> None:
        """Queue a copy host -> GPU."""
        self._call(
            "cuMemcpyHtoDAsync_v2",
            ctypes.c_uint64(address),
            ctypes.c_void_p(values.ctypes.data),
            ctypes.c_size_t(values.nbytes),
            self._stream,
        )

    def to_host(self, values: NDArray[np.float32], address: int) -> None:
        """Queue a copy GPU -> host."""
        self._call(
            "cuMemcpyDtoHAsync_v2",
            ctypes.c_void_p(values.ctypes.data),
            ctypes.c_uint64(address),
            ctypes.c_size_t(values.nbytes),
            self._stream,
        )

    def begin_graph(self) -> None:
        """Start recording queued work instead of running it."""
        self._call("cuStreamBeginCapture_v2", self._stream, _RELAXED_CAPTURE)

    def end_graph(self) -> None:
        """Create the graph of the work queued since `begin_graph`."""
        graph = ctypes.c_void_p()
        self._call("cuStreamEndCapture", self._stream, ctypes.byref(graph))
        self._call("cuGraphInstantiateWithFlags", ctypes.byref(self._graph), graph, ctypes.c_ulonglong(0))
        self._call("cuGraphDestroy", graph)

    def launch_graph(self) -> None:
        """Queue the graph."""
        self._call("cuGraphLaunch", self._graph, self._stream)

    def wait(self) -> None:
        """Wait until all queued work is done."""
        self._call("cuStreamSynchronize", self._stream)

    def close(self) -> None:
        """Release everything. Host buffers must not be used any more. Idempotent."""
        if not self._context:
            return
        driver = self._driver
        driver.cuCtxSetCurrent(self._context)
        if self._graph:
            driver.cuGraphExecDestroy(self._graph)
        for address in self._buffers:
            driver.cuMemFree_v2(address)
        for host in self._host:
            driver.cuMemFreeHost(host)
        driver.cuStreamDestroy_v2(self._stream)
        driver.cuDevicePrimaryCtxRelease_v2(self._device)
        self._buffers, self._host = [], []
        self._context, self._graph = ctypes.c_void_p(), ctypes.c_void_p()

    def _call(self, name: str, *arguments: Any) -> None:
        code = getattr(self._driver, name)(*arguments)
        if code == 0:
            return
        if code == _OUT_OF_MEMORY:
            raise CudaError("the GPU is out of memory; close other programs that use it")
        text = ctypes.c_char_p()
        self._driver.cuGetErrorName(code, ctypes.byref(text))
        raise CudaError(f"{name} failed: {(text.value or b'error').decode()} ({code}); run vtm doctor")
