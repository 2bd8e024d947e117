"""The shipped VTM weights: the ONNX beside its sidecar .json, checked before use."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import models
from engine.errors import ModelError
from models.vtm.config import VTMConfig

WEIGHTS = Path(models.__file__).parent / "weights" / "vtm.onnx"


@dataclass(frozen=True, slots=True)
class Weights:
    """Checked weights: the file, its config, and what the sidecar says of their origin."""

    path: Path
    sha256: str
    config: VTMConfig
    about: dict[str, Any]


def load_weights(path: Path = WEIGHTS) -> Weights:
    """Read and check sidecar and file. Raises ModelError: missing, tampered with, or of another version."""
    sidecar = path.with_suffix(".json")
    again = "install vtm-live again, or export with python -m models.export"
    try:
        about = json.loads(sidecar.read_text())
        data = path.read_bytes()
        expected = str(about["sha256"])
        config = VTMConfig.from_dict(about["config"])
    except FileNotFoundError as error:
        raise ModelError(f"VTM weights: {error.filename} is missing; {again}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"VTM weights: {sidecar} cannot be used ({error}); {again}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise ModelError(f"VTM weights: {path} has sha256 {found[:12]}…, expected {expected[:12]}…; {again}")
    return Weights(path, expected, config, about)
