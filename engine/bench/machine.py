"""Describes the machine that figures are measured on: processor, cores, GPU, versions, memory of this process."""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import platform
import sys
from pathlib import Path
from typing import Any

from engine.live.cores import usable_cores
from engine.vtm.cuda import gpu_info
from models.onnx_session import ort

_PACKAGES = (
    "vtm-live",
    "numpy",
    "ai-edge-litert",
    "opencv-python-headless",
    "tensorrt",
    "mediapipe",
)
_CPU_INFO = Path("/proc/cpuinfo")
_STATM = Path("/proc/self/statm")


def environment() -> dict[str, Any]:
    """Return what belongs beside every figure, as JSON."""
    gpu = gpu_info()
    return {
        "cpu": cpu_name(),
        "cores": usable_cores(),
        "gpu": None if gpu is None else gpu.name,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": dict(_versions()),
        "load_average": load_average(),
    }


def cpu_name() -> str:
    """Return the processor's name as the system reports it."""
    if _CPU_INFO.is_file():
        for line in _CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def load_average() -> float | None:
    """Return the load average of the last minute; None where the system does not report one."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def memory_mb() -> float:
    """Return the resident memory of this process in MB; on macOS its peak so far."""
    if _STATM.is_file():
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    if sys.platform == "win32":
        return _working_set_mb()
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def _working_set_mb() -> float:
    """Return PROCESS_MEMORY_COUNTERS.WorkingSetSize in MB (Windows)."""
    counters = (ctypes.c_size_t * 10)()  # cb and PageFaultCount share the first one, sizes follow
    kernel: Any = ctypes.CDLL("kernel32")
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    kernel.K32GetProcessMemoryInfo.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32]
    kernel.K32GetProcessMemoryInfo(kernel.GetCurrentProcess(), counters, ctypes.sizeof(counters))
    return float(counters[2]) / 1e6


def _versions() -> list[tuple[str, str]]:
    found = [
        ("onnxruntime", ort.__version__)
    ]  # the build that runs: those for CPU, GPU and OpenVINO install into one folder
    for name in _PACKAGES:
        try:
            found.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
