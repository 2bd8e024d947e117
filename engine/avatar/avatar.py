"""What is known of an avatar: its humanoid bones and where they are at rest, its expressions, name and licence."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.types import F64
from models.skeleton import JOINT_NAMES, PARENTS

PARENT_OF = {name: JOINT_NAMES[parent] for name, parent in zip(JOINT_NAMES, PARENTS, strict=True) if parent >= 0}
"""Parent of each of our 22 joints but the Hips, whether an avatar has it or not."""
_LIMBS = ("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot")
REQUIRED = ("Hips", "Spine", "Head", *(side + name for side in ("Left", "Right") for name in _LIMBS))
"""Bones that every VRM humanoid has (VRM 1.0; 0.x demands Chest and Neck as well)."""


@dataclass(frozen=True, slots=True)
class Bone:
    """One humanoid bone at rest in the T-pose. Our axes: Y up, the avatar faces +Z, its left at +X; metres."""

    position: F64  # (3,) world
    rotation: F64  # (3, 3) world
    offset: F64  # (3,) the node's own translation, in the units and axes of the node above it
    above_position: F64  # (3,) world, of the node above it, which need not be a bone
    above_rotation: F64  # (3, 3) world
    above_scale: float


@dataclass(frozen=True, slots=True, eq=False)
class Avatar:
    """One model, as its file describes it. Compared by identity."""

    version: str  # "0.x" or "1.0"
    name: str
    licence: str
    bones: dict[str, Bone]  # of our 22 joints those that it has, parents before children
    humanoid: frozenset[str]  # every humanoid bone that it has: fingers, eyes and jaw, too; Unity's names
    expressions: tuple[str, ...]  # as a VMC receiver calls them: "Joy" in VRM 0.x, "happy" in 1.0
    details: dict[str, Bone] = field(default_factory=dict)  # of the finger bones and eyes those that it has

    @property
    def hips_height_m(self) -> float:
        """Height of the hips over the floor at rest."""
        return float(self.bones["Hips"].position[1])
