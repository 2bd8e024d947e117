"""VTM as a native TensorRT plan: fixed buffers, one CUDA graph, no allocations per window.

Apart from build_engine.py the only file that imports tensorrt. Uses the API by tensor names (10.x and 11.x).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.types import F32, RawMotion, Window
from engine.vtm.base import Outputs
from engine.vtm.cuda import Cuda, CudaError, gpu_info
from engine.vtm.decode import decode
from engine.vtm.plan import REBUILD, PlanError, check_plan, plan_path, read_plan
from engine.vtm.weights import Weights
from models.camera import Intrinsics
from models.keypoints import NUM_KEYPOINTS
from models.vtm.answer import output_shapes
from models.vtm.config import VTMConfig
from models.vtm.evidence import evidence_shape

INPUTS = ("keypoints", "evidence", "box")


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output: page-locked host array and GPU address."""

    host: F32
    address: int


class PlanRunner:
    """A plan on the first GPU, recorded as one CUDA graph. One thread."""

    def __init__(self, data: bytes, config: VTMConfig, trt: Any, cuda: Cuda) -> None:
        """Take over `cuda`. Raises PlanError (not a plan for this network), CudaError (no memory)."""
        self._cuda = cuda
        self._outputs = tuple(output_shapes(config))
        self._log = _logger(trt)
        self._runtime = trt.Runtime(self._log)
        self._engine = self._runtime.deserialize_cuda_engine(data)
        if self._engine is None:
            raise PlanError(f"TensorRT cannot read the plan{self._log.said()}; run {REBUILD}")
        shapes = self._shapes(trt, config)
        self._context = self._engine.create_execution_context()
        if self._context is None:
            raise CudaError(f"TensorRT gets no memory for the plan{self._log.said()}")
        self._tensors = {name: self._bind(name, shape) for name, shape in shapes.items()}
        self._record()

    def run(self, keypoints: F32, evidence: F32, box: F32) -> Outputs:
        """Run one window, with shapes as in ExportedVTM. The returned arrays are valid until the next call."""
        for name, values in zip(INPUTS, (keypoints, evidence, box), strict=True):
            np.copyto(self._tensors[name].host, values)
        self._cuda.launch_graph()
        self._cuda.wait()
        return tuple(self._tensors[name].host for name in self._outputs)

    def close(self) -> None:
        """Release the GPU. Idempotent."""
        self._tensors = {}
        self._context = self._engine = self._runtime = None
        self._cuda.close()

    def _shapes(self, trt: Any, config: VTMConfig) -> dict[str, tuple[int, ...]]:
        """Return each tensor's shape by name. Raises PlanError unless they are VTM's, with this window, in float32."""
        T = config.window_frames
        evidence = (1, T, *evidence_shape(config.backbone))
        expected = {"keypoints": (1, T, NUM_KEYPOINTS, 3), "evidence": evidence, "box": (1, 3)}
        names = [self._engine.get_tensor_name(index) for index in range(self._engine.num_io_tensors)]
        shapes = {name: tuple(int(n) for n in self._engine.get_tensor_shape(name)) for name in names}
        single = all(self._engine.get_tensor_dtype(name) == trt.float32 for name in names)
        expected |= output_shapes(config)
        if shapes != expected or not single:
            raise PlanError(f"the plan has tensors {shapes}, expected {expected} in float32; run {REBUILD}")
        return shapes

    def _bind(self, name: str, shape: tuple[int, ...]) -> Tensor:
        host = self._cuda.host_buffer(shape)
        host[...] = 0.0
        tensor = Tensor(host, self._cuda.device_buffer(host.nbytes))
        self._context.set_tensor_address(name, tensor.address)
        return tensor

    def _queue(self) -> None:
        """Queue: inputs to the GPU, network, outputs to the host."""
        for name in INPUTS:
            self._cuda.to_device(self._tensors[name].address, self._tensors[name].host)
        if not self._context.execute_async_v3(self._cuda.stream):
            raise CudaError(f"TensorRT does not run the plan{self._log.said()}")
        for name in self._outputs:
            self._cuda.to_host(self._tensors[name].host, self._tensors[name].address)

    def _record(self) -> None:
        """Run once, because TensorRT allocates in the first run; then record the graph."""
        self._queue()
        self._cuda.wait()
        self._cuda.begin_graph()
        self._queue()
        self._cuda.end_graph()


class TensorRtRuntime:
    """A back end. Raises PlanError, CudaError, ImportError when the plan cannot run here."""

    name = "tensorrt"

    def __init__(self, weights: Weights, path: Path | None = None) -> None:
        """path: of the plan; None: default path of build_engine.py."""
        import tensorrt as trt

        gpu = gpu_info()
        if gpu is None:
            raise CudaError("no NVIDIA GPU, or no driver for it; install NVIDIA's driver")
        plan = read_plan(plan_path() if path is None else path)
        check_plan(plan.info, weights, gpu.label, str(trt.__version__))
        self.config = weights.config
        cuda = Cuda()
        try:
            self._runner = PlanRunner(plan.data, weights.config, trt, cuda)
        except BaseException:
            cuda.close()
            raise

    def infer(self, window: Window) -> Outputs:
        """Run only the network. Solve thread only. The arrays are valid until the next call."""
        return self._runner.run(window.keypoints, window.evidence, window.box)

    def lift(self, window: Window, intrinsics: Intrinsics) -> RawMotion:
        """Lift a window of 2D keypoints to motion (VTM, fig. 2, video side). Solve thread only."""
        return decode(window, intrinsics, *(output.copy() for output in self.infer(window)))

    def close(self) -> None:
        """Release the GPU. Idempotent."""
        self._runner.close()


def _logger(trt: Any) -> Any:
    """Return a logger that stores TensorRT's last error instead of writing to stderr."""

    class Log(trt.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.last = ""

        def log(self, severity: Any, message: str) -> None:
            if severity in (trt.ILogger.ERROR, trt.ILogger.INTERNAL_ERROR):
                self.last = " ".join(message.split())[:160]

        def said(self) -> str:
            return f" ({self.last})" if self.last else ""

    return Log()
