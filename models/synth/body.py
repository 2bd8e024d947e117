"""Poses of the body (standing, sitting, kneeling, lying, balancing) as ranges of joint angles in degrees.

Trunk: pitch of the pelvis (+ forward), roll (+ to the left); spine and neck: flexion (+ forward), side and twist
(+ to the left). Leg: thigh flexion (from the world's vertical or the pelvis), abduction, outward rotation, knee,
ankle (+ toes up). Ranges stay inside normal joint mobility.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.synth.arm_table import Range

TRUNK = ("pitch", "roll", "flex", "side", "twist", "nod", "tilt", "turn")
LEG = ("thigh", "abduction", "outward", "knee", "ankle")


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg. `world`: the thigh is measured from the vertical, so that the pelvis tilts and rolls above it."""

    thigh: Range
    abduction: Range
    outward: Range
    knee: Range
    ankle: Range = (-20, 5)
    world: bool = True
    planted: bool = True  # the sole stays flat on the floor


@dataclass(frozen=True, slots=True)
class Body:
    """A class of poses. `left` describes the left leg; half of the windows are mirrored."""

    share: float
    arms: str  # names of ARMS; natural ones come first or are repeated
    left: Leg
    right: Leg | None = None  # None: like the left one
    pitch: Range = (-5, 8)
    roll: Range = (-3, 3)
    flex: Range = (-5, 12)
    side: Range = (-6, 6)
    twist: Range = (-12, 12)
    nod: Range = (-15, 22)
    tilt: Range = (-10, 10)
    turn: Range = (-40, 40)
    alike: float = 0.7  # how closely the right leg follows the left one
    rest: str = "Foot"  # weight-bearing joints, names without side
    balanced: bool = True  # move the centre of mass above these joints
    chair: bool = False  # the pelvis rests on something other than the floor
    level: tuple[str, str] | None = None  # joints brought to the same height: hands and toes of a plank
    into: str = ""  # classes one movement away


EASY = "hang hang loose hips folded clasped wave point face across shoulder overhead head dance back phone"
"""Default arm poses."""
