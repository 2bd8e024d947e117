"""VTM: joints, geometry, the network, its training data and its metrics. Imports no device, thread or Qt.

Every process of the project imports this package before anything that loads ONNX Runtime (models.onnx_session), and
child processes inherit the environment, so this is the one place that disables ONNX Runtime's telemetry.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read when the library is loaded; later changes have no effect on Linux
