"""The shipped VTM weights: the ONNX with its sidecar .json, checked before use."""

from __future__ import annotations

import hashlib
import reprlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import models
from engine.errors import ModelError
from models.json_text import read_json
from models.vtm.config import VTMConfig
from models.vtm.evidence import evidence_shape

_MAX_RATE_HZ = 1000.0
WEIGHTS = Path(models.__file__).parent / "weights" / "vtm.onnx"


@dataclass(frozen=True, slots=True)
class Weights:
    """Checked weights: the file, its config, and the sidecar's information on their origin."""

    path: Path
    sha256: str
    config: VTMConfig
    about: dict[str, Any]
    backbone: Path | None = None  # ONNX of the network for the visual branch; None: the detector feeds it


def load_weights(path: Path = WEIGHTS) -> Weights:
    """Read and check sidecar and file. Raises ModelError: missing, modified or of another version."""
    sidecar = path.with_suffix(".json")
    again = "install vtm-live again, or export with python -m models.export"
    try:
        about = read_json(sidecar)
        data = path.read_bytes()
        expected = str(about["sha256"])
        config = _config(about["config"])
        evidence_shape(config.backbone)
    except FileNotFoundError as error:
        raise ModelError(f"VTM weights: {error.filename} is missing; {again}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"VTM weights: {sidecar} cannot be used ({error}); {again}") from error
    _check_sha256(path, data, expected, again)
    return Weights(path, expected, config, about, _backbone(path, config, about))


def _config(values: dict[str, Any]) -> VTMConfig:
    """Read the config; the sidecar has no checksum. Raises ValueError, TypeError, AttributeError."""
    for field in fields(VTMConfig):
        value, default = values.get(field.name, field.default), field.default
        if type(value) is not type(default) and not (isinstance(default, float) and type(value) is int):
            raise ValueError(f"{field.name} is {reprlib.repr(value)}, expected {type(default).__name__}")
    config = VTMConfig.from_dict(values)
    if not 1.0 <= config.rate_hz <= _MAX_RATE_HZ or not 0 <= config.latency_frames < config.window_frames:
        raise ValueError(f"rate_hz is {config.rate_hz:g}, latency_frames {config.latency_frames}")
    return config


def _check_sha256(path: Path, data: bytes, expected: str, again: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise ModelError(f"VTM weights: {path} has sha256 {found[:12]}…, expected {expected[:12]}…; {again}")


def _backbone(path: Path, config: VTMConfig, about: dict[str, Any]) -> Path | None:
    """Return the checked backbone ONNX beside the weights. Raises ModelError: missing, or a different one."""
    if config.backbone == "landmarks":
        return None
    again = "export both again with python -m models.export CHECKPOINT"
    try:
        name, expected = str(about["backbone"]["file"]), str(about["backbone"]["sha256"])
    except (KeyError, TypeError) as error:
        sidecar = path.with_suffix(".json")
        raise ModelError(f"VTM weights: {sidecar} names no file of backbone {config.backbone}; {again}") from error
    file = path.parent / Path(name).name
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ModelError(f"VTM weights: their backbone {file} cannot be read ({error.strerror}); {again}") from error
    _check_sha256(file, data, expected, again)
    return file
