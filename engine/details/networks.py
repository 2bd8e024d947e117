"""MediaPipe's networks on one crop: 21 points of a hand, 478 points and 52 expression scores of a face."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.networks.litert import Network
from engine.networks.region import Region
from engine.opencv import cv2
from engine.types import F32, FaceView, Frame, HandView
from models.face import EXPRESSION_POINTS, NUM_EXPRESSIONS, NUM_FACE_POINTS
from models.fingers import NUM_HAND_POINTS


@dataclass(frozen=True, slots=True)
class _Crop:
    """The input crop of a network: scaled, RGB in 0..1, with the picture's border repeated outside."""

    network: Network
    pixels: NDArray[np.uint8]

    @staticmethod
    def of(network: Network) -> _Crop:
        """Create the buffer for a network with input (1, side, side, 3)."""
        side = network.input_shape[1]
        return _Crop(network, np.empty((side, side, 3), np.uint8))

    @property
    def side_px(self) -> int:
        """Side of the network's input, pixels."""
        return int(self.pixels.shape[0])

    def run(self, bgr: NDArray[np.uint8], region: Region) -> None:
        """Crop the region from (H, W, 3) and run the network. Raises DetectorError."""
        cv2.warpAffine(
            bgr,
            region.crop_to_image(self.side_px),
            (self.side_px, self.side_px),
            dst=self.pixels,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        cv2.cvtColor(self.pixels, cv2.COLOR_BGR2RGB, dst=self.pixels)
        np.multiply(self.pixels[None], np.float32(1 / 255), out=self.network.input())
        self.network.run()

    def to_image(self, points: F32, region: Region) -> F32:
        """Convert points (n, 3) from crop pixels to picture pixels; z keeps its sign and is scaled."""
        scaled = points / np.float32(self.side_px)
        result = np.empty_like(points)
        result[:, :2] = region.to_image(scaled[:, :2])
        result[:, 2] = scaled[:, 2] * np.float32(region.size_px)
        return result


class HandNetwork:
    """The hand network, full or lite. Details thread only."""

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        """Load the network without downloading. Raises DetectorError."""
        self._crop = _Crop.of(Network(path, threads=threads))

    def look(self, frame: Frame, region: Region) -> HandView:
        """Return the network's answer for a region, whether or not there is a hand. Raises DetectorError."""
        self._crop.run(frame.bgr, region)
        network = self._crop.network
        points = self._crop.to_image(network.named("Identity").reshape(NUM_HAND_POINTS, 3), region)
        world = network.named("Identity_3").reshape(NUM_HAND_POINTS, 3).copy()
        world[:, :2] = world[:, :2] @ region.rotation.T.astype(np.float32)
        return HandView(
            frame_id=frame.frame_id,
            captured_at_s=frame.captured_at_s,
            points_px=points,
            world_m=world,
            presence=float(network.named("Identity_1")[0, 0]),
            right=float(network.named("Identity_2")[0, 0]),
            size_px=float(np.ptp(points[:, :2], axis=0).max()),
        )


class FaceNetworks:
    """The face mesh and the expression network that reads 146 of its points. Details thread only."""

    def __init__(self, mesh: Path, expressions: Path, *, threads: int = 1) -> None:
        """Load both networks without downloading. Raises DetectorError."""
        self._crop = _Crop.of(Network(mesh, threads=threads))
        self._expressions = Network(expressions, threads=threads)
        self._read = list(EXPRESSION_POINTS)

    def look(self, frame: Frame, region: Region) -> FaceView:
        """Return the networks' answer for a region, whether or not there is a face. Raises DetectorError."""
        self._crop.run(frame.bgr, region)
        mesh = self._crop.network
        points = self._crop.to_image(mesh.output(1, 1, 1, NUM_FACE_POINTS * 3).reshape(NUM_FACE_POINTS, 3), region)
        logit = float(mesh.output(1, 1, 1, 1)[0, 0, 0, 0])
        self._expressions.input()[0] = points[self._read, :2]
        self._expressions.run()
        return FaceView(
            frame_id=frame.frame_id,
            captured_at_s=frame.captured_at_s,
            points_px=points,
            presence=float(0.5 * (np.tanh(logit / 2) + 1)),
            scores=self._expressions.output(NUM_EXPRESSIONS).copy(),
            size_px=float(np.ptp(points[:, :2], axis=0).max()),
        )
