"""A take to a file of any format that we write; the suffix says which."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.errors import UsageError
from engine.outputs.bvh import write_bvh
from engine.outputs.gltf import write_glb, write_vrma
from engine.outputs.motion_csv import write_motion_csv
from engine.outputs.motion_npz import write_motion_npz
from engine.outputs.osc_log import write_osc_log
from engine.outputs.take import MotionTake

_WRITERS: dict[str, Callable[[Path, MotionTake], None]] = {
    ".npz": write_motion_npz,
    ".bvh": write_bvh,
    ".csv": write_motion_csv,
    ".glb": write_glb,
    ".vrma": write_vrma,
    ".jsonl": write_osc_log,
}
MOTION_SUFFIXES = tuple(_WRITERS)


def check_motion_path(path: Path) -> None:
    """Raise UsageError if the suffix names no format that we write."""
    if path.suffix.lower() not in _WRITERS:
        raise UsageError(f"cannot write {path.name}: the name must end in one of {', '.join(MOTION_SUFFIXES)}")


def write_motion(path: Path, take: MotionTake) -> None:
    """Write the take, whole or not at all, replacing what is there. Raises UsageError (suffix), OutputError (disk)."""
    check_motion_path(path)
    _WRITERS[path.suffix.lower()](path, take)
