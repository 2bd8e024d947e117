"""Hands and face as their networks see them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.types.arrays import F32


@dataclass(frozen=True, slots=True)
class HandView:
    """One hand in one frame as its network sees it. The 21 points are MediaPipe's: wrist, then four per finger from
    root to tip, thumb to little finger."""

    frame_id: int
    captured_at_s: float
    points_px: F32  # (21, 3) x, y in the picture; z in pixels relative to the wrist, positive away from the camera
    world_m: F32  # (21, 3) camera axes, origin near the hand's centre
    presence: float  # 0..1
    right: float  # probability that it is a right hand
    size_px: float  # longer side of the box around its points


@dataclass(frozen=True, slots=True)
class FaceView:
    """One face in one frame as its networks see it. The 478 points are MediaPipe's face mesh with irises."""

    frame_id: int
    captured_at_s: float
    points_px: F32  # (478, 3) x, y in the picture; z in pixels, positive away from the camera
    presence: float  # 0..1
    scores: F32  # (52,) in the order of models.face.EXPRESSION_NAMES, 0..1, the network's raw output
    size_px: float  # longer side of the box around its points


@dataclass(frozen=True, slots=True)
class Details:
    """The newest accepted view of each hand and of the face, each with its own time; None: not seen."""

    frame_id: int  # frame processed last
    captured_at_s: float
    left: HandView | None = None
    right: HandView | None = None
    face: FaceView | None = None
