"""A take to a file of any format that we write; the suffix says which."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.errors import UsageError
from engine.motion.bvh import write_bvh
from engine.motion.bvh_styles import BVH_STYLES
from engine.motion.csv_table import write_motion_csv
from engine.motion.gltf import write_glb, write_vrma
from engine.motion.npz import write_motion_npz
from engine.motion.osc_log import write_osc_log
from engine.motion.take import MotionTake

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


def write_motion(path: Path, take: MotionTake, *, bvh_style: str = "default") -> None:
    """Write the take, whole or not at all, replacing what is there. `bvh_style`: one of BVH_STYLES.

    Raises UsageError (suffix, style), OutputError (disk, nobody in the take).
    """
    check_motion_path(path)
    if bvh_style not in BVH_STYLES:
        raise UsageError(f"unknown BVH style {bvh_style!r}: use one of {', '.join(BVH_STYLES)}")
    if path.suffix.lower() == ".bvh":
        write_bvh(path, take, BVH_STYLES[bvh_style])
    else:
        _WRITERS[path.suffix.lower()](path, take)
