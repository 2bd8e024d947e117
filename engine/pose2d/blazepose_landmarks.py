"""BlazePose's second network: a region of the picture -> 39 landmarks in pixels and in metres."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.networks.litert import Network
from engine.networks.region import Region
from engine.opencv import cv2

F32 = NDArray[np.float32]
SIDE_PX = 256
NUM_LANDMARKS = 39  # 33 of the body, 2 for the next region, 4 unused
HEATMAP_SIDE = 64
PATCH = 7
MIN_PEAK = 0.5
HIP_CENTRE, CIRCLE_RIM = 33, 34
_SEGMENTATION = (1, SIDE_PX, SIDE_PX, 1)


@dataclass(frozen=True, slots=True)
class Landmarks:
    """The network's answer for one region. L = 39 landmarks."""

    person_score: float  # 0..1: whether there is a person in the region
    points_px: F32  # (L, 2) in the picture
    world_m: F32  # (L, 3) hip-centred, camera axes
    scores: F32  # (L,) visibility times presence, 0..1
    next_region: Region


def sigmoid(logits: F32) -> F32:
    """1 / (1 + e^-x), without overflow."""
    result: F32 = np.float32(0.5) * (np.tanh(logits * np.float32(0.5)) + np.float32(1.0))
    return result


class LandmarkReader:
    """Picture and region -> Landmarks. Pose thread only."""

    def __init__(self, path: Path, *, threads: int) -> None:
        """Raises DetectorError when the file cannot be loaded."""
        # The unused body mask takes a third of the time.
        self._network = Network(path, threads=threads, drop_output=_SEGMENTATION)
        self.refines = True
        """Whether points are moved to the peaks of their heatmaps; may change between frames."""
        self._crop = np.empty((SIDE_PX, SIDE_PX, 3), np.uint8)
        reach = PATCH // 2
        steps = np.arange(-reach, reach + 1)
        self._patch_y, self._patch_x = (grid.reshape(1, -1) for grid in np.meshgrid(steps, steps, indexing="ij"))
        self._channels = np.arange(NUM_LANDMARKS)[:, None]

    def read(self, bgr: NDArray[np.uint8], region: Region) -> Landmarks:
        """Return landmarks of the person in a region of a picture (H, W, 3). Raises DetectorError."""
        cv2.warpAffine(
            bgr,
            region.crop_to_image(SIDE_PX),
            (SIDE_PX, SIDE_PX),
            dst=self._crop,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        cv2.cvtColor(self._crop, cv2.COLOR_BGR2RGB, dst=self._crop)
        np.multiply(self._crop[None], np.float32(1 / 255), out=self._network.input())
        self._network.run()
        values = self._network.output(1, NUM_LANDMARKS * 5).reshape(NUM_LANDMARKS, 5)
        regressed = values[:, :2] / np.float32(SIDE_PX)
        points = region.to_image(self._refined(regressed) if self.refines else regressed)
        turned = self._network.output(1, NUM_LANDMARKS * 3).reshape(NUM_LANDMARKS, 3).copy()
        turned[:, :2] = turned[:, :2] @ region.rotation.T.astype(np.float32)
        hip, rim = points[HIP_CENTRE], points[CIRCLE_RIM]
        return Landmarks(
            person_score=float(self._network.output(1, 1)[0, 0]),
            points_px=points,
            world_m=turned,
            scores=sigmoid(values[:, 3]) * sigmoid(values[:, 4]),
            next_region=Region.from_circle((float(hip[0]), float(hip[1])), (float(rim[0]), float(rim[1]))),
        )

    def _refined(self, points: F32) -> F32:
        """Move each point (L, 2), in 0..1 of the crop, to its heatmap's local centre of mass.

        The regressed point is stable, the heatmap is precise: a 7 x 7 patch where its peak is at least MIN_PEAK.
        """
        heatmaps = self._network.output(1, HEATMAP_SIDE, HEATMAP_SIDE, NUM_LANDMARKS)[0]
        cells = np.clip(np.nan_to_num(points) * HEATMAP_SIDE, -1e6, 1e6).astype(np.int64)
        x = cells[:, :1] + self._patch_x  # (L, 49)
        y = cells[:, 1:] + self._patch_y
        inside = (x >= 0) & (x < HEATMAP_SIDE) & (y >= 0) & (y < HEATMAP_SIDE)
        last = HEATMAP_SIDE - 1
        weights = sigmoid(heatmaps[np.clip(y, 0, last), np.clip(x, 0, last), self._channels]) * inside
        total = weights.sum(axis=1)
        sure = (weights.max(axis=1) >= MIN_PEAK) & (total > 0)
        safe = np.where(sure, total, np.float32(1.0))
        refined = np.stack([(weights * x).sum(axis=1), (weights * y).sum(axis=1)], axis=-1) / safe[:, None]
        result: F32 = np.where(sure[:, None], refined / HEATMAP_SIDE, points).astype(np.float32)
        return result
