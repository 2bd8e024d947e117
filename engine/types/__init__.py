"""The pipeline's vocabulary: inputs and outputs of each stage. Frozen; `captured_at_s` travels from camera to output.

Metres, seconds, radians, pixels. Camera frame: OpenCV (x right, y down, z forward). World frame: right-handed, Y up,
floor at y = 0. Quaternions x, y, z, w. 22 joints as in models.skeleton, 23 keypoints as in models.keypoints.
"""

from __future__ import annotations

from engine.types.arrays import (
    F32,
    F64,
)
from engine.types.details import (
    Details,
    FaceView,
    HandView,
)
from engine.types.motion import (
    Pose,
    RawMotion,
)
from engine.types.pictures import (
    CapturedFrame,
    CropPoints,
    DetectedFrame,
    Detection,
    Frame,
    Keypoints2D,
    NoPerson,
    OtherPerson,
    PersonChoice,
    Window,
)
from engine.types.states import (
    NO_DETAILS,
    NO_TIME,
    NOT_CALIBRATED,
    Calibration,
    DetailsMeasured,
    DetailsState,
    Measured,
    Message,
    Percentiles,
    ReceiverState,
    RecordingState,
    Snapshot,
    Stats,
    TargetState,
)

__all__ = [
    "F32",
    "F64",
    "NOT_CALIBRATED",
    "NO_DETAILS",
    "NO_TIME",
    "Calibration",
    "CapturedFrame",
    "CropPoints",
    "Details",
    "DetailsMeasured",
    "DetailsState",
    "DetectedFrame",
    "Detection",
    "FaceView",
    "Frame",
    "HandView",
    "Keypoints2D",
    "Measured",
    "Message",
    "NoPerson",
    "OtherPerson",
    "Percentiles",
    "PersonChoice",
    "Pose",
    "RawMotion",
    "ReceiverState",
    "RecordingState",
    "Snapshot",
    "Stats",
    "TargetState",
    "Window",
]
