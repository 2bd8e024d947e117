"""Chairs, stools, sofas and tables made of the renderer's boxes: they support the person and hide body parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.skeleton import JOINT

F64 = NDArray[np.float64]

_TEXTURE = 64
_FACES = (
    ((1, 0, 1), (1, 0, 0), (1, 1, 0), (1, 1, 1)),
    ((0, 0, 0), (0, 0, 1), (0, 1, 1), (0, 1, 0)),
    ((0, 1, 1), (1, 1, 1), (1, 1, 0), (0, 1, 0)),
    ((0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)),
    ((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)),
    ((1, 0, 0), (0, 0, 0), (0, 1, 0), (1, 1, 0)),
)
_NORMALS = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))


@dataclass(frozen=True, slots=True)
class Sitter:
    """Space taken by a seated person who faces +Z. World, metres."""

    x: float  # middle
    seat: float  # height of the surface under the pelvis
    back: float  # z of the farthest point of the back
    front: float  # z of the belly
    knees: float  # z of the knees
    thighs: float  # height of the upper side of the thighs
    hands: float  # height of the lower hand
    shoulders: float  # height


def sitter(outline: F64, weights: F64, joints: F64) -> Sitter:
    """Return the space taken by a skin outline (N, K, 3) with bone weights (K, 22) and joints (N, 22, 3)."""
    part = weights.argmax(1)

    def skin(*names: str) -> F64:
        return np.asarray(outline[:, np.isin(part, [JOINT[name] for name in names])])

    thighs, trunk = skin("LeftUpperLeg", "RightUpperLeg"), skin("Hips", "Spine", "Chest", "UpperChest")
    lowest = np.concatenate([thighs, trunk], axis=1)[..., 1].min(1)
    hands = joints[:, [JOINT["LeftHand"], JOINT["RightHand"]], 1]
    return Sitter(
        x=float(joints[:, 0, 0].mean()),
        seat=float(np.percentile(lowest, 20)) + 0.015,
        back=float(np.percentile(trunk[..., 2].min(1), 10)),
        front=float(np.percentile(trunk[..., 2].max(1), 90)),
        knees=float(joints[:, [JOINT["LeftLowerLeg"], JOINT["RightLowerLeg"]], 2].mean()),
        thighs=float(np.percentile(thighs[..., 1].max(1), 80)),
        hands=float(np.percentile(hands.min(1), 30)),
        shoulders=float(joints[:, [JOINT["LeftUpperArm"], JOINT["RightUpperArm"]], 1].mean()),
    )


class Workshop:
    """Builder of furniture from the renderer's textured rectangles."""

    def __init__(self, scenes: Any, rng: np.random.Generator) -> None:
        self._scenes = scenes
        self._rng = rng

    def seat(self, who: Sitter) -> list[Any]:
        """Return a chair, a stool or a sofa under the person."""
        kind = self._rng.choice(["chair", "chair", "chair", "stool", "sofa", "none"])
        if kind == "none":
            return []
        picture = self._picture(0.35)
        return {"chair": self._chair, "stool": self._stool, "sofa": self._sofa}[kind](who, picture)

    def table(self, who: Sitter) -> tuple[list[Any], float]:
        """Return a table in front of the person, and the height of its top."""
        rng = self._rng
        top = float(np.clip(who.hands - rng.uniform(0.02, 0.06), who.thighs + 0.05, who.shoulders - 0.18))
        near = who.front + rng.uniform(0.0, 0.12)
        far, half = near + rng.uniform(0.55, 0.9), rng.uniform(0.5, 0.95)
        x = who.x + rng.normal(0, 0.1)
        picture = self._picture(0.2)
        quads = self._box((x - half, top - 0.03, near), (x + half, top, far), picture)
        if rng.random() < 0.35:  # a closed front
            quads += self._box((x - half, 0.0, far - 0.05), (x + half, top - 0.03, far - 0.02), picture)
        for side in (-1, 1):
            leg = x + side * (half - 0.08)
            quads += self._box((leg - 0.025, 0.0, far - 0.12), (leg + 0.025, top - 0.03, far - 0.07), picture)
        if rng.random() < 0.5:  # a cup, a book, a pile of paper
            at, size = rng.uniform(-0.7, 0.7) * half + x, rng.uniform(0.04, 0.12, 3)
            z = rng.uniform(near + 0.25, far - 0.15)
            low = np.array([at, top, z])
            quads += self._box(tuple(low), tuple(low + size), self._picture(0.4))
        return quads, top

    def _chair(self, who: Sitter, picture: NDArray[np.uint8]) -> list[Any]:
        rng = self._rng
        half, front = rng.uniform(0.2, 0.28), who.back + rng.uniform(0.42, 0.52)
        thick = rng.uniform(0.03, 0.09)
        quads = self._box((who.x - half, who.seat - thick, who.back), (who.x + half, who.seat, front), picture)
        if rng.random() < 0.8:
            top = who.shoulders + rng.uniform(-0.3, 0.3)
            back = who.back - rng.uniform(0.01, 0.04)
            low = who.seat if rng.random() < 0.5 else who.seat + 0.15
            quads += self._box((who.x - half, low, back - 0.06), (who.x + half, max(top, low + 0.2), back), picture)
        return quads + self._legs(who, half, front, thick, picture)

    def _stool(self, who: Sitter, picture: NDArray[np.uint8]) -> list[Any]:
        half, thick = self._rng.uniform(0.15, 0.2), 0.05
        middle = who.back + 0.2
        low, high = (who.x - half, who.seat - thick, middle - half), (who.x + half, who.seat, middle + half)
        return self._box(low, high, picture) + self._legs(who, half, middle + half, thick, picture)

    def _legs(self, who: Sitter, half: float, front: float, thick: float, picture: NDArray[np.uint8]) -> list[Any]:
        """Return four legs, or one column."""
        if self._rng.random() < 0.4:
            middle = (who.back + front) / 2
            return self._box(
                (who.x - 0.04, 0.0, middle - 0.04), (who.x + 0.04, who.seat - thick, middle + 0.04), picture
            )
        quads = []
        for x in (who.x - half, who.x + half - 0.04):
            for z in (who.back, front - 0.04):
                quads += self._box((x, 0.0, z), (x + 0.04, who.seat - thick, z + 0.04), picture)
        return quads

    def _sofa(self, who: Sitter, picture: NDArray[np.uint8]) -> list[Any]:
        rng = self._rng
        half, front = rng.uniform(0.5, 1.0), who.back + rng.uniform(0.48, 0.6)
        x = who.x + rng.uniform(-0.25, 0.25)
        top = who.shoulders + rng.uniform(-0.25, 0.1)
        quads = self._box((x - half, 0.05, who.back), (x + half, who.seat, front), picture)
        quads += self._box((x - half, 0.05, who.back - 0.2), (x + half, top, who.back - 0.01), picture)
        for side in (-1, 1):
            inner, outer = sorted((x + side * half, x + side * (half + 0.15)))
            quads += self._box((inner, 0.05, who.back - 0.2), (outer, who.seat + 0.2, front), picture)
        return quads

    def _box(
        self, low: tuple[float, float, float], high: tuple[float, float, float], picture: NDArray[np.uint8]
    ) -> list[Any]:
        """Return the six sides of an axis-aligned box."""
        ends = np.array([low, high], float)
        return [
            self._scenes.Quad(
                np.array([[ends[corner[axis], axis] for axis in range(3)] for corner in corners]),
                picture,
                np.array(normal, float),
            )
            for corners, normal in zip(_FACES, _NORMALS, strict=True)
        ]

    def _picture(self, grain: float) -> NDArray[np.uint8]:
        """Return a texture (64, 64, 3): wood or cloth of one colour."""
        rng = self._rng
        hsv = np.array([[[rng.integers(180), rng.integers(0, 150), rng.integers(30, 235)]]], np.uint8)
        colour = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0] / 255.0
        noise = rng.normal(size=(_TEXTURE, _TEXTURE)).astype(np.float32)
        smooth = cv2.GaussianBlur(noise, (0, 0), sigmaX=float(rng.uniform(1, 8)), sigmaY=float(rng.uniform(0.5, 3)))
        shade = smooth / max(float(smooth.std()), 1e-6)
        painted = np.clip(colour * (1 + grain * 0.25 * shade[..., None]) * 255, 0, 255)
        return np.asarray(painted, np.uint8)
