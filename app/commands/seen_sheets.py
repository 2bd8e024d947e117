"""Sheets of pictures for people to look at: what is sent, over the camera's picture and from the side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.commands.seen_clips import SeenClip
from engine.errors import OutputError
from engine.motion.take import MotionTake
from engine.opencv import cv2
from engine.sources.open_source import open_source
from engine.types import F64
from models.parts import PART_NAMES
from models.skeleton import JOINT_NAMES, PARENTS

COLUMNS = 6
_HEIGHT_PX, _SIDE_PX = 300, 260
_COLOURS = {"Left": (200, 180, 0), "Right": (80, 90, 255), "": (255, 255, 255)}  # BGR
_METRES_SHOWN = 2.2


def write_sheet(path: Path, clip: SeenClip, take: MotionTake, every: int = 1) -> None:
    """Write a PNG of frames spread over the clip, side view (camera at the left) beside each. Raises VtmError."""
    chosen = np.linspace(0.1 * len(take), len(take) - 1, COLUMNS).astype(int)
    pictures = _pictures(clip, set((chosen * every).tolist()))
    tiles = [_tile(pictures[frame * every], clip, take, frame) for frame in chosen if frame * every in pictures]
    rows = [np.hstack(tiles[begin : begin + 3]) for begin in range(0, len(tiles) // 3 * 3, 3)]
    if not rows or not cv2.imwrite(str(path), np.vstack(rows)):
        raise OutputError(f"cannot write {path}; is the disk full, and has the clip six frames?")


def _pictures(clip: SeenClip, frames: set[int]) -> dict[int, NDArray[np.uint8]]:
    source = open_source(str(clip.video), paced=False)
    found: dict[int, NDArray[np.uint8]] = {}
    number = 0
    try:
        while not source.ended and len(found) < len(frames):
            frame = source.read()
            if frame is None:
                continue
            if number in frames:
                found[number] = clip.region.of(frame.bgr)
            number += 1
    finally:
        source.close()
    return found


def _tile(bgr: NDArray[np.uint8], clip: SeenClip, take: MotionTake, frame: int) -> NDArray[np.uint8]:
    scale = _HEIGHT_PX / bgr.shape[0]
    picture = np.asarray(cv2.resize(bgr, (round(bgr.shape[1] * scale), _HEIGHT_PX)), np.uint8)
    side = np.full((_HEIGHT_PX, _SIDE_PX, 3), 40, np.uint8)
    world = take.joints_world_m[frame].astype(np.float64)
    if np.isfinite(world).all():
        cam = (world - take.t_world_cam) @ take.R_world_cam
        _draw(
            picture,
            (cam[:, :2] / cam[:, 2:] * (clip.camera.fx, clip.camera.fy) + (clip.camera.cx, clip.camera.cy)) * scale,
        )
        pixels = _HEIGHT_PX / _METRES_SHOWN
        across = _SIDE_PX / 2 - (world[:, 2] - world[0, 2]) * pixels
        _draw(side, np.stack([across, _HEIGHT_PX - 20 - world[:, 1] * pixels], axis=-1))
        cv2.line(side, (0, _HEIGHT_PX - 20), (_SIDE_PX, _HEIGHT_PX - 20), (110, 110, 110), 1)
    words = " ".join(f"{n[0]}{n[-3]}{c:.1f}" for n, c in zip(PART_NAMES, take.part_confidence[frame], strict=True))
    cv2.putText(side, words, (3, 12), 0, 0.33, (255, 255, 255), 1)
    cv2.putText(picture, f"{clip.name} {frame}", (4, 14), 0, 0.45, (0, 255, 255), 1)
    return np.hstack([picture, side])


def _draw(image: NDArray[np.uint8], points: F64) -> None:
    for joint in range(1, len(PARENTS)):
        name = JOINT_NAMES[joint]
        colour = _COLOURS["Left" if name.startswith("Left") else "Right" if name.startswith("Right") else ""]
        ends = [tuple(int(v) for v in np.clip(points[end], -4000, 4000)) for end in (PARENTS[joint], joint)]
        cv2.line(image, ends[0], ends[1], colour, 2, cv2.LINE_AA)
