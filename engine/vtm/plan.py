"""A TensorRT plan and the sidecar with its build conditions; a plan for other conditions is rejected with the fix."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import platformdirs

from engine.errors import ModelError
from engine.vtm.weights import Weights
from models.json_text import read_json

REBUILD = "python build_engine.py"


class PlanError(ModelError):
    """The plan cannot be used here; the message ends with the command that rebuilds it."""


@dataclass(frozen=True, slots=True)
class PlanInfo:
    """The sidecar: everything that a plan depends on."""

    plan_sha256: str
    model_sha256: str  # of the ONNX
    gpu: str  # name and compute capability
    tensorrt: str  # version
    precision: str  # "fp16" or "fp32"
    window_frames: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A complete plan."""

    path: Path
    data: bytes
    info: PlanInfo


def plan_path() -> Path:
    """Return the path of the plan: $VTM_PLAN, else in the user's cache directory."""
    override = os.environ.get("VTM_PLAN")
    if override:
        return Path(override)
    return Path(platformdirs.user_cache_dir("vtm-live", appauthor=False)) / "vtm.plan"


def sidecar_path(plan: Path) -> Path:
    """vtm.plan -> vtm.plan.json"""
    return plan.with_name(f"{plan.name}.json")


def write_plan(path: Path, data: bytes, info: PlanInfo) -> None:
    """Write both files, the plan last, so that an incomplete pair is detected. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(data)
    sidecar_path(path).write_text(json.dumps(asdict(info), indent=2) + "\n", encoding="utf-8")
    partial.replace(path)


def read_plan(path: Path) -> Plan:
    """Read plan and sidecar. Raises PlanError: missing, unreadable, or they do not belong together."""
    sidecar = sidecar_path(path)
    try:
        data = path.read_bytes()
        info = _info(read_json(sidecar))
    except FileNotFoundError as error:
        raise PlanError(f"no plan ({error.filename} is missing); run {REBUILD}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PlanError(f"{sidecar} cannot be used ({type(error).__name__}: {error}); run {REBUILD}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != info.plan_sha256:
        raise PlanError(
            f"{path} is damaged (sha256 {found[:12]}…, expected {str(info.plan_sha256)[:12]}…); run {REBUILD}"
        )
    return Plan(path, data, info)


def _info(values: dict[str, object]) -> PlanInfo:
    """Check the values. Raises ValueError, KeyError, TypeError."""
    found = {field.name: values[field.name] for field in fields(PlanInfo)}
    frames = found.pop("window_frames")
    if type(frames) is not int or not all(isinstance(value, str) for value in found.values()):
        raise ValueError("a value of another type")
    return PlanInfo(window_frames=frames, **{name: str(value) for name, value in found.items()})


def check_plan(info: PlanInfo, weights: Weights, gpu: str, tensorrt: str) -> None:
    """Check the build conditions. Raises PlanError when the plan is for another model, GPU, TensorRT or window."""
    pairs = (
        ("model", str(info.model_sha256)[:12], weights.sha256[:12]),
        ("GPU", info.gpu, gpu),
        ("TensorRT", info.tensorrt, tensorrt),
        ("window", info.window_frames, weights.config.window_frames),
    )
    for what, built, here in pairs:
        if built != here:
            raise PlanError(f"the plan was built for {what} {built}, this machine has {here}; run {REBUILD}")
