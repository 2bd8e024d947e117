"""Make a shard of pairs: rendered clips processed by every size of the real detector. No pixels are kept."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.commands.detect import keypoint_arrays
from engine.errors import UsageError
from engine.pose2d.base import Detector
from engine.pose2d.blazepose import BlazePose
from engine.pose2d.weights import installed_weights
from engine.types import Frame
from models.mocap.library import open_library
from models.rendering.clip import Clip, ClipStyle
from models.rendering.renderer import open_renderer
from models.rendering.studio import open_studio
from models.training.pair_shards import ENDING, PairClip, write_shard

SIZES = {size: partial(installed_weights, size) for size in ("full", "heavy")}
"""Detectors that process every frame."""
JPEG_SHARE, JPEG_QUALITY = 0.6, (55, 96)
"""Fraction of clips that pass through a webcam's JPEG compression, and its quality range."""
DARK_SHARE, SOFT_SHARE = 0.2, 0.15
"""Fractions of clips in poor light (darker, grainy) and out of focus."""
CONFIG = "pairs.json"


@dataclass(frozen=True, slots=True)
class PairPlan:
    """What to render and where to write it; picklable, for the worker processes."""

    renderer: Path
    mocap: Path
    out: Path
    assets: Path | None = None
    style: ClipStyle = field(default_factory=ClipStyle)
    clips: int = 8  # per shard
    video: bool = False  # also write KIND_SEED.mp4 and KIND_SEED_truth.npz

    @property
    def cache(self) -> Path:
        """File of the compact cache of the mocap clips."""
        return self.out.parent / "mocap.npz"

    def shard(self, first: int) -> Path:
        """Return the file for the clips of seeds first, first + 1, ..."""
        return self.out / f"seed_{first:07d}{ENDING}"


class PairMaker:
    """Maker of shards: renders, detects and saves one at a time, on one core."""

    def __init__(self, plan: PairPlan) -> None:
        """Open the renderer and the detectors. Raises RendererError, LibraryError, VtmError (weights)."""
        cv2.setNumThreads(1)
        self._plan = plan
        renderer = open_renderer(plan.renderer, plan.style.size, plan.assets)
        self._studio = open_studio(renderer, open_library(plan.mocap, plan.cache), plan.style)
        self._detectors: dict[str, Detector] = {
            size: BlazePose(weights(), threads=1) for size, weights in SIZES.items()
        }

    def make(self, first: int) -> int:
        """Make the shard that begins with this seed unless it exists; return its frames (0: it existed)."""
        path = self._plan.shard(first)
        if path.exists():
            return 0
        clips = [self._pair(seed) for seed in range(first, first + self._plan.clips)]
        write_shard(path, clips)
        return sum(clip.frames for clip in clips)

    def _pair(self, seed: int) -> PairClip:
        clip = self._studio.clip(seed)
        pictures = through_webcam(clip, np.random.default_rng([seed, 200]))
        if self._plan.video:
            name = self._plan.out / f"{clip.kind}_{seed}"
            write_video(name.with_name(f"{name.name}.mp4"), pictures, self._plan.style.fps)
            np.savez(name.with_name(f"{name.name}_truth.npz"), **clip.truth)  # type: ignore[arg-type]
        fps = self._plan.style.fps
        found = {size: detected(pictures, detector, fps) for size, detector in self._detectors.items()}
        return PairClip(seed, clip.kind, clip.cut, found, clip.truth)


def keep_config(plan: PairPlan) -> None:
    """Write the settings beside the shards. Raises UsageError when existing shards were made with others."""
    config = {
        "style": asdict(plan.style),
        "clips_of_a_shard": plan.clips,
        "detectors": {size: _sha256(weights().landmarks) for size, weights in SIZES.items()},
        "renderer": {path.name: _sha256(path) for path in sorted(plan.renderer.glob("*.py"))},
    }
    text = json.dumps(config, indent=1, default=str) + "\n"
    path = plan.out / CONFIG
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise UsageError(f"{path} describes pairs made with another style, detectors or renderer; pass another --out")
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def through_webcam(clip: Clip, rng: np.random.Generator) -> list[NDArray[np.uint8]]:
    """Return BGR pictures as from a webcam: some dark or out of focus, most of them compressed."""
    dark, soft, packed = rng.random(3)
    gain, grain, blur = rng.uniform(0.3, 0.75), rng.uniform(2, 7), rng.uniform(0.6, 1.6)
    setting = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(*JPEG_QUALITY))]
    pictures = []
    for rgb in clip.pictures:
        picture = np.ascontiguousarray(rgb[..., ::-1])
        if soft < SOFT_SHARE:
            picture = cv2.GaussianBlur(picture, (0, 0), blur).astype(np.uint8, copy=False)
        if dark < DARK_SHARE:
            noise = rng.normal(0, grain, picture.shape).astype(np.float32)
            picture = np.clip(picture * np.float32(gain) + noise, 0, 255).astype(np.uint8)
        pictures.append(_compressed(picture, setting) if packed < JPEG_SHARE else picture)
    return pictures


def _compressed(picture: NDArray[np.uint8], setting: list[int]) -> NDArray[np.uint8]:
    decoded = cv2.imdecode(cv2.imencode(".jpg", picture, setting)[1], cv2.IMREAD_COLOR)
    assert decoded is not None  # it has just been encoded
    return decoded.astype(np.uint8, copy=False)


def detected(pictures: list[NDArray[np.uint8]], detector: Detector, fps: float) -> dict[str, NDArray[Any]]:
    """Return the arrays of a keypoints .npz for the BGR pictures of one clip."""
    detector.reset()
    found = [detector.detect(Frame(picture, row, row / fps)) for row, picture in enumerate(pictures)]
    return keypoint_arrays(found, fps)


def write_video(path: Path, pictures: list[NDArray[np.uint8]], fps: float) -> None:
    """Write BGR pictures as a video, for inspection."""
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height))
    for picture in pictures:
        writer.write(picture)
    writer.release()
