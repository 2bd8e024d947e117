"""ONNX Runtime for the whole project: `from models.onnx_session import ort`. It sends and stores no telemetry.

On Linux and macOS the environment variable of models/__init__.py suffices; on Windows the call below is needed, too.
"""

from __future__ import annotations

import onnxruntime as ort

ort.disable_telemetry_events()

__all__ = ["ort"]
