"""Seed -> a pair on disk: a rendered clip through the real detector, NAME.npz beside NAME_truth.npz."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.commands.detect import keypoint_arrays
from engine.pose2d.base import Detector
from engine.pose2d.choose import make_detector
from engine.types import Frame
from models.mocap.library import open_library
from models.rendering.clip import FPS, Clip, ClipStyle
from models.rendering.renderer import open_renderer
from models.rendering.studio import open_studio

TRUTH = (
    *("K", "R", "t", "rest_joints_m", "rotations", "joints_cam_m", "joint_names"),
    *("fps", "height_m", "visible", "keypoints_px", "keypoints_cam_m", "size"),
)
"""What training and evaluation need of the renderer's truth."""
JPEG_SHARE, JPEG_QUALITY = 0.6, (55, 96)
"""Clips whose pictures come through a webcam's JPEG, and of which quality."""


@dataclass(frozen=True, slots=True)
class PairPlan:
    """What is rendered and where it goes; picklable, for the processes that do it."""

    renderer: Path
    mocap: Path
    out: Path
    assets: Path | None = None
    style: ClipStyle = field(default_factory=ClipStyle)
    video: bool = False  # also NAME.mp4, to look at

    @property
    def cache(self) -> Path:
        """Compact cache of the clips."""
        return self.out.parent / "mocap.npz"


class PairMaker:
    """Renders, detects and saves, one clip at a time, on one core."""

    def __init__(self, plan: PairPlan) -> None:
        cv2.setNumThreads(1)
        self._plan = plan
        renderer = open_renderer(plan.renderer, plan.style.size, plan.assets)
        self._studio = open_studio(renderer, open_library(plan.mocap, plan.cache), plan.style)
        self._detector = make_detector("blazepose", threads=1, on_message=lambda _text: None)

    def make(self, seed: int) -> int:
        """Make the pair of this seed, unless it is there; returns its frames, 0 when it was."""
        name = pair_name(self._plan.style, seed)
        out = self._plan.out
        if (out / f"{name}.npz").exists() and (out / f"{name}_truth.npz").exists():
            return 0
        clip = self._studio.clip(seed)
        pictures = through_webcam(clip, np.random.default_rng(seed))
        if self._plan.video:
            write_video(out / f"{name}.mp4", pictures)
        _save(out / f"{name}_truth.npz", {array: clip.truth[array] for array in TRUTH})
        _save(out / f"{name}.npz", detected(pictures, self._detector))
        return len(pictures)


def pair_name(style: ClipStyle, seed: int) -> str:
    """File name without ending: the same seed before other cameras is another clip."""
    return f"{style.cameras}_{seed}"


def through_webcam(clip: Clip, rng: np.random.Generator) -> list[NDArray[np.uint8]]:
    """Pictures as a webcam gives them, BGR: of most clips compressed."""
    pictures = [np.ascontiguousarray(picture[..., ::-1]) for picture in clip.pictures]
    quality = int(rng.integers(*JPEG_QUALITY))
    if rng.random() >= JPEG_SHARE:
        return pictures
    setting = [cv2.IMWRITE_JPEG_QUALITY, quality]
    return [_compressed(picture, setting) for picture in pictures]


def _compressed(picture: NDArray[np.uint8], setting: list[int]) -> NDArray[np.uint8]:
    decoded = cv2.imdecode(cv2.imencode(".jpg", picture, setting)[1], cv2.IMREAD_COLOR)
    assert decoded is not None  # it has just been encoded
    return decoded.astype(np.uint8, copy=False)


def detected(pictures: list[NDArray[np.uint8]], detector: Detector) -> dict[str, NDArray[Any]]:
    """BGR pictures of one clip -> the arrays of a keypoints .npz."""
    detector.reset()
    found = [detector.detect(Frame(picture, row, row / FPS)) for row, picture in enumerate(pictures)]
    return keypoint_arrays(found, FPS)


def write_video(path: Path, pictures: list[NDArray[np.uint8]]) -> None:
    """BGR pictures as a video to look at."""
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (width, height))
    for picture in pictures:
        writer.write(picture)
    writer.release()


def _save(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Whole or not at all: a run that is stopped leaves no broken pair."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    partial.replace(path)
