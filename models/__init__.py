"""VTM: joints, geometry, the network, its training data and its measures. Imports no device, thread or Qt.

Every process of the project imports this package before anything that brings in ONNX Runtime (models.onnx_session),
and its children inherit the environment: so this is the one place that keeps ONNX Runtime from reporting home.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read when the library is loaded; afterwards it is too late on Linux
