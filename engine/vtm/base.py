"""Interface of every back end of VTM."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from engine.types import F32, RawMotion, Window
from models.camera import Intrinsics
from models.vtm.config import VTMConfig

Outputs: TypeAlias = tuple[F32, ...]
"""The ONNX's outputs for one frame, in the order and shapes of models.vtm.answer.output_shapes."""


class VtmRuntime(Protocol):
    """Runs VTM on one back end. One thread opens it, uses it and closes it."""

    @property
    def name(self) -> str:
        """Name of the back end as in `--backend`."""

    @property
    def config(self) -> VTMConfig:
        """Config of the weights: window, rate, latency."""

    def infer(self, window: Window) -> Outputs:
        """Run only the network. The arrays are valid until the next call."""

    def lift(self, window: Window, intrinsics: Intrinsics) -> RawMotion:
        """Lift a window of 2D keypoints to motion (VTM, fig. 2, video side)."""

    def close(self) -> None:
        """Release the device; the runtime cannot be used afterwards. Idempotent."""
