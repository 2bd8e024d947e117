"""The frozen backbone on ONNX Runtime: a crop in, its pooled feature map out. Once per frame; no torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.types import F32
from models.onnx_session import ort
from models.vtm.evidence import CROP_PX, FINGERPRINT, evidence_shape

_MAKE = "python -m models.export_backbone makes it"
_PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")


class Backbone:
    """The exported models.vtm.resnet18, on one thread. Raises ModelError: missing, unreadable or another network."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        if not path.is_file():
            raise ModelError(f"the backbone {path} is missing; {_MAKE}")
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4  # failures raise exceptions; without a working GPU it runs on the CPU
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = [name for name in _PROVIDERS if name in ort.get_available_providers()]
        try:
            self._session = ort.InferenceSession(str(path), options, providers=providers)
        except Exception as error:  # ONNX Runtime's errors have no other common base
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
            raise ModelError(f"the backbone {path} cannot be loaded ({reason}); {_MAKE}") from error
        self._check(path)
        self.fingerprint: str = self._session.get_modelmeta().custom_metadata_map.get(FINGERPRINT, "")

    def features(self, crop: NDArray[np.uint8]) -> F32:
        """Return the pooled map of a crop: (224, 224, 3) BGR -> (16, 512), rows as in models.vtm.evidence."""
        rgb = crop[..., ::-1].transpose(2, 0, 1)[None]  # (1, 3, 224, 224)
        image = np.divide(rgb, np.float32(255), dtype=np.float32)
        found: F32 = self._session.run(["features"], {"image": image})[0][0]
        return found

    def _check(self, path: Path) -> None:
        rows, numbers = evidence_shape("resnet18")
        expected = {"image": [1, 3, CROP_PX, CROP_PX], "features": [1, rows, numbers - 1]}
        found = {node.name: node.shape for node in (*self._session.get_inputs(), *self._session.get_outputs())}
        if found != expected:
            raise ModelError(f"the backbone {path} has tensors {found}, expected {expected}; {_MAKE}")
