"""Choose the back end for VTM: the one measured to be fastest on this machine, reported in one line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.config import BACKENDS
from engine.errors import ModelError, UsageError
from engine.vtm.base import VtmRuntime
from engine.vtm.cuda import gpu_info
from engine.vtm.fallback import FallbackRuntime
from engine.vtm.fastest import machine_of, remember, remembered, window_ms
from engine.vtm.needs import Need, missing
from engine.vtm.onnx_runtime import PROVIDERS, OnnxRuntime, first_line
from engine.vtm.tensorrt_runtime import TensorRtRuntime
from engine.vtm.weights import WEIGHTS, Weights, load_weights

ORDER = tuple(name for name in BACKENDS if name != "auto")
"""Expected order, fastest first: tensorrt, tensorrt-rtx, cuda, openvino, cpu. Working ones are measured."""

OnMessage = Callable[[str], None]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BackendState:
    """A back end as shown by `vtm doctor`."""

    name: str
    works: bool
    detail: str  # its device, or what is missing and how to get it


def load_runtime(
    backend: str = "auto", *, threads: int = 1, on_message: OnMessage, path: Path = WEIGHTS
) -> FallbackRuntime:
    """Open the requested back end, or with "auto" the fastest working one; if it fails later, slower ones take over.

    Raises UsageError for an unknown name, ModelError when the weights or the requested back end cannot be used.
    """
    if backend not in BACKENDS:
        raise UsageError(f"back end {backend!r} is unknown; expected one of {', '.join(BACKENDS)}")
    weights = load_weights(path)
    if not weights.config.confidence:
        line = f"{path.name}: weights of format 3 have no confidence output; export newer ones with models.export"
        (log.info if path == WEIGHTS else on_message)(line)
    for name in ORDER:
        log.info("back end %s: %s", name, missing(name) or "can be tried")

    order = ORDER
    if backend == "auto":
        times = _times(weights, threads, on_message)
        order = (*sorted(times, key=lambda name: times[name]), *(name for name in ORDER if name not in times))
        runtime = next(_working(weights, order, threads, on_message), None)
        if runtime is None:
            raise ModelError("no back end can run VTM: run vtm doctor to see what is missing")
        on_message(choice_line(runtime.name, times))
    else:
        problem = missing(backend)
        if problem is not None:
            raise ModelError(f"back end {backend}: {problem}; use --backend auto to choose one that works")
        runtime = open_backend(weights, backend, threads)

    def slower(name: str) -> Iterator[VtmRuntime]:
        return _working(weights, order[order.index(name) + 1 :], threads, on_message)

    return FallbackRuntime(runtime, slower, on_message)


def _times(weights: Weights, threads: int, on_message: OnMessage) -> dict[str, float]:
    """Return ms per window of each working back end; measured at the first start and cached.

    Empty if there is no choice. A back end that fails is reported but not cached: it may work next time.
    """
    names = [name for name in ORDER if missing(name) is None]
    if len(names) < 2:
        return {}
    machine = machine_of(weights, names, threads)
    times = remembered(machine, names)
    if times:
        return times
    for name in names:
        try:
            times[name] = _time(weights, name, threads)
        except ModelError as error:
            log.warning("back end %s is skipped", name, exc_info=True)
            on_message(str(error))
    log.info("ms per window: %s", times)
    if len(times) == len(names):
        remember(machine, times)
    return times


def _time(weights: Weights, name: str, threads: int) -> float:
    """Return milliseconds per window on this back end. Raises ModelError when it does not run."""
    runtime = open_backend(weights, name, threads)
    try:
        return window_ms(runtime)
    except Exception as error:
        raise ModelError(f"back end {name} failed ({first_line(error)}); run vtm doctor") from error
    finally:
        runtime.close()


def open_backend(weights: Weights, backend: str, threads: int) -> VtmRuntime:
    """Open one back end and test it with real runs. Raises ModelError."""
    try:
        return OnnxRuntime(weights, backend, threads) if backend in PROVIDERS else TensorRtRuntime(weights)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"back end {backend} does not start ({first_line(error)}); run vtm doctor") from error


def _working(weights: Weights, names: tuple[str, ...], threads: int, on_message: OnMessage) -> Iterator[VtmRuntime]:
    """Open the working back ends one by one; a failing one is reported, and the last one raises."""
    for name in names:
        if missing(name) is not None:
            continue
        try:
            runtime = open_backend(weights, name, threads)
        except ModelError as error:
            if name == names[-1]:
                raise
            log.warning("back end %s is skipped", name, exc_info=True)
            on_message(str(error))
            continue
        yield runtime


def choice_line(chosen: str, times: dict[str, float] | None = None) -> str:
    """Return a line with the running back end and its device, the time per window on each (ms), and what is missing."""
    where = ""
    gpu = gpu_info()
    if chosen in ("tensorrt", "tensorrt-rtx", "cuda") and gpu is not None:
        where = f" on {gpu.name}"
    reasons: dict[str, list[str]] = {}
    for name in ORDER[: ORDER.index(chosen)]:
        need = missing(name)
        if need is not None:
            reasons.setdefault(need.reason, []).append(name)
    why = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
    if times and chosen in times:
        others = "".join(f", {name} {ms:.1f}" for name, ms in times.items() if name != chosen)
        why = f"{times[chosen]:.1f} ms per window{others}" + (f"; {why}" if why else "")
    return f"VTM runs on {chosen}{where}" + (f" ({why})" if why else "")


def backend_states(path: Path = WEIGHTS) -> tuple[BackendState, ...]:
    """Test every back end, for `vtm doctor`. Raises ModelError when the weights cannot be used."""
    weights = load_weights(path)
    return tuple(_state(weights, name) for name in ORDER)


def _state(weights: Weights, name: str) -> BackendState:
    need: Need | ModelError | None = missing(name)
    if need is None:
        try:
            open_backend(weights, name, 1).close()
        except ModelError as error:
            need = error
    return BackendState(name, need is None, str(need) if need is not None else f"runs {weights.path.name}")
