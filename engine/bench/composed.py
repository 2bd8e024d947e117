"""Clips of two people, composed from clips of one: each person is cut out by the difference from the empty room, and
placed where a scene needs them.

A cut-out needs a fixed camera and the true joints, which limit where the person can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.opencv import cv2
from engine.types import F64

U8 = NDArray[np.uint8]
_REACH = 0.16  # largest distance of skin, clothes and hands from a joint, as a fraction of the height
_DIFFERENT = 22.0  # of 255: difference from the empty room in the most different colour channel
_PLATE_FRAMES = 40


@dataclass(frozen=True)
class Cutouts:
    """A person over time, separated from the room."""

    pictures: U8  # (N, H, W, 3)
    masks: U8  # (N, H, W) 0..255, soft at the edge
    joints_px: F64  # (N, 22, 2)
    room: U8  # (H, W, 3) without people


@dataclass(frozen=True, slots=True)
class Placed:
    """A person in a frame of a scene: shifted by pixels, scaled about the feet, recoloured."""

    people: Cutouts
    frame: int
    shift_px: float = 0.0
    scale: float = 1.0
    recoloured: bool = False


def cut_out(clip: Path, truth: Path, step: int = 1) -> Cutouts:
    """Cut the person out of every `step`-th frame of a rendered clip with its *_truth.npz."""
    with np.load(truth) as arrays:
        joints = arrays["joints_px"].astype(np.float64)[::step]
    capture = cv2.VideoCapture(str(clip))
    pictures: list[U8] = []
    while len(pictures) < len(joints) * step:
        good, bgr = capture.read()
        if not good:
            break
        pictures.append(np.asarray(bgr, np.uint8))
    capture.release()
    frames = np.stack(pictures[::step])
    near = np.stack([_near((frames.shape[1], frames.shape[2]), points) for points in joints[: len(frames)]])
    room = _room(frames, near)
    masks = np.stack([_mask(frame, room, where) for frame, where in zip(frames, near, strict=True)])
    return Cutouts(frames, masks, joints[: len(frames)], room)


def _near(shape: tuple[int, int], joints_px: F64) -> NDArray[np.bool_]:
    """Return a mask (H, W) of where a person with these joints can be."""
    drawn = np.zeros(shape, np.uint8)
    height = float(np.ptp(joints_px[:, 1]))
    hull = cv2.convexHull(np.round(joints_px).astype(np.int32))
    cv2.fillConvexPoly(drawn, hull, (255,))
    side = 2 * int(_REACH * height) + 1
    return np.asarray(cv2.dilate(drawn, np.ones((side, side), np.uint8))) > 0


def _room(frames: U8, near: NDArray[np.bool_]) -> U8:
    """Return the median (H, W, 3) over the frames without the person; inpainted where there is none."""
    chosen = np.linspace(0, len(frames) - 1, min(_PLATE_FRAMES, len(frames))).astype(int)
    seen = np.where(near[chosen][..., None], np.nan, frames[chosen].astype(np.float32))
    never = near[chosen].all(axis=0)
    seen[:, never] = 0.0
    room = np.nanmedian(seen, axis=0).astype(np.uint8)
    painted: U8 = np.asarray(cv2.inpaint(room, never.astype(np.uint8) * 255, 5, cv2.INPAINT_TELEA), np.uint8)
    return painted


def _mask(frame: U8, room: U8, near: NDArray[np.bool_]) -> U8:
    """Return a mask (H, W) 0..255 of the person: the difference from the room, in one piece, without holes."""
    differs = np.abs(frame.astype(np.float32) - room).max(-1) > _DIFFERENT
    kernel = np.ones((3, 3), np.uint8)
    solid = cv2.morphologyEx((differs & near).astype(np.uint8), cv2.MORPH_CLOSE, kernel, iterations=2)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(np.asarray(solid, np.uint8))
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])) if len(stats) > 1 else 0
    return np.asarray(cv2.GaussianBlur((labels == largest).astype(np.uint8) * 255, (3, 3), 0), np.uint8)


def composed(room: U8, layers: list[Placed]) -> tuple[U8, list[F64]]:
    """Put people into a room, later ones in front. Return the picture (H, W, 3) and each person's joints (22, 2)."""
    picture, joints = room.copy(), []
    for layer in layers:
        own = layer.people.joints_px[layer.frame]
        feet = np.array([own[:, 0].mean(), own[:, 1].max()])
        move = np.array([[layer.scale, 0.0, 0.0], [0.0, layer.scale, 0.0]])
        move[:, 2] = feet - layer.scale * feet + (layer.shift_px, 0.0)
        size = room.shape[1], room.shape[0]
        bgr = layer.people.pictures[layer.frame]
        person = cv2.warpAffine(bgr[..., ::-1].copy() if layer.recoloured else bgr, move, size)
        alpha = np.asarray(cv2.warpAffine(layer.people.masks[layer.frame], move, size), np.float32)[..., None] / 255
        picture = (picture * (1 - alpha) + np.asarray(person) * alpha).astype(np.uint8)
        joints.append(own @ move[:, :2].T + move[:, 2])
    return picture, joints
