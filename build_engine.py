"""`python build_engine.py [MODEL]`: build a TensorRT plan from VTM's ONNX (or a checkpoint) for this machine's GPU.

The plan is checked against ONNX Runtime before it is kept; its sidecar records what it was built for. Half precision
is a builder flag in TensorRT 10; newer versions use the types of the ONNX, so there the ONNX itself is converted.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError, UsageError, VtmError
from engine.vtm.cuda import Cuda, GpuInfo, gpu_info
from engine.vtm.plan import PlanInfo, plan_path, write_plan
from engine.vtm.tensorrt_runtime import INPUTS, PlanRunner
from engine.vtm.weights import WEIGHTS, Weights, load_weights
from models.keypoints import NUM_KEYPOINTS
from models.vtm.answer import answer_difference
from models.vtm.config import VTMConfig
from models.vtm.evidence import evidence_shape

PARITY_WINDOWS = 100
TOLERANCE = {"fp16": 2e-2, "fp32": 2e-3}
"""Largest difference from ONNX Runtime in any number of the answer (models.vtm.answer): rotation columns, log depth,
radians, log bone ratio, confidence."""
WORKSPACE_BYTES = 1 << 30
_SAY_EVERY_S = 2.0

F32 = NDArray[np.float32]
log = logging.getLogger("build_engine")


@dataclass(frozen=True, slots=True)
class Options:
    """Command-line options."""

    model: Path
    out: Path
    precision: str
    tolerance: float


class OneLineParser(argparse.ArgumentParser):
    """An argparse parser that reports errors in a single line with the next step."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see: {self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code: 0 done, 1 a failure, 2 wrong usage."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        build(parse(argv))
    except SystemExit as leave:  # argparse after --help
        return int(leave.code or 0)
    except (VtmError, OSError) as error:
        log.error("build_engine: %s", " ".join(str(error).split()))
        return error.exit_code if isinstance(error, VtmError) else 1
    return 0


def parse(argv: Sequence[str] | None) -> Options:
    """Parse the command line. Raises UsageError, exit code 2."""
    parser = OneLineParser(prog="python build_engine.py", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path, nargs="?", default=WEIGHTS, help="vtm.onnx with its .json, or a .pt")
    parser.add_argument("--out", type=Path, default=plan_path(), help="file of the plan; its sidecar goes beside it")
    parser.add_argument("--precision", choices=sorted(TOLERANCE), default="fp16")
    parser.add_argument("--tolerance", type=float, help="largest difference from ONNX Runtime (fp16: 0.02)")
    values = parser.parse_args(argv)
    tolerance = TOLERANCE[values.precision] if values.tolerance is None else values.tolerance
    if not tolerance > 0:
        parser.error(f"--tolerance is {values.tolerance}, expected a number above 0")
    if values.model.suffix not in (".onnx", ".pt"):
        parser.error(f"the model is {values.model}, expected a file that ends in .onnx or .pt")
    return Options(values.model, values.out, values.precision, tolerance)


def build(options: Options) -> PlanInfo:
    """Build, check and write the plan. Raises ModelError, OSError; then the old plan is still there."""
    trt, gpu = tensorrt_here()
    weights = load_weights(onnx_of(options.model))
    log.info("building a %s plan of %s for %s, TensorRT %s", options.precision, weights.path.name, gpu, trt.__version__)
    started_s = time.monotonic()
    data = build_plan(weights, options.precision, trt)
    log.info(
        "built in %.0f s, %.1f MB; comparing %d windows", time.monotonic() - started_s, len(data) / 1e6, PARITY_WINDOWS
    )
    difference = parity(data, weights, trt)
    if not difference <= options.tolerance:
        raise ModelError(
            f"the plan differs from ONNX Runtime by {difference:.1e}, expected at most {options.tolerance:.0e}; "
            "try --precision fp32"
        )
    info = PlanInfo(
        plan_sha256=hashlib.sha256(data).hexdigest(),
        model_sha256=weights.sha256,
        gpu=gpu.label,
        tensorrt=str(trt.__version__),
        precision=options.precision,
        window_frames=weights.config.window_frames,
    )
    write_plan(options.out, data, info)
    log.info("%s: differs from ONNX Runtime by %.1e; vtm doctor shows it", options.out, difference)
    return info


def tensorrt_here() -> tuple[Any, GpuInfo]:
    """Return the tensorrt module and the GPU. Raises ModelError that says what to install."""
    gpu = gpu_info()
    if gpu is None:
        raise ModelError("no NVIDIA GPU, or no driver for it: a plan is built on the machine that runs it")
    try:
        import tensorrt as trt
    except ImportError as error:
        raise ModelError(f"tensorrt is not installed ({error}); pip install vtm-live[tensorrt]") from error
    return trt, gpu


def onnx_of(model: Path) -> Path:
    """Return the ONNX, exported from a checkpoint if need be. Raises ModelError."""
    if model.suffix == ".onnx":
        return model
    try:
        from models.export import ExportError, export
        from models.training.state import CheckpointError
    except ImportError as error:
        raise ModelError(f"a checkpoint needs torch ({error}); pip install vtm-live[train], or give an ONNX") from error
    target = model.with_suffix(".onnx")
    try:
        export(model, target)
    except (CheckpointError, ExportError) as error:
        raise ModelError(str(error)) from error
    return target


def half_by_flag(trt: Any) -> bool:
    """Return whether TensorRT converts to half precision itself (version 10); newer ones keep the types of the ONNX."""
    return hasattr(trt.BuilderFlag, "FP16")


def onnx_bytes(weights: Weights, precision: str, *, by_flag: bool) -> bytes:
    """Return the ONNX bytes for TensorRT. Raises ModelError if the onnx package is needed and missing."""
    if precision == "fp32" or by_flag:
        return weights.path.read_bytes()
    try:
        import onnx

        from models.half_precision import to_half
    except ImportError as error:
        raise ModelError(f"fp16 with this TensorRT needs the onnx package ({error}); pip install onnx") from error
    return bytes(to_half(onnx.load(str(weights.path))).SerializeToString())


def build_plan(weights: Weights, precision: str, trt: Any) -> bytes:
    """Return the serialized plan, with static shapes as in the ONNX. Raises ModelError with TensorRT's messages."""
    by_flag = half_by_flag(trt)
    builder = trt.Builder(trt.Logger(trt.Logger.ERROR))
    network = builder.create_network(0)
    parser = trt.OnnxParser(network, trt.Logger(trt.Logger.ERROR))
    if not parser.parse(onnx_bytes(weights, precision, by_flag=by_flag)):
        said = [str(parser.get_error(index)) for index in range(parser.num_errors)]
        raise ModelError(f"TensorRT cannot read {weights.path.name}: {'; '.join(said)[:300]}")
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, WORKSPACE_BYTES)
    if precision == "fp16" and by_flag:
        config.set_flag(trt.BuilderFlag.FP16)
    if hasattr(trt, "IProgressMonitor"):
        config.progress_monitor = progress_monitor(trt)
    data = builder.build_serialized_network(network, config)
    if data is None:
        raise ModelError("TensorRT could not build the plan; see its messages above")
    return bytes(data)


def progress_monitor(trt: Any) -> Any:
    """Log every few seconds which phase TensorRT is in, and its progress."""

    class Monitor(trt.IProgressMonitor):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self.steps: dict[str, int] = {}
            self.said_s = 0.0

        def phase_start(self, phase: str, _parent: str | None, steps: int) -> None:
            self.steps[phase] = steps

        def step_complete(self, phase: str, step: int) -> bool:
            if time.monotonic() - self.said_s >= _SAY_EVERY_S:
                self.said_s = time.monotonic()
                log.info("  %s: %d of %d", phase, step, self.steps.get(phase, 0))
            return True

        def phase_finish(self, phase: str) -> None:
            self.steps.pop(phase, None)

    return Monitor()


def random_window(config: VTMConfig, rng: np.random.Generator) -> dict[str, F32]:
    """Return random inputs of realistic magnitude: keypoints in box units, landmarks in metres, box as a ray."""
    T = config.window_frames
    evidence = (1, T, *evidence_shape(config.backbone))
    shapes = {"keypoints": (1, T, NUM_KEYPOINTS, 3), "evidence": evidence, "box": (1, 3)}
    window: dict[str, F32] = {name: rng.normal(0.0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()}
    window["keypoints"][..., 2] = rng.uniform(0.0, 1.0, shapes["keypoints"][:3])
    window["evidence"][..., -1] = 1.0
    return window


def parity(data: bytes, weights: Weights, trt: Any, windows: int = PARITY_WINDOWS) -> float:
    """Return the largest difference between the plan, run as in the app, and ONNX Runtime on the CPU."""
    from models.onnx_session import ort

    session = ort.InferenceSession(str(weights.path), providers=["CPUExecutionProvider"])
    cuda = Cuda()
    try:
        runner = PlanRunner(data, weights.config, trt, cuda)
        rng = np.random.default_rng(0)
        worst = 0.0
        for _ in range(windows):
            window = random_window(weights.config, rng)
            found = runner.run(*(window[name] for name in INPUTS))
            theirs = session.run(None, window)
            worst = max(worst, answer_difference(found, theirs, mirrored=weights.config.mirrored))
        runner.close()
    finally:
        cuda.close()
    return worst


if __name__ == "__main__":
    sys.exit(main())
