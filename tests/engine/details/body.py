"""A made-up body, hand and face in a picture for the tests of engine.details: an upright person facing the camera."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.types import F32, CropPoints, FaceView, Frame, HandView, Keypoints2D
from models.face import NUM_EXPRESSIONS, NUM_FACE_POINTS, OUTER_CORNERS
from models.keypoints import KEYPOINT, NUM_KEYPOINTS

SIZE = (640, 480)
PLACES: dict[str, tuple[float, float]] = {
    **{"nose": (320, 127), "left_eye": (335, 110), "right_eye": (305, 110)},
    **{"left_ear": (355, 115), "right_ear": (285, 115), "left_elbow": (420, 300), "right_elbow": (220, 300)},
    **{"left_wrist": (420, 220), "right_wrist": (220, 220)},
}
KNUCKLES = np.array([[[412, 180], [430, 184]], [[228, 180], [210, 184]]], np.float32)
MOUTH = np.array([[330, 140], [310, 140]], np.float32)


def body(**scores: float) -> Keypoints2D:
    """The person with both hands up, all well seen but what is given another score."""
    points = np.full((NUM_KEYPOINTS, 2), 300, np.float32)
    for name, place in PLACES.items():
        points[KEYPOINT[name]] = place
    seen = np.ones(NUM_KEYPOINTS, np.float32)
    for name, score in scores.items():
        seen[KEYPOINT[name]] = score
    return Keypoints2D(0, 0.0, SIZE, points, seen, crop_points=CropPoints(KNUCKLES, MOUTH))


def frame(number: int = 0) -> Frame:
    """A grey picture."""
    return Frame(np.full((SIZE[1], SIZE[0], 3), 128, np.uint8), number, number / 30)


def open_hand_px(side: int, size_px: float = 80.0) -> F32:
    """(21, 3) an open hand at the body's wrist, fingers up."""
    wrist = np.array(PLACES[("left_wrist", "right_wrist")[side]], np.float32)
    outwards = -1.0 if side == 0 else 1.0  # towards the thumb, palm to the camera or away: no matter here
    points = np.zeros((21, 3), np.float32)
    for finger in range(5):
        for bone in range(4):
            across = outwards * (2 - finger) * 0.15
            points[4 * finger + 1 + bone, :2] = across, -(0.45 + 0.15 * bone)
    points[:, :2] = wrist + points[:, :2] * size_px
    return points


def hand(side: int, *, number: int = 0, presence: float = 0.95, size_px: float = 80.0) -> HandView:
    """A well seen hand of this side (0 left, 1 right)."""
    points = open_hand_px(side, size_px)
    size = float(np.ptp(points[:, :2], axis=0).max())
    world = np.zeros((21, 3), np.float32)
    return HandView(number, number / 30, points, world, presence, 0.02 if side == 0 else 0.98, size)


def face(*, number: int = 0, presence: float = 0.99) -> FaceView:
    """A well seen face around the nose."""
    angle = np.linspace(0, 2 * np.pi, NUM_FACE_POINTS, endpoint=False)
    points = np.stack([320 + 40 * np.cos(angle), 125 + 50 * np.sin(angle), 0 * angle], axis=-1).astype(np.float32)
    points[list(OUTER_CORNERS), :2] = (350, 110), (290, 110)
    return FaceView(number, number / 30, points, presence, np.zeros(NUM_EXPRESSIONS, np.float32), 100.0)


def moved(view: HandView, x_px: float, y_px: float) -> HandView:
    """The same hand elsewhere."""
    return replace(view, points_px=view.points_px + np.array([x_px, y_px, 0], np.float32))
