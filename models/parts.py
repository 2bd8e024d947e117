"""The six body parts with a confidence, and its definition. No torch: the engine reads this.

The network predicts each part's expected error (its spread) as a logarithm, in body heights:
  arms, legs  elbow and wrist from the shoulder, knee and ankle from the hip joint: mean distance from the truth
  trunk       shoulders and hip joints from the Hips
  head        tips of three axes of 0.1 on the head: 0.1 of error is about 60 degrees
Confidence is 1/2 at an expected error of HALF_CONFIDENT; twice as much gives 0.2, half as much 0.8.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from models.array_library import array_namespace
from models.skeleton import JOINT, JOINT_NAMES, mirrored_name

Array: TypeAlias = Any  # a NumPy array or a torch tensor

PART_NAMES: tuple[str, ...] = ("head", "trunk", "left_arm", "right_arm", "left_leg", "right_leg")
NUM_PARTS = len(PART_NAMES)
DETAIL_PARTS: tuple[str, ...] = ("left_hand", "right_hand", "face")
"""Parts with their own networks; their confidence is that network's presence."""
NUM_DETAIL_PARTS = len(DETAIL_PARTS)
PART: dict[str, int] = {name: index for index, name in enumerate(PART_NAMES)}
MIRROR_PARTS: tuple[int, ...] = tuple(PART[mirrored_name(name)] for name in PART_NAMES)
HALF_CONFIDENT: tuple[float, ...] = (0.040, 0.040, 0.055, 0.055, 0.055, 0.055)
"""Expected error at a confidence of 1/2, body heights: 68 mm for head and trunk, 94 mm for limbs at 1.70 m."""


def _part_of(joint: str) -> int:
    """Return the part of a joint by name: shoulders belong to the trunk, hands to the arms, toes to the legs."""
    if joint in ("Neck", "Head"):
        return PART["head"]
    for limb, ends in (("arm", ("UpperArm", "LowerArm", "Hand")), ("leg", ("UpperLeg", "LowerLeg", "Foot", "Toes"))):
        if joint.endswith(ends):
            return PART[f"{'left' if joint.startswith('Left') else 'right'}_{limb}"]
    return PART["trunk"]


LIMB_OF_PART: dict[str, tuple[int, tuple[int, ...]]] = {
    f"{side.lower()}_{limb}": (JOINT[side + start], tuple(JOINT[side + name] for name in ends))
    for limb, start, ends in (("arm", "UpperArm", ("LowerArm", "Hand")), ("leg", "UpperLeg", ("LowerLeg", "Foot")))
    for side in ("Left", "Right")
}
"""The joint that a limb starts from, and the joints whose positions define its error."""
TRUNK_JOINTS: tuple[int, ...] = tuple(
    JOINT[side + name] for name in ("UpperArm", "UpperLeg") for side in ("Left", "Right")
)
PART_OF_JOINT: tuple[int, ...] = tuple(_part_of(name) for name in JOINT_NAMES)
"""Part of each joint's rotation."""
HEAD_CHAIN: tuple[int, ...] = tuple(JOINT[name] for name in ("Hips", "Spine", "Chest", "UpperChest", "Neck", "Head"))
"""Joints whose local rotations compose the head's orientation."""
HEAD_LEVER = 0.1
"""Length of the axes on the head, body heights."""


def part_confidence(log_spread: Array) -> Array:
    """Convert the log of the expected error (..., 6) to confidence (..., 6) in 0..1."""
    xp = array_namespace(log_spread)
    half = xp.asarray(HALF_CONFIDENT, dtype=log_spread.dtype, device=getattr(log_spread, "device", None))
    return 1 / (1 + (xp.exp(xp.clip(log_spread, -8.0, 2.0)) / half) ** 2)
