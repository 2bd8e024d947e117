"""BlazePose's first network: finds people in the picture. Runs only while no person is tracked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.networks.litert import Network
from engine.networks.region import Region
from engine.opencv import cv2

F32 = NDArray[np.float32]
SIDE_PX = 224
ANCHOR_GRIDS = ((28, 2), (14, 2), (7, 6))  # cells per side, anchors per cell
NUM_ANCHORS = sum(side * side * per_cell for side, per_cell in ANCHOR_GRIDS)
NUM_VALUES = 12  # box centre and size, then four points
MIN_SCORE = 0.5
SAME_PERSON_IOU = 0.3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A detected person: score in 0..1 and region."""

    score: float
    region: Region


def anchor_centres() -> F32:
    """Return anchor centres (2254, 2) in 0..1 of the letterboxed square, row by row, coarser grids last."""
    centres = []
    for side, per_cell in ANCHOR_GRIDS:
        ticks = (np.arange(side, dtype=np.float32) + 0.5) / side
        cells = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
        centres.append(np.repeat(cells, per_cell, axis=0))
    return np.concatenate(centres)


class PersonFinder:
    """Picture -> candidates, best first. Pose thread only."""

    def __init__(self, path: Path, *, threads: int) -> None:
        """Raises DetectorError when the file cannot be loaded."""
        self._network = Network(path, threads=threads)
        self._anchors = anchor_centres()
        self._square = np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8)

    def find(self, bgr: NDArray[np.uint8]) -> list[Candidate]:
        """Return people in a picture (H, W, 3), best score first. Raises DetectorError."""
        side, left, top = self._letterbox(bgr)
        cv2.cvtColor(self._square, cv2.COLOR_BGR2RGB, dst=self._square)
        np.multiply(self._square[None], np.float32(2 / 255), out=self._network.input())
        view = self._network.input()
        view -= np.float32(1.0)
        del view
        self._network.run()
        logits = self._network.output(1, NUM_ANCHORS, 1)[0, :, 0]
        hits = np.flatnonzero(logits > 0.0)  # sigmoid > MIN_SCORE = 0.5
        if not len(hits):
            return []
        scores = 1.0 / (1.0 + np.exp(-logits[hits].astype(np.float64)))
        values = self._network.output(1, NUM_ANCHORS, NUM_VALUES)[0, hits] / np.float32(SIDE_PX)
        sizes = values[:, 2:4].copy()
        points = values.reshape(len(hits), 6, 2) + self._anchors[hits, None]  # (N, 6, 2): centre, -, four points
        points = points * np.float32(side) - np.array([left, top], np.float32)
        return merge_people(scores, points[:, 0], sizes * np.float32(side), points[:, 2], points[:, 3])

    def _letterbox(self, bgr: NDArray[np.uint8]) -> tuple[float, float, float]:
        """Fill the square input; return its side, left and top margin in picture pixels."""
        height, width = bgr.shape[:2]
        scale = SIDE_PX / max(width, height)
        fit_w, fit_h = max(1, round(width * scale)), max(1, round(height * scale))
        left, top = (SIDE_PX - fit_w) // 2, (SIDE_PX - fit_h) // 2
        self._square.fill(0)
        cv2.resize(
            bgr, (fit_w, fit_h), dst=self._square[top : top + fit_h, left : left + fit_w], interpolation=cv2.INTER_AREA
        )
        return SIDE_PX / scale, left / scale, top / scale


def merge_people(scores: NDArray[np.float64], centres: F32, sizes: F32, hips: F32, rims: F32) -> list[Candidate]:
    """Weighted non-maximum suppression: overlapping hits become one person, averaged by score.

    scores (N,), the others (N, 2) in pixels. returns candidates, best score first.
    """
    lows, highs = centres - sizes / 2, centres + sizes / 2
    areas = np.prod(sizes, axis=1)
    order = np.argsort(-scores)
    people = []
    while len(order):
        best = order[0]
        overlap = np.clip(np.minimum(highs[best], highs[order]) - np.maximum(lows[best], lows[order]), 0.0, None)
        shared = np.prod(overlap, axis=1)
        same = shared / np.maximum(areas[best] + areas[order] - shared, 1e-6) > SAME_PERSON_IOU
        same[0] = True
        members = order[same]
        hip = np.average(hips[members], axis=0, weights=scores[members])
        rim = np.average(rims[members], axis=0, weights=scores[members])
        region = Region.from_circle((float(hip[0]), float(hip[1])), (float(rim[0]), float(rim[1])))
        people.append(Candidate(float(scores[best]), region))
        order = order[~same]
    return people
