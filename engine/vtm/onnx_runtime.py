"""VTM on ONNX Runtime: CPU, OpenVINO, CUDA, the TensorRT-RTX plug-in; each only where a session really runs on it."""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import Any

import numpy as np

from engine.errors import ModelError
from engine.types import RawMotion, Window
from engine.vtm.base import Outputs
from engine.vtm.decode import decode
from engine.vtm.weights import Weights
from models.camera import Intrinsics
from models.keypoints import NUM_KEYPOINTS
from models.onnx_session import ort
from models.vtm.config import VTMConfig
from models.vtm.evidence import evidence_shape

PROVIDERS = {
    "tensorrt-rtx": "NvTensorRTRTXExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
RTX_PLUGIN = "onnxruntime_ep_nv_tensorrt_rtx"
_ON_CPU = ("cpu", "openvino")
_WARM_UP = {True: 2, False: 12}
"""Runs before the first window: a GPU selects kernels and allocates memory in more than the first two."""
MIN_SHARE = 0.5
"""A provider that runs a smaller fraction of the network's operators counts as not running it."""


class OnnxRuntime:
    """One session on one provider. Raises ModelError when the provider does not really run it."""

    def __init__(self, weights: Weights, backend: str, threads: int) -> None:
        self.config: VTMConfig = weights.config
        self.name = backend
        self._session = _open_session(weights, backend, threads)
        self._check_provider(PROVIDERS[backend])
        self._warm_up()

    def infer(self, window: Window) -> Outputs:
        """Run only the network. Solve thread only."""
        inputs = {"keypoints": window.keypoints, "evidence": window.evidence, "box": window.box}
        return tuple(self._session.run(None, inputs))

    def lift(self, window: Window, intrinsics: Intrinsics) -> RawMotion:
        """Lift a window of 2D keypoints to motion (VTM, fig. 2, video side). Solve thread only."""
        return decode(window, intrinsics, *self.infer(window))

    def close(self) -> None:
        """Do nothing: the session is freed with this object."""

    def _check_provider(self, wanted: str) -> None:
        """Ask the session what it runs on: a listed provider proves nothing."""
        running = self._session.get_providers()[0]
        if running != wanted:
            raise ModelError(f"back end {self.name}: ONNX Runtime fell back to {running}; run vtm doctor")
        share = share_on(self._session, wanted)
        if share < MIN_SHARE:
            raise ModelError(f"back end {self.name}: {wanted} runs only {share:.0%} of the network; run vtm doctor")

    def _warm_up(self) -> None:
        """Run a few times to allocate; a provider that cannot run the network fails here and not in the performance."""
        frames = self.config.window_frames
        inputs = {
            "keypoints": np.zeros((1, frames, NUM_KEYPOINTS, 3), np.float32),
            "evidence": np.zeros((1, frames, *evidence_shape(self.config.backbone)), np.float32),
            "box": np.zeros((1, 3), np.float32),
        }
        try:
            for _ in range(_WARM_UP[self.name in _ON_CPU]):
                self._session.run(None, inputs)
        except Exception as error:
            raise ModelError(f"back end {self.name}: VTM's first run failed ({first_line(error)})") from error


def share_on(session: ort.InferenceSession, provider: str) -> float:
    """Return the fraction of operators assigned to a provider; 1 if this ONNX Runtime does not report it."""
    try:
        parts: list[tuple[str, int]] = [
            (part.ep_name, len(part.get_nodes())) for part in session.get_provider_graph_assignment_info()
        ]
    except (AttributeError, RuntimeError):  # before 1.23, or not recorded
        return 1.0
    total = sum(nodes for _, nodes in parts)
    return sum(nodes for name, nodes in parts if name == provider) / total if total else 1.0


def _open_session(weights: Weights, backend: str, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # no output on stderr; failures raise exceptions
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    try:
        providers: list[Any] | None = [(PROVIDERS[backend], _provider_options(backend, threads))]
        if backend == "tensorrt-rtx":
            options.add_provider_for_devices(rtx_devices(), {})
            providers = None
        return ort.InferenceSession(str(weights.path), options, providers=providers)
    except Exception as error:
        raise ModelError(f"{weights.path} cannot be loaded on {PROVIDERS[backend]} ({first_line(error)})") from error


def _provider_options(backend: str, threads: int) -> dict[str, str]:
    """Return provider options. OpenVINO: CPU in full precision, since a batch of one is too small for an integrated
    GPU."""
    if backend == "openvino":
        return {"device_type": "CPU", "num_of_threads": str(threads), "precision": "ACCURACY"}
    return {}


@lru_cache(maxsize=1)
def rtx_devices() -> list[Any]:
    """Return the GPUs of the TensorRT-RTX plug-in; registers it once. Raises the plug-in's errors."""
    plugin = importlib.import_module(RTX_PLUGIN)
    name = plugin.get_ep_name()
    ort.register_execution_provider_library(name, plugin.get_library_path())
    devices = [device for device in ort.get_ep_devices() if device.ep_name == name]
    if not devices:
        raise ModelError("the TensorRT-RTX plug-in finds no GPU that it supports (compute capability 8.6, 8.9, 12.x)")
    return devices


def first_line(error: Exception) -> str:
    """Return a third-party exception as part of one line."""
    return str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
