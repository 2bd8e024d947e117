"""The one table of joints: names, parents, parts and the virtual skeleton s̄. Every index list is computed from it.

World axes of the rest pose: +Y up, the person faces +Z, the left side at +X (T-pose, palms down; VRM 1.0, glTF).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Part = Literal["root", "upper", "lower"]


@dataclass(frozen=True, slots=True)
class Joint:
    """One joint: Unity/VRM humanoid name, parent, part, rest offset to the parent (s̄ units: hips height = 1)."""

    name: str
    parent: str | None
    part: Part
    rest_offset: tuple[float, float, float]


_CENTRE: tuple[Joint, ...] = (
    Joint("Hips", None, "root", (0.0, 1.0, 0.0)),
    Joint("Spine", "Hips", "upper", (0.0, 0.110, -0.015)),
    Joint("Chest", "Spine", "upper", (0.0, 0.130, 0.0)),
    Joint("UpperChest", "Chest", "upper", (0.0, 0.145, 0.0)),
    Joint("Neck", "UpperChest", "upper", (0.0, 0.200, -0.010)),
    Joint("Head", "Neck", "upper", (0.0, 0.105, 0.025)),
)
_ARM: tuple[Joint, ...] = (
    Joint("Shoulder", "UpperChest", "upper", (0.030, 0.160, 0.020)),
    Joint("UpperArm", "Shoulder", "upper", (0.160, 0.010, -0.035)),
    Joint("LowerArm", "UpperArm", "upper", (0.300, 0.0, 0.0)),
    Joint("Hand", "LowerArm", "upper", (0.275, 0.0, 0.0)),
)
_LEG: tuple[Joint, ...] = (
    Joint("UpperLeg", "Hips", "lower", (0.100, 0.0, 0.0)),
    Joint("LowerLeg", "UpperLeg", "lower", (0.0, -0.445, 0.0)),
    Joint("Foot", "LowerLeg", "lower", (0.0, -0.460, 0.0)),
    Joint("Toes", "Foot", "lower", (0.0, -0.068, 0.155)),
)


def _sided(side: Literal["Left", "Right"], chain: tuple[Joint, ...]) -> tuple[Joint, ...]:
    """Return the left or right copy of a chain; the left side is at +X."""
    sign = 1.0 if side == "Left" else -1.0
    inside = {joint.name for joint in chain}
    return tuple(
        Joint(
            side + joint.name,
            side + joint.parent if joint.parent in inside else joint.parent,
            joint.part,
            (sign * joint.rest_offset[0], joint.rest_offset[1], joint.rest_offset[2]),
        )
        for joint in chain
    )


JOINTS: tuple[Joint, ...] = (
    *_CENTRE,
    *_sided("Left", _ARM),
    *_sided("Right", _ARM),
    *_sided("Left", _LEG),
    *_sided("Right", _LEG),
)


def mirrored_name(name: str) -> str:
    """Return LeftHand -> RightHand, nose -> nose; for joints and keypoints."""
    for left, right in (("Left", "Right"), ("left", "right")):
        if name.startswith(left):
            return right + name[len(left) :]
        if name.startswith(right):
            return left + name[len(right) :]
    return name


JOINT_NAMES: tuple[str, ...] = tuple(joint.name for joint in JOINTS)
JOINT: dict[str, int] = {name: index for index, name in enumerate(JOINT_NAMES)}
NUM_JOINTS = len(JOINTS)
PARENTS: tuple[int, ...] = tuple(-1 if joint.parent is None else JOINT[joint.parent] for joint in JOINTS)
MIRROR_JOINTS: tuple[int, ...] = tuple(JOINT[mirrored_name(name)] for name in JOINT_NAMES)
ROOT = JOINT["Hips"]
NON_ROOT: tuple[int, ...] = tuple(range(1, NUM_JOINTS))
UPPER: tuple[int, ...] = tuple(i for i, joint in enumerate(JOINTS) if joint.part in ("root", "upper"))
LOWER: tuple[int, ...] = tuple(i for i, joint in enumerate(JOINTS) if joint.part in ("root", "lower"))
LIMBS: tuple[int, ...] = tuple(
    JOINT[side + name]
    for side in ("Left", "Right")
    for name in ("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot")
)
"""The 12 limb joints of the accuracy metrics: shoulders, elbows, wrists, hips, knees, ankles."""
FEET: tuple[int, int] = (JOINT["LeftFoot"], JOINT["RightFoot"])
TOES: tuple[int, int] = (JOINT["LeftToes"], JOINT["RightToes"])

REST_OFFSETS: NDArray[np.float64] = np.array([joint.rest_offset for joint in JOINTS])
"""(22, 3) s̄: offset of each joint to its parent in the T-pose; row 0 is the hips above the floor.

Mean of the T-poses of the training rigs (CMU in both editions, Mesh2Motion, AnimatedDrawings) after retargeting, made
symmetric, with limbs along the axes, rounded to a thousandth.
"""
REST_OFFSETS.setflags(write=False)

HEAD_TOP = 0.190
"""Top of the head above the Head joint, s̄ units."""
SOLE = 0.027
"""Sole below the Toes joint, s̄ units."""
