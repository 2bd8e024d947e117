"""Sizes of the network and how it is run. Stored in every checkpoint and beside the ONNX; window, rate and latency are
read from here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

FORMAT_VERSION = 4
"""3: no confidence of parts; the ONNX itself decodes rotations and averages with the mirror image."""
WITHOUT_CONFIDENCE = 3


@dataclass(frozen=True, slots=True)
class VTMConfig:
    """Everything that determines VTM's shapes and the decoding of its answer."""

    window_frames: int = 32
    rate_hz: float = 30.0
    latency_frames: int = 0  # the answer is for the frame this many before the window's last
    latent: int = 128  # channels of Z_u and Z_l
    width: int = 192  # channels of encoders and decoders
    features: int = 192  # channels of K_u, K_l, conv_u, conv_l
    heads: int = 4
    context_blocks: int = 3  # CTCA blocks
    backbone: str = "landmarks"  # what feeds the visual branch (models.vtm.backbones)
    network: str = "vtm"  # or "direct": the plain regression for comparison (models.vtm.direct)
    mirrored: bool = False  # test-time flip augmentation (models.vtm.mirror)
    confidence: bool = True  # predicts each part's expected error (models.parts); False: format 3

    @property
    def stride(self) -> int:
        """Frames per latent."""
        return 4

    @property
    def tokens(self) -> int:
        """Latents per window."""
        return self.window_frames // self.stride

    def __post_init__(self) -> None:
        if self.window_frames % self.stride or not 16 <= self.window_frames <= 64:
            raise ValueError(f"window_frames is {self.window_frames}; expected a multiple of {self.stride} in 16..64")
        if self.network not in ("vtm", "direct"):
            raise ValueError(f"network {self.network!r}; expected vtm or direct")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON and checkpoints."""
        return {"format_version": FORMAT_VERSION if self.confidence else WITHOUT_CONFIDENCE, **asdict(self)}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> VTMConfig:
        """Restore from `to_dict`. Raises ValueError for another version; format 3 has no confidence."""
        version = values.get("format_version")
        names = {field.name for field in fields(VTMConfig)}
        if version not in (WITHOUT_CONFIDENCE, FORMAT_VERSION) or set(values) - names - {"format_version"}:
            raise ValueError(f"weights of format {version}, expected {FORMAT_VERSION}; train or fetch them again")
        known = {name: values[name] for name in names if name in values}
        return VTMConfig(**known | {"confidence": version == FORMAT_VERSION})
