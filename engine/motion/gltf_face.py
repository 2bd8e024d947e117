"""A face for the .glb: brows, eyelids and lips as a small mask on the head, with the 52 morph targets by name.

Targets that the mask cannot show move nothing, so that the file has all 52 weights for other models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.types import F32, F64
from models.face import EXPRESSION, EXPRESSION_NAMES

_DEPTH = 0.062  # distance of the mask in front of the Head joint, body heights, as the next
_BROW_Y, _EYE_Y, _MOUTH_Y = 0.050, 0.036, 0.004
_COLUMNS = np.linspace(-1.0, 1.0, 5)


@dataclass(frozen=True, slots=True)
class FaceMesh:
    """Strips of quads; in the head's axes."""

    points_m: F32  # (P, 3)
    triangles: NDArray[np.uint16]  # (T, 3)
    targets_m: F32  # (52, P, 3) how far each target moves the points, in the order of EXPRESSION_NAMES


class _Mask:
    """Collects strips: two rows of five points each."""

    def __init__(self) -> None:
        self.points: list[F64] = []
        self.triangles: list[tuple[int, int, int]] = []
        self.moves: dict[str, dict[int, F64]] = {name: {} for name in EXPRESSION_NAMES}

    def strip(self, x: float, y: float, half_width: float, half_height: float) -> list[list[int]]:
        """Add a strip around a place; return its points, [upper, lower] row by column, right to left of the person."""
        start = len(self.points)
        for row in (half_height, -half_height):
            self.points += [np.array([x + half_width * column, y + row, _DEPTH]) for column in _COLUMNS]
        count = len(_COLUMNS)
        for at in range(start, start + count - 1):
            self.triangles += [(at, at + count, at + 1), (at + 1, at + count, at + count + 1)]
        return [list(range(start, start + count)), list(range(start + count, start + 2 * count))]

    def move(self, name: str, points: list[int], by: tuple[float, float] | list[tuple[float, float]]) -> None:
        """Let a target move points by (x, y), all alike or each by its own."""
        each = by if isinstance(by, list) else [by] * len(points)
        for point, (x, y) in zip(points, each, strict=True):
            self.moves[name][point] = self.moves[name].get(point, np.zeros(3)) + np.array([x, y, 0.0])


def face_mesh(stature_m: float) -> FaceMesh:
    """Return the mask for a person of this height."""
    mask = _Mask()
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        _eye_and_brow(mask, side, sign)
    _mouth(mask)
    points = np.array(mask.points)
    targets = np.zeros((len(EXPRESSION_NAMES), *points.shape))
    for name, moves in mask.moves.items():
        for point, way in moves.items():
            targets[EXPRESSION[name], point] = way
    return FaceMesh(
        (points * stature_m).astype(np.float32),
        np.array(mask.triangles, np.uint16),
        (targets * stature_m).astype(np.float32),
    )


def _eye_and_brow(mask: _Mask, side: str, sign: float) -> None:
    upper, lower = mask.strip(sign * 0.0185, _EYE_Y, 0.008, 0.003)
    mask.move(f"eyeBlink{side}", upper, (0.0, -0.0056))
    mask.move(f"eyeSquint{side}", lower, (0.0, 0.002))
    rows = mask.strip(sign * 0.0185, _BROW_Y, 0.011, 0.0012)
    inward = -sign * _COLUMNS  # 1 at the nose
    for row in rows:
        mask.move(f"browDown{side}", row, [(0.0, -0.002 - 0.002 * float(at)) for at in inward])
        mask.move("browInnerUp", row, [(0.0, 0.005 * max(float(at), 0.0)) for at in inward])
        mask.move(f"browOuterUp{side}", row, [(0.0, 0.005 * max(-float(at), 0.0)) for at in inward])


def _mouth(mask: _Mask) -> None:
    upper, lower = mask.strip(0.0, _MOUTH_Y, 0.014, 0.0015)
    mask.move("jawOpen", lower, [(0.0, -0.016 * (1.0 - float(at) ** 2)) for at in _COLUMNS])
    for row in (upper, lower):
        mask.move("mouthPucker", row, [(-0.007 * float(at), 0.0) for at in _COLUMNS])
        mask.move("mouthFunnel", row, [(-0.005 * float(at), 0.0) for at in _COLUMNS])
        mask.move("mouthLeft", row, (0.006, 0.0))
        mask.move("mouthRight", row, (-0.006, 0.0))
        for side, sign in (("Left", 1.0), ("Right", -1.0)):
            corner = [max(sign * float(at), 0.0) ** 2 for at in _COLUMNS]
            mask.move(f"mouthSmile{side}", row, [(sign * 0.004 * at, 0.006 * at) for at in corner])
            mask.move(f"mouthFrown{side}", row, [(0.0, -0.005 * at) for at in corner])
            mask.move(f"mouthStretch{side}", row, [(sign * 0.005 * at, 0.0) for at in corner])
    mask.move("mouthFunnel", upper, (0.0, 0.002))
    mask.move("mouthFunnel", lower, (0.0, -0.004))
