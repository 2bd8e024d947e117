"""Picks the back end that runs VTM: the fastest one that really works, said in one line with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import onnxruntime as ort

from engine.config import BACKENDS
from engine.errors import ModelError, UsageError
from engine.vtm.onnx_runtime import PROVIDERS, OnnxRuntime
from engine.vtm.weights import WEIGHTS, load_weights

_ORDER = ("cuda", "cpu")  # fastest first


@dataclass(frozen=True, slots=True)
class BackendState:
    """A back end as `vtm doctor` shows it."""

    name: str
    works: bool
    detail: str  # what it runs on, or what is missing and how to get it


def load_runtime(
    backend: str = "auto", *, threads: int = 1, on_message: Callable[[str], None], path: Path = WEIGHTS
) -> OnnxRuntime:
    """Open the wanted back end, or with "auto" the first that works.

    Raises UsageError for an unknown name, ModelError when the weights or the wanted back end cannot be used.
    """
    if backend not in BACKENDS:
        raise UsageError(f"back end {backend!r} is unknown; expected one of {', '.join(BACKENDS)}")
    weights = load_weights(path)
    if backend != "auto":
        problem = _missing(backend)
        if problem:
            raise ModelError(f"back end {backend}: {problem}; --backend auto takes one that works")
        return OnnxRuntime(weights, backend, threads)
    for name in _ORDER:
        if _missing(name):
            continue
        try:
            runtime = OnnxRuntime(weights, name, threads)
        except ModelError as error:
            if name == _ORDER[-1]:
                raise
            on_message(str(error))
            continue
        on_message(f"VTM runs on {name}" + (" (no NVIDIA GPU found by ONNX Runtime)" if name == "cpu" else ""))
        return runtime
    raise ModelError("no back end can run VTM; install onnxruntime again")


def _missing(backend: str) -> str | None:
    """Why a back end cannot even be tried, with the fix; None when it can."""
    if backend in PROVIDERS:
        if PROVIDERS[backend] in ort.get_available_providers():
            return None
        return "this onnxruntime has no CUDA; pip install onnxruntime-gpu in its place"
    return "not available in this version"


def backend_states(path: Path = WEIGHTS) -> tuple[BackendState, ...]:
    """Every back end tried for real, for `vtm doctor`. Raises ModelError when the weights cannot be used."""
    weights = load_weights(path)
    states = []
    for name in BACKENDS:
        if name == "auto":
            continue
        problem = _missing(name)
        if problem is None:
            try:
                OnnxRuntime(weights, name, 1)
            except ModelError as error:
                problem = str(error)
        states.append(BackendState(name, problem is None, problem or f"runs {weights.path.name}"))
    return tuple(states)
