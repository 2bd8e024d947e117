"""VTM Live from Python: full-body motion from one camera's video or keypoints, from files or live.

    import vtm_live

    motion = vtm_live.lift_video("dance.mp4", height_m=1.68)
    motion.joints_world_m  # (N, 22, 3) metres, Y up, floor at y = 0
    motion.save("dance.bvh")  # .npz .bvh .csv .glb .vrma .fbx .jsonl

Every failure is a `VtmError` with a one-line message that says what to do next.
"""

from engine.compare import compare_recordings as compare
from engine.config import Config
from engine.errors import CameraError, DetectorError, InputError, ModelError, OutputError, UsageError, VtmError
from engine.types import Pose
from models.face import EXPRESSION_NAMES
from models.fingers import FINGER_NAMES
from models.keypoints import KEYPOINT_NAMES
from models.skeleton import JOINT_NAMES
from vtm_live.lift import lift_keypoints, lift_video
from vtm_live.live import Pipeline
from vtm_live.motion import Motion

__all__ = [
    "EXPRESSION_NAMES",
    "FINGER_NAMES",
    "JOINT_NAMES",
    "KEYPOINT_NAMES",
    "CameraError",
    "Config",
    "DetectorError",
    "InputError",
    "ModelError",
    "Motion",
    "OutputError",
    "Pipeline",
    "Pose",
    "UsageError",
    "VtmError",
    "compare",
    "lift_keypoints",
    "lift_video",
]
