"""What programs that read BVH expect: the unit and the names of the joints."""

from __future__ import annotations

from dataclasses import dataclass, field

from models.detail_skeleton import DETAIL_NAMES
from models.fingers import FINGERS, SEGMENTS
from models.skeleton import JOINT_NAMES


@dataclass(frozen=True, slots=True)
class BvhStyle:
    """Unit and names; joints that are not listed keep ours."""

    units_per_metre: float = 100.0
    names: dict[str, str] = field(default_factory=dict)


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
_ROKOKO = {"Hips": "hip", "UpperLeg": "UpLeg", "LowerLeg": "Leg", "Toes": "Toe"}


def _split(name: str) -> tuple[str, str]:
    """LeftHand -> (Left, Hand), Neck -> ("", Neck)."""
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
    return theirs[0].lower() + theirs[1:]


BVH_STYLES: dict[str, BvhStyle] = {
    "default": BvhStyle(),
    "blender": BvhStyle(units_per_metre=1.0),
    "mixamo": BvhStyle(names={name: _mixamo(name) for name in _ALL}),
    "rokoko": BvhStyle(names={name: _rokoko(name) for name in _ALL}),
}
