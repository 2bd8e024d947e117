"""What every back end of VTM offers."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from engine.types import F32, RawMotion, Window
from models.camera import Intrinsics
from models.vtm.config import VTMConfig

Outputs: TypeAlias = tuple[F32, ...]
"""The ONNX's outputs for the shown frame, in the order and shapes of models.vtm.answer.output_shapes."""


class VtmRuntime(Protocol):
    """Runs VTM on one back end. One thread opens it, uses it and closes it."""

    @property
    def name(self) -> str:
        """The back end as `--backend` knows it."""

    @property
    def config(self) -> VTMConfig:
        """Of the weights: window, rate, latency."""

    def infer(self, window: Window) -> Outputs:
        """The network alone. The arrays hold until the next call."""

    def lift(self, window: Window, intrinsics: Intrinsics) -> RawMotion:
        """Lift a window of 2D keypoints to motion (VTM, fig. 2, video side)."""

    def close(self) -> None:
        """Release the device; the runtime cannot be used afterwards. May be called again."""
