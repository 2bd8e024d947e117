"""Write a take to any supported format; the suffix selects it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import IO, Protocol

from engine.errors import UsageError
from engine.motion.atomic import new_file
from engine.motion.bvh import write_bvh
from engine.motion.bvh_styles import BVH_STYLES, FBX_STYLES
from engine.motion.csv_table import write_motion_csv
from engine.motion.fbx import write_fbx
from engine.motion.gltf import write_glb, write_vrma
from engine.motion.npz import write_motion_npz
from engine.motion.osc_log import write_osc_log
from engine.motion.resample import gaps_json, gaps_of
from engine.motion.smpl import write_smpl
from engine.motion.take import MotionTake, Progress, no_progress


class _Writer(Protocol):
    def __call__(self, file: IO[bytes], take: MotionTake, progress: Progress) -> None: ...


_WRITERS: dict[str, _Writer] = {
    ".npz": write_motion_npz,
    ".bvh": write_bvh,
    ".csv": write_motion_csv,
    ".glb": write_glb,
    ".vrma": write_vrma,
    ".jsonl": write_osc_log,
    ".fbx": write_fbx,
}
PLAIN_STYLE, _SMPL_STYLE = "default", "smpl"
STYLES: dict[str, tuple[str, ...]] = {
    ".bvh": tuple(BVH_STYLES),
    ".fbx": FBX_STYLES,
    ".npz": (PLAIN_STYLE, _SMPL_STYLE),
}
"""Target programs by suffix; other formats have one form."""
MOTION_SUFFIXES = tuple(_WRITERS)
TRUE_TIMES = (".npz", ".csv")
"""Formats with the original timestamps; in the others a long gap is shortened."""
GAPS_SUFFIX = ".gaps.json"
"""BVH has no comment that every reader skips, so shortened gaps are listed in NAME.bvh.gaps.json."""


def check_motion_path(path: Path) -> None:
    """Raise UsageError if the suffix is not that of a supported format."""
    if path.suffix.lower() not in _WRITERS:
        raise UsageError(f"cannot write {path.name}: the name must end in one of {', '.join(MOTION_SUFFIXES)}")


def write_motion(
    path: Path,
    take: MotionTake,
    *,
    style: str = PLAIN_STYLE,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> Path:
    """Write the complete take under `path` or the next free name; return that name.

    style  one of STYLES[suffix]
    overwrite  replace an existing file instead
    Raises UsageError (suffix, style), OutputError (disk, nobody in the take).
    """
    check_motion_path(path)
    check_style(path, style)
    suffix = path.suffix.lower()
    writer = _writer(suffix, style)
    with new_file(path, overwrite=overwrite) as new:
        writer(new.file, take, progress)
    if suffix == ".bvh":
        _mark_gaps(new.path, take)
    return new.path


def check_style(path: Path, style: str) -> None:
    """Raise UsageError if a file of this suffix cannot be written in the style."""
    if style == PLAIN_STYLE or style in STYLES.get(path.suffix.lower(), ()):
        return
    suffixes = [suffix for suffix, styles in STYLES.items() if style in styles]
    if not suffixes:
        known = ", ".join(dict.fromkeys(name for styles in STYLES.values() for name in styles))
        raise UsageError(f"unknown style {style!r}: use one of {known}")
    raise UsageError(f"--style {style} is for {' and '.join(suffixes)} files: give an output with this suffix")


def style_for(path: Path, style: str) -> str:
    """Return the style where a file of this suffix has it, else the plain one."""
    return style if style in STYLES.get(path.suffix.lower(), ()) else PLAIN_STYLE


def _writer(suffix: str, style: str) -> _Writer:
    if suffix == ".bvh":
        return partial(write_bvh, style=BVH_STYLES[style])
    if suffix == ".fbx":
        return partial(write_fbx, style=BVH_STYLES[style])
    return write_smpl if (suffix, style) == (".npz", _SMPL_STYLE) else _WRITERS[suffix]


def _mark_gaps(bvh: Path, take: MotionTake) -> None:
    gaps, beside = gaps_of(take), bvh.with_name(bvh.name + GAPS_SUFFIX)
    if gaps:
        with new_file(beside, overwrite=True) as new:
            new.file.write(json.dumps({"gaps": gaps_json(gaps)}, indent=2).encode() + b"\n")
    else:
        beside.unlink(missing_ok=True)
