"""Visibility of each body part in the picture, from the detector's scores over ALL points that a part needs.

A mean over visible points only would rate seven face points and two shoulders as a well visible person. Points outside
the picture are invented by the detector, whatever their score.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.keypoints import KEYPOINT, NUM_KEYPOINTS
from models.parts import NUM_PARTS, PART, PART_NAMES

F32 = NDArray[np.float32]
EDGE = 0.01
"""Points within this fraction of the picture's longer side from its edge lose weight."""

_LIMB = {
    "arm": {"shoulder": 0.2, "elbow": 0.4, "wrist": 0.4},
    "leg": {"hip": 0.2, "knee": 0.4, "ankle": 0.4},
}
_HEAD = (("nose",), ("left_eye", "right_eye"), ("left_ear", "right_ear"))
"""A head in profile shows one eye and one ear: of each group the better one counts."""


USUAL_BOX_PX = 130.0
"""Box size (models.view) of a person 340 pixels tall."""
_SEEN = 0.3
_MIDDLE = (PART["head"], PART["trunk"])


def _needs() -> F32:
    """Return the weight of every keypoint for every part (6, 23); the head's are zero."""
    needs = np.zeros((NUM_PARTS, NUM_KEYPOINTS), np.float32)
    for name in PART_NAMES:
        side, _, limb = name.partition("_")
        for point, weight in _LIMB.get(limb, {}).items():
            needs[PART[name], KEYPOINT[f"{side}_{point}"]] = weight
    for point in ("left_shoulder", "right_shoulder", "left_hip", "right_hip"):
        needs[PART["trunk"], KEYPOINT[point]] = 0.25
    return needs


NEEDS: F32 = _needs()
_FACE = [KEYPOINT[name] for group in _HEAD for name in group]
_MOVING_POINTS = [np.flatnonzero(row).tolist() if row.any() else _FACE for row in NEEDS]


def part_motion(before: F32, after: F32, size: float, focal_px: float, gap_s: float) -> F32:
    """Return how far each part moved in the picture, (6,) pixels per 1/30 s; an invisible part is at rest.

    before, after (23, 3) rays x, y and score of two frames `gap_s` apart; size: the box's size in ray units. A limb's
    motion is that of its farthest point, head's and trunk's the mean of theirs. Pixels are the picture's, scaled down
    for people taller than USUAL_BOX_PX, since a detector's noise grows with the person.
    """
    pixels = min(focal_px, USUAL_BOX_PX / max(size, 1e-9)) / max(30.0 * gap_s, 1e-3)
    way = after[:, :2] - before[:, :2]
    moved = (np.sqrt((way * way).sum(-1)) * pixels).tolist()
    seen = (np.minimum(before[:, 2], after[:, 2]) > _SEEN).tolist()
    motion = [0.0] * NUM_PARTS  # plain numbers: a few points each, on the solve thread
    for part, points in enumerate(_MOVING_POINTS):
        found = [moved[point] for point in points if seen[point]]
        if found:
            motion[part] = sorted(found)[len(found) // 2] if part in _MIDDLE else max(found)
    return np.array(motion, np.float32)


def least_sure(network: F32 | None, seen: F32) -> F32:
    """Return the confidence (6,) of the parts: the smaller of the network's and the picture's.

    network is None for weights without confidence.
    """
    return seen if network is None else np.minimum(network, seen)


def seen_parts(points_px: F32, scores: F32, image_size: tuple[int, int]) -> F32:
    """Return the visibility (6,) of each part of models.parts.PART_NAMES, 0..1.

    points_px (23, 2), scores (23,) in 0..1, image_size (width, height). Non-finite points are not visible.
    """
    width, height = image_size
    margin = EDGE * max(width, height)
    with np.errstate(invalid="ignore"):
        room = np.minimum(points_px, np.array([width, height], np.float32) - points_px).min(-1) / margin
        seen = np.minimum(np.maximum(scores, 0.0), 1.0) * np.minimum(np.maximum(room, 0.0), 1.0)
    seen = np.where(seen == seen, seen, 0.0)  # not a number: not seen
    parts: F32 = (NEEDS @ seen).astype(np.float32)
    face = seen[_FACE].tolist()
    parts[PART["head"]] = (face[0] + max(face[1], face[2]) + max(face[3], face[4])) / 3
    return parts
