"""What programs that read BVH expect: the unit and the names of the joints."""

from __future__ import annotations

from dataclasses import dataclass, field

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
_ROKOKO = {"Hips": "hip", "UpperLeg": "UpLeg", "LowerLeg": "Leg", "Toes": "Toe"}


def _split(name: str) -> tuple[str, str]:
    """LeftHand -> (Left, Hand), Neck -> ("", Neck)."""
    side = next((side for side in ("Left", "Right") if name.startswith(side)), "")
    return side, name.removeprefix(side)


def _mixamo(name: str) -> str:
    side, part = _split(name)
    return f"mixamorig:{side}{_MIXAMO.get(part, part)}"


def _rokoko(name: str) -> str:
    side, part = _split(name)
    theirs = side + _ROKOKO.get(part, part)
    return theirs[0].lower() + theirs[1:]


BVH_STYLES: dict[str, BvhStyle] = {
    "default": BvhStyle(),
    "blender": BvhStyle(units_per_metre=1.0),
    "mixamo": BvhStyle(names={name: _mixamo(name) for name in JOINT_NAMES}),
    "rokoko": BvhStyle(names={name: _rokoko(name) for name in JOINT_NAMES}),
}
