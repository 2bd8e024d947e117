"""Rendered clips of hands and faces with their detections: the arrays of both files, frame by frame."""

from __future__ import annotations

import logging
import math
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluation.clips import ClipError
from models.npz import NpzError

ROOT = Path(__file__).parents[2]
BUNDLED = ROOT / "models" / "hands_face"
KIND = "hands and face"
Arrays = Mapping[str, NDArray[Any]]
NEEDED = (
    "hand_points_cam_m",
    "hand_points_px",
    "hand_visible",
    "head_rotation_cam",
    "face_box_px",
    "face_visible",
    "eyes_visible",
    "K",
    "size",
)

log = logging.getLogger("models.evaluate")


@dataclass(frozen=True, slots=True)
class DetailsClip:
    """A clip: its truth (models/rendering/detail_clip.py) and detections (app/commands/detect_details.py)."""

    name: str
    truth: Arrays
    found: Arrays

    @property
    def frames(self) -> int:
        """Frames of the truth."""
        return len(self.truth["face_visible"])


def read_details_clips(folder: Path, cache: Path, options: tuple[str, ...] = ()) -> list[DetailsClip]:
    """Read every NAME.mkv with ground truth of hands and face, detecting once. Raises ClipError.

    options  of app.commands.detect_details; each set of options has its own detections
    """
    clips = []
    for path in sorted(folder.glob("*_truth.npz")):
        truth = _arrays(path)
        if str(truth.get("kind", "")) != KIND:
            continue
        if missing := [name for name in NEEDED if name not in truth]:
            raise ClipError(f"{path}: no {', '.join(missing)}; render it again with app.commands.render_details")
        name = path.name.removesuffix("_truth.npz")
        lens = f"{math.degrees(2 * math.atan(max(truth['size']) / 2 / truth['K'][0, 0])):.2f}"
        found = _arrays(_detected(path.with_name(f"{name}.mkv"), cache, options, lens))
        if len(found["face_at"]) != len(truth["face_visible"]):
            raise ClipError(f"{name}: {len(found['face_at'])} pictures, truth of {len(truth['face_visible'])}")
        clips.append(DetailsClip(name, truth, found))
    if not clips:
        raise ClipError(f"{folder}: no NAME_truth.npz of hands and face; make some: app.commands.render_details")
    return clips


def _arrays(path: Path) -> Arrays:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, NpzError) as error:
        raise ClipError(f"{path}: cannot be read ({error}); make it again") from error


def _detected(video: Path, cache: Path, options: tuple[str, ...], hfov: str) -> Path:
    if not video.exists():
        raise ClipError(f"{video}: no such video beside its truth; render it again")
    out = cache / "_".join((video.stem, "details", *(option.strip("-") for option in options)))
    out = out.with_name(f"{out.name}.npz")
    if not out.exists() or out.stat().st_mtime < video.stat().st_mtime:
        log.info("looking for hands and face in %s", video.name)
        cache.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "app.commands.detect_details", str(video), str(out), "--hfov", hfov, *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise ClipError(f"{video}: the detector failed: {done.stderr.strip()[-300:]}")
    return out
