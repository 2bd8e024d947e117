"""`python -m models.export_backbone`: the frozen ResNet18 as its own ONNX, run once per frame on the person's crop.

image (1, 3, 224, 224) RGB in 0..1 -> features (1, 16, 512), as in models.vtm.evidence.
`python -m app.commands.detect --features resnet18` uses it to prepare training; `python -m models.export` writes it
beside weights that need it.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor

from models.onnx_file import ExportError, hush_exporter, store_half, write_onnx
from models.vtm.evidence import BACKBONE_FILE, CROP_PX, FINGERPRINT
from models.vtm.resnet18 import WEIGHTS_FILE, BackboneError, ResNet18Features, fingerprint, load_resnet18

PARITY = 1e-4
"""Largest difference from torch relative to the largest feature, with float32 weights."""
PARITY_STORED = 1e-2
"""The same with weights rounded to half precision for the file."""
_PICTURES = 2

log = logging.getLogger("models.export_backbone")


def export_backbone(weights: Path | None, path: Path, *, mark: str = "") -> dict[str, Any]:
    """Write the ONNX atomically; return its entry for the sidecar of VTM's weights.

    weights   a .pth in torchvision's names; None: torchvision's ImageNet weights
    mark      required identifier of the backbone whose features VTM was trained on; "": any
    Raises BackboneError for the weights, ExportError when the ONNX differs from torch.
    """
    network = load_resnet18(weights)
    found = fingerprint(network)
    if mark and found != mark:
        origin = "torchvision's ImageNet weights" if weights is None else str(weights)
        raise BackboneError(
            f"VTM was trained on features of backbone {mark[:12]}, {origin} are {found[:12]}; "
            "give those that the features were computed with: --backbone-weights FILE"
        )
    model = ResNet18Features(network)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    write_onnx(model, (_picture(0),), partial, ["image"], ["features"])
    try:
        _check(model, partial, PARITY)
        store_half(partial)
        difference = _check(model, partial, PARITY_STORED)
    except ExportError:
        partial.unlink()
        raise
    _say_which(partial, found)
    partial.replace(path)
    log.info("%s: %.1f MB, differs from torch by %.1e", path, path.stat().st_size / 1e6, difference)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"file": path.name, "sha256": sha256, FINGERPRINT: found, "parity_with_torch": difference}


def _picture(seed: int) -> Tensor:
    return torch.rand(1, 3, CROP_PX, CROP_PX, generator=torch.Generator().manual_seed(seed))


def _check(model: ResNet18Features, path: Path, limit: float) -> float:
    """Return the largest difference from torch relative to the largest feature. Raises ExportError above the limit."""
    from models.onnx_session import ort

    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for seed in range(_PICTURES):
        picture = _picture(seed)
        with torch.no_grad():
            expected = model(picture).numpy()
        (found,) = session.run(None, {"image": picture.numpy()})
        worst = max(worst, float(np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-6)))
    if not worst <= limit:
        raise ExportError(f"the backbone's ONNX differs from torch by {worst:.1e}, expected at most {limit:.0e}")
    return worst


def _say_which(path: Path, mark: str) -> None:
    """Store the backbone's identifier in the file: features are only valid with the backbone that computed them."""
    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, {"backbone": "resnet18", FINGERPRINT: mark})
    onnx.save(model, str(path))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    hush_exporter()
    parser = argparse.ArgumentParser(prog="python -m models.export_backbone", description=__doc__)
    parser.add_argument("--backbone-weights", type=Path, help=f"{WEIGHTS_FILE}; default: from torchvision")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "weights" / BACKBONE_FILE)
    args = parser.parse_args(argv)
    try:
        export_backbone(args.backbone_weights, args.out)
    except (BackboneError, ExportError, OSError) as error:
        log.error("error: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
