"""Description of an avatar: its humanoid bones at rest, expressions, name and licence."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.types import F64
from models.skeleton import JOINT_NAMES, PARENTS

PARENT_OF = {name: JOINT_NAMES[parent] for name, parent in zip(JOINT_NAMES, PARENTS, strict=True) if parent >= 0}
"""Parent of each of our 22 joints except the Hips, whether or not an avatar has it."""
_LIMBS = ("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot")
REQUIRED = ("Hips", "Spine", "Head", *(side + name for side in ("Left", "Right") for name in _LIMBS))
"""Bones that every VRM humanoid has (VRM 1.0; 0.x also requires Chest and Neck)."""


@dataclass(frozen=True, slots=True)
class Bone:
    """One humanoid bone at rest in the T-pose. Our axes: Y up, the avatar faces +Z, its left at +X; metres."""

    position: F64  # (3,) world
    rotation: F64  # (3, 3) world
    offset: F64  # (3,) the node's own translation, in units and axes of its parent node
    above_position: F64  # (3,) world, of its parent node, which may not be a bone
    above_rotation: F64  # (3, 3) world
    above_scale: float


@dataclass(frozen=True, slots=True, eq=False)
class Avatar:
    """One model, as its file describes it. Compared by identity."""

    version: str  # "0.x" or "1.0"
    name: str
    licence: str
    bones: dict[str, Bone]  # those of our 22 joints that exist, parents before children
    humanoid: frozenset[str]  # all existing humanoid bones, including fingers, eyes and jaw; Unity's names
    expressions: tuple[str, ...]  # names for VMC receivers: "Joy" in VRM 0.x, "happy" in 1.0
    details: dict[str, Bone] = field(default_factory=dict)  # existing finger bones and eyes

    @property
    def hips_height_m(self) -> float:
        """Height of the hips above the floor at rest."""
        return float(self.bones["Hips"].position[1])
