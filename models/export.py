"""`python -m models.export CHECKPOINT`: the video side of VTM as ONNX with its sidecar, checked against torch."""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor

from models.keypoints import NUM_EVIDENCE, NUM_KEYPOINTS
from models.training.state import CheckpointError, load_vtm
from models.vtm.vtm import VTM, ExportedVTM

INPUTS = ("keypoints", "evidence", "box")
OUTPUTS = ("rotations_6d", "root", "log_ratio", "contacts")
PARITY = 1e-4
"""Largest difference from torch in any output, weights in float32."""
PARITY_STORED = 5e-3
"""The same after the weights are rounded to half precision for the file."""

HALF_FROM = 1024  # numbers in a tensor

log = logging.getLogger("models.export")


class ExportError(RuntimeError):
    """The exported network does not say what torch says."""


def example_inputs(model: VTM, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Random inputs of the right shapes."""
    rng = torch.Generator().manual_seed(seed)
    frames = model.config.window_frames
    return (
        torch.randn(1, frames, NUM_KEYPOINTS, 3, generator=rng),
        torch.randn(1, frames, NUM_EVIDENCE, 4, generator=rng),
        torch.randn(1, 3, generator=rng),
    )


def store_half(path: Path) -> None:
    """Keep large weights as float16 in the file, cast back when it is loaded: half the size, the same speed."""
    model = onnx.load(str(path))
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and np.prod(tensor.dims) >= HALF_FROM:
            values = onnx.numpy_helper.to_array(tensor).astype(np.float16)
            name = tensor.name
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, f"{name}_half"))
            casts.append(onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=onnx.TensorProto.FLOAT))
    _without_traces(model)
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _without_traces(model: onnx.ModelProto) -> None:
    """The exporter writes its stack traces, with the paths of the machine, into every part: none of it is shipped."""
    graph = model.graph
    functions = [node for function in model.functions for node in function.node]
    for part in (model, graph, *graph.node, *functions, *graph.input, *graph.output, *graph.value_info):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    for tensor in graph.initializer:
        tensor.ClearField("metadata_props")
        tensor.ClearField("doc_string")


def export_onnx(model: VTM, path: Path) -> float:
    """Write the ONNX atomically; returns the largest difference from torch.

    Raises ExportError above PARITY in single precision, or above PARITY_STORED as stored.
    """
    exported = ExportedVTM(model).eval()
    partial = path.with_suffix(".partial")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns about itself
        torch.onnx.export(
            exported,
            example_inputs(model),
            str(partial),
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    _check(parity(exported, partial, model), PARITY, partial)
    store_half(partial)
    difference = parity(exported, partial, model)
    _check(difference, PARITY_STORED, partial)
    partial.replace(path)
    return difference


def _check(difference: float, limit: float, partial: Path) -> None:
    if not difference <= limit:
        partial.unlink()
        raise ExportError(f"the ONNX differs from torch by {difference:.1e}, expected at most {limit:.0e}")


def parity(exported: ExportedVTM, path: Path, model: VTM, windows: int = 8) -> float:
    """Largest difference between ONNX Runtime and torch over random windows."""
    import onnxruntime as ort

    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for seed in range(windows):
        inputs = example_inputs(model, seed)
        with torch.no_grad():
            expected = exported(*inputs)
        found = session.run(None, dict(zip(INPUTS, (tensor.numpy() for tensor in inputs), strict=True)))
        for ours, theirs in zip(found, expected, strict=True):
            worst = max(worst, float(np.abs(ours - theirs.numpy()).max()))
    return worst


def sidecar(model: VTM, data: dict[str, Any], sha256: str, difference: float) -> dict[str, Any]:
    """What is kept beside the ONNX."""
    progress = data["progress"]
    return {
        "sha256": sha256,
        "config": model.config.to_dict(),
        "training": {
            "minutes": round(progress.seconds / 60, 1),
            "steps": progress.step,
            "windows": progress.windows,
            "run": data["run"],
            "validation": progress.history[-1] if progress.history else {},
        },
        "parity_with_torch": difference,
    }


def export(checkpoint: Path, out: Path) -> None:
    """Checkpoint -> OUT.onnx and OUT.json."""
    model, data = load_vtm(checkpoint)
    out.parent.mkdir(parents=True, exist_ok=True)
    difference = export_onnx(model, out)
    sha256 = hashlib.sha256(out.read_bytes()).hexdigest()
    text = json.dumps(sidecar(model, data, sha256, difference), indent=2)
    out.with_suffix(".json").write_text(text + "\n")
    log.info("%s: %.1f MB, differs from torch by %.1e", out, out.stat().st_size / 1e6, difference)


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser(prog="python -m models.export", description=__doc__)
    parser.add_argument("checkpoint", type=Path, nargs="?", default=Path("runs/vtm/final.pt"))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "weights" / "vtm.onnx")
    args = parser.parse_args(argv)
    try:
        export(args.checkpoint, args.out)
    except (CheckpointError, ExportError, OSError) as error:
        log.error("error: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
