"""`python -m models.export CHECKPOINT`: the video side of VTM as ONNX with its sidecar, checked against torch."""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.export_backbone import export_backbone
from models.keypoints import NUM_KEYPOINTS
from models.onnx_file import ExportError as ExportError
from models.onnx_file import hush_exporter, store_half, write_onnx
from models.training.state import CheckpointError, load_vtm, read_checkpoint, save_weights, without_folders
from models.vtm.answer import answer_difference
from models.vtm.evidence import BACKBONE_FILE, evidence_shape
from models.vtm.exported import ExportedVTM
from models.vtm.resnet18 import WEIGHTS_FILE, BackboneError
from models.vtm.vtm import VTM

INPUTS = ("keypoints", "evidence", "box")
OUTPUTS = ("rotations_6d", "root", "log_ratio", "contacts", "log_spread")
PARITY = 1e-4
"""Largest difference from torch in any number decoded from the outputs, with float32 weights."""
PARITY_STORED = 5e-3
"""The same with weights rounded to half precision for the file."""

log = logging.getLogger("models.export")


def example_inputs(model: VTM, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Return random inputs of realistic shapes and magnitudes: scores and flags in 0..1, points about a body's size."""
    rng = torch.Generator().manual_seed(seed)
    frames = model.config.window_frames
    points = torch.randn(1, frames, NUM_KEYPOINTS, 2, generator=rng)
    scores = torch.rand(1, frames, NUM_KEYPOINTS, 1, generator=rng)
    evidence = 0.4 * torch.randn(1, frames, *evidence_shape(model.config.backbone), generator=rng)
    evidence[..., -1] = 1.0
    return torch.cat([points, scores], dim=-1), evidence, 0.3 * torch.randn(1, 3, generator=rng)


def export_onnx(model: VTM, path: Path) -> float:
    """Write the ONNX atomically; return the largest difference from torch.

    Raises ExportError above PARITY in single precision, or above PARITY_STORED as stored.
    """
    exported = ExportedVTM(model).eval()
    partial = path.with_suffix(".partial")
    write_onnx(exported, example_inputs(model), partial, INPUTS, OUTPUTS)
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
    """Return the largest difference between ONNX Runtime and torch over random windows (models.vtm.answer)."""
    from models.onnx_session import ort

    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for seed in range(windows):
        inputs = example_inputs(model, seed)
        with torch.no_grad():
            expected = [output.numpy() for output in exported(*inputs)]
        found = session.run(None, dict(zip(INPUTS, (tensor.numpy() for tensor in inputs), strict=True)))
        worst = max(worst, answer_difference(found, expected, mirrored=model.config.mirrored))
    return worst


def sidecar(model: VTM, data: dict[str, Any], sha256: str, difference: float) -> dict[str, Any]:
    """Return the contents of the sidecar."""
    progress = data["progress"]
    return {
        "sha256": sha256,
        "config": model.config.to_dict(),
        "training": {
            "minutes": round(progress.seconds / 60, 1),
            "steps": progress.step,
            "windows": progress.windows,
            "run": without_folders(data["run"]),
            "validation": progress.history[-1] if progress.history else {},
        },
        "parity_with_torch": difference,
    }


def export(checkpoint: Path, out: Path, backbone_weights: Path | None = None, *, mirrored: bool = True) -> None:
    """Write OUT.onnx and OUT.json from a checkpoint, and the frozen backbone beside them if the config has one.

    mirrored: average with the answer for the mirror image (models.vtm.mirror).
    Raises CheckpointError, ExportError; then OUT.json is unchanged.
    """
    model, data = load_vtm(checkpoint)
    model.config = replace(model.config, mirrored=mirrored)
    out.parent.mkdir(parents=True, exist_ok=True)
    backbone = {}
    if model.config.backbone != "landmarks":
        try:
            mark = str(data["run"].get("backbone_weights", ""))
            backbone = {"backbone": export_backbone(backbone_weights, out.with_name(BACKBONE_FILE), mark=mark)}
        except BackboneError as error:
            raise ExportError(str(error)) from error
    difference = export_onnx(model, out)
    sha256 = hashlib.sha256(out.read_bytes()).hexdigest()
    text = json.dumps(sidecar(model, data, sha256, difference) | backbone, indent=2)
    out.with_suffix(".json").write_text(text + "\n")
    log.info("%s: %.1f MB, differs from torch by %.1e", out, out.stat().st_size / 1e6, difference)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    hush_exporter()
    parser = argparse.ArgumentParser(prog="python -m models.export", description=__doc__)
    parser.add_argument("checkpoint", type=Path, nargs="?", default=Path("runs/vtm/final.pt"))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "weights" / "vtm.onnx")
    parser.add_argument(
        "--backbone-weights", type=Path, help=f"weights of backbone resnet18: {WEIGHTS_FILE}; default: from torchvision"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FILE.pt", help="also write the averaged weights for models.train --start-from"
    )
    parser.add_argument(
        "--one-pass", action="store_true", help="do not average with the mirror image: faster, less accurate"
    )
    args = parser.parse_args(argv)
    try:
        export(args.checkpoint, args.out, args.backbone_weights, mirrored=not args.one_pass)
        if args.keep is not None:
            save_weights(args.keep, read_checkpoint(args.checkpoint))
    except (CheckpointError, ExportError, OSError) as error:
        log.error("error: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
