"""Conventions of programs that read BVH or FBX: unit, names, axes and rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.motion.euler import Order
from engine.motion.lafan1 import LAFAN1_FPS, LAFAN1_NAMES, lafan1_axes
from engine.types import F64
from models.detail_skeleton import DETAIL_NAMES, Skeleton
from models.fingers import FINGERS, SEGMENTS
from models.skeleton import JOINT_NAMES


@dataclass(frozen=True, slots=True)
class BvhStyle:
    """How a skeleton is written; joints not listed keep our names."""

    units_per_metre: float = 100.0
    names: dict[str, str] = field(default_factory=dict)
    channels: Order = "ZXY"
    axes: Callable[[Skeleton], F64] | None = None  # (22, 3, 3) axes of joints at rest, in columns; None: the world's
    legs_first: bool = False  # order of joints in the file
    body_only: bool = False  # without fingers and eyes
    fps: float | None = None  # None: the take's own


_MIXAMO = {
    "Chest": "Spine1",
    "UpperChest": "Spine2",
    "UpperArm": "Arm",
    "LowerArm": "ForeArm",
    "UpperLeg": "UpLeg",
    "LowerLeg": "Leg",
    "Toes": "ToeBase",
}
_MIXAMO_FINGERS = {finger: "Pinky" if finger == "Little" else finger for finger in FINGERS}
_ALL = (*JOINT_NAMES, *DETAIL_NAMES)
_ROKOKO = {"Hips": "hip", "UpperChest": "Upper_Chest", "UpperLeg": "UpLeg", "LowerLeg": "Leg", "Toes": "Toe"}


def _split(name: str) -> tuple[str, str]:
    """Split LeftHand into (Left, Hand), Neck into ("", Neck)."""
    side = next((side for side in ("Left", "Right") if name.startswith(side)), "")
    return side, name.removeprefix(side)


def _mixamo(name: str) -> str:
    side, part = _split(name)
    for finger, theirs in _MIXAMO_FINGERS.items():
        if part.startswith(finger):
            return f"mixamorig:{side}Hand{theirs}{SEGMENTS.index(part.removeprefix(finger)) + 1}"
    return f"mixamorig:{side}{_MIXAMO.get(part, part)}"


def _rokoko(name: str) -> str:
    side, part = _split(name)
    if part.startswith(FINGERS):
        part = part.replace("Intermediate", "Medial")
    theirs = side + _ROKOKO.get(part, part)
    return theirs if "_" in theirs else theirs[0].lower() + theirs[1:]


_LAFAN1 = BvhStyle(
    names=LAFAN1_NAMES, channels="ZYX", axes=lafan1_axes, legs_first=True, body_only=True, fps=LAFAN1_FPS
)
BVH_STYLES: dict[str, BvhStyle] = {
    "default": BvhStyle(),
    "blender": BvhStyle(units_per_metre=1.0),
    "mixamo": BvhStyle(names={name: _mixamo(name) for name in _ALL}),
    "rokoko": BvhStyle(names={name: _rokoko(name) for name in _ALL}),
    "lafan1": _LAFAN1,
    "gmr": _LAFAN1,  # its loader reads LAFAN1's files
}
FBX_STYLES = ("default", "mixamo", "rokoko")
"""Styles that only rename: the format has its own unit and axes."""
