"""VTM on ONNX Runtime: CPU, and CUDA where a session really runs there."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort

from engine.errors import ModelError
from engine.types import RawMotion, Window
from engine.vtm.decode import decode
from engine.vtm.weights import Weights
from models.camera import Intrinsics
from models.keypoints import NUM_EVIDENCE, NUM_KEYPOINTS
from models.vtm.config import VTMConfig

PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


class OnnxRuntime:
    """One session on one provider. Raises ModelError when the provider does not really run it."""

    def __init__(self, weights: Weights, backend: str, threads: int) -> None:
        self.config: VTMConfig = weights.config
        self.name = backend
        self._session = _open_session(weights, PROVIDERS[backend], threads)
        running = self._session.get_providers()[0]
        if running != PROVIDERS[backend]:
            raise ModelError(f"back end {backend}: ONNX Runtime fell back to {running}; run vtm doctor")
        self._warm_up()

    def lift(self, window: Window, intrinsics: Intrinsics) -> RawMotion:
        """Lift a window of 2D keypoints to motion (VTM, fig. 2, video side). Solve thread only."""
        inputs = {"keypoints": window.keypoints, "evidence": window.evidence, "box": window.box}
        rotations_6d, root, log_ratio, contacts = self._session.run(None, inputs)
        return decode(window, intrinsics, rotations_6d, root, log_ratio, contacts)

    def close(self) -> None:
        """Nothing to release beyond the session, which goes with this object."""

    def _warm_up(self) -> None:
        """First runs allocate; a provider that cannot run the network fails here and not in the performance."""
        frames = self.config.window_frames
        inputs = {
            "keypoints": np.zeros((1, frames, NUM_KEYPOINTS, 3), np.float32),
            "evidence": np.zeros((1, frames, NUM_EVIDENCE, 4), np.float32),
            "box": np.zeros((1, 3), np.float32),
        }
        try:
            for _ in range(2):
                self._session.run(None, inputs)
        except Exception as error:
            raise ModelError(f"back end {self.name}: VTM's first run failed ({_first_line(error)})") from error


def _open_session(weights: Weights, provider: str, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # its own lines on stderr; failures come as exceptions
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(str(weights.path), options, providers=[provider])
    except Exception as error:
        raise ModelError(f"{weights.path} cannot be loaded on {provider} ({_first_line(error)})") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
