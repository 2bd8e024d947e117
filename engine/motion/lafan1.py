"""The rig of LAFAN1 (Ubisoft's animation data set), as read by robot retargeting (GMR): names and rest axes.

Every bone lies along the x axis of its own joint. In the T-pose, in our axes: trunk, neck and head x up, y forward,
z left; thighs and shins x down, y forward, z right; feet x towards the toes, z right; toes x forward, y up; left arm
x left, y back, z up; right arm x right, y back, z down. Read off a T-pose of that data set.
"""

from __future__ import annotations

import numpy as np

from engine.types import F64
from models.detail_skeleton import Skeleton
from models.skeleton import JOINT, JOINT_NAMES, NUM_JOINTS

LAFAN1_FPS = 30.0
_PARTS = {
    "Chest": "Spine1",
    "UpperChest": "Spine2",
    "UpperArm": "Arm",
    "LowerArm": "ForeArm",
    "UpperLeg": "UpLeg",
    "LowerLeg": "Leg",
    "Toes": "Toe",
}
_UP, _LEFT, _FORWARD = np.eye(3)[[1, 0, 2]]
_SHOULDER_TO_HAND = ("Shoulder", "UpperArm", "LowerArm", "Hand")


def _name(joint: str) -> str:
    side = next((side for side in ("Left", "Right") if joint.startswith(side)), "")
    part = joint.removeprefix(side)
    return side + _PARTS.get(part, part)


LAFAN1_NAMES = {joint: _name(joint) for joint in JOINT_NAMES}


def lafan1_axes(skeleton: Skeleton) -> F64:
    """Return (22, 3, 3): the axes of each joint at rest, in columns, our world."""
    axes = np.empty((NUM_JOINTS, 3, 3))
    for joint, name in enumerate(JOINT_NAMES):
        if name.endswith(("UpperLeg", "LowerLeg")):
            x, y = -_UP, _FORWARD
        elif name.endswith("Foot"):
            x = _sagittal(skeleton.offsets_m[JOINT[name.replace("Foot", "Toes")]])
            y = np.cross(x, _LEFT)
        elif name.endswith("Toes"):
            x, y = _FORWARD, _UP
        elif name.endswith(_SHOULDER_TO_HAND):
            x, y = (_LEFT if name.startswith("Left") else -_LEFT), -_FORWARD
        else:
            x, y = _UP, _FORWARD
        axes[joint] = np.stack([x, y, np.cross(x, y)], axis=1)
    return axes


def _sagittal(offset: np.ndarray) -> F64:
    """Return the direction of a foot, projected to the side view."""
    along = np.array([0.0, float(offset[1]), float(offset[2])])
    length = float(np.linalg.norm(along))
    return along / length if length > 1e-6 else np.array(_FORWARD)
