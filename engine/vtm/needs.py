"""Requirements of each back end, and how to install missing ones."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from engine.errors import ModelError
from engine.vtm.cuda import gpu_info
from engine.vtm.onnx_runtime import PROVIDERS, RTX_PLUGIN
from engine.vtm.plan import REBUILD, plan_path, read_plan
from models.onnx_session import ort

NO_GPU = "no NVIDIA GPU"


@dataclass(frozen=True, slots=True)
class Need:
    """A short reason, and what to do."""

    reason: str
    fix: str

    def __str__(self) -> str:
        return f"{self.reason}; {self.fix}"


def over_onnxruntime(package: str) -> str:
    """Return the command for another build of ONNX Runtime: all builds share one folder, and the last one wins."""
    return f"pip install --force-reinstall --no-deps {package}"


def missing(backend: str) -> Need | None:
    """Return what a back end lacks; None: it can be tried."""
    look = {"tensorrt": _tensorrt, "tensorrt-rtx": _rtx, "cuda": _cuda, "openvino": _openvino, "cpu": _cpu}
    return look[backend]()


def _listed(backend: str) -> bool:
    return PROVIDERS[backend] in ort.get_available_providers()


def _tensorrt() -> Need | None:
    if gpu_info() is None:
        return Need(NO_GPU, f"with a GPU and its driver: pip install vtm-live[tensorrt], then {REBUILD}")
    if importlib.util.find_spec("tensorrt") is None:
        return Need("tensorrt is not installed", f"pip install vtm-live[tensorrt], then {REBUILD}")
    try:
        read_plan(plan_path())
    except ModelError as error:
        reason, _, fix = str(error).rpartition("; ")
        return Need(reason, fix)
    return None


def _rtx() -> Need | None:
    package = RTX_PLUGIN.replace("_", "-") + "-cu13"
    if gpu_info() is None:
        return Need(NO_GPU, f"with a GeForce RTX 30 or newer and its driver: pip install {package}")
    if importlib.util.find_spec(RTX_PLUGIN) is None:
        return Need("its plug-in is not installed", f"pip install {package}")
    return None


def _cuda() -> Need | None:
    if _listed("cuda"):
        return None
    fix = over_onnxruntime("onnxruntime-gpu")
    if gpu_info() is None:
        return Need(NO_GPU, f"with a GPU and its driver: {fix}")
    return Need("this onnxruntime has no CUDA", fix)


def _openvino() -> Need | None:
    if _listed("openvino"):
        return None
    return Need("not installed", over_onnxruntime("onnxruntime-openvino"))


def _cpu() -> Need | None:
    return None if _listed("cpu") else Need("this onnxruntime has no CPU provider", over_onnxruntime("onnxruntime"))
