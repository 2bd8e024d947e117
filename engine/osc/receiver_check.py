"""A test motion: consecutive poses that show whether a receiver is set up correctly, and what to change if not."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from engine.osc.demo_pose import posed_person
from engine.types import Pose
from models.skeleton import FEET, JOINT, TOES

STEP_S = 3.0
"""Parts; each begins and ends standing with the arms down, except the T-pose."""
_STEP_M = 0.35
_ARM_DOWN_DEG = 72.0


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the test."""

    name: str
    seen: str  # what the avatar should do
    otherwise: str  # what to change if it does not


PARTS = (
    Part(
        "T-pose",
        "Arms straight out at the sides, palms down, facing you.",
        "Twisted limbs: give the avatar's .vrm in the target, or rotations=normalised. Back turned: facing=back.",
    ),
    Part(
        "A step forward",
        "The avatar walks towards its front and back, feet on the floor.",
        "It stays in place: switch on hips or root position there, or travel=root. It floats or sinks: give the .vrm.",
    ),
    Part(
        "Squat",
        "Knees bend, the hips come down, the soles stay on the floor.",
        "Feet sink or float: give the .vrm. Hips do not move: switch on the hips' position there.",
    ),
    Part(
        "Turn",
        "The whole body turns to its left and back.",
        "Only the chest turns: let the program take the hips' rotation. It turns right: its mirror setting is on.",
    ),
    Part(
        "Right hand up",
        "The right hand goes up, the left one hangs.",
        "The left hand goes up: mirror is on there. The head looks elsewhere: switch off its own tracking.",
    ),
)
DURATION_S = STEP_S * len(PARTS)


def part_at(time_s: float) -> Part:
    """Return the current part; the test repeats."""
    return PARTS[int(time_s % DURATION_S / STEP_S) % len(PARTS)]


def walking_test(height_m: float, time_s: float) -> Pose:
    """Return the person of `demo_pose` at this time of the test."""
    number = int(time_s % DURATION_S / STEP_S) % len(PARTS)
    share = time_s % STEP_S / STEP_S
    there = 0.5 - 0.5 * math.cos(2 * math.pi * share)  # 0, 1 in the middle, 0
    held = min(1.0, 2.5 * there)
    arms = -_ARM_DOWN_DEG * (1.0 - held if number == 0 else 1.0)
    turns = {
        "LeftUpperArm": Rotation.from_euler("Z", arms, degrees=True),
        "RightUpperArm": Rotation.from_euler("Z", -arms, degrees=True),
    }
    forward = 0.0
    if number == 1:
        forward = _STEP_M * held
        turns |= _stride(math.sin(4 * math.pi * share) * 22.0)
    elif number == 2:
        turns |= _squat(55.0 * held)
    elif number == 3:
        turns["Hips"] = Rotation.from_euler("Y", 60 * held, degrees=True)
    elif number == 4:
        turns["RightUpperArm"] = Rotation.from_euler("Z", _ARM_DOWN_DEG - (_ARM_DOWN_DEG + 75) * held, degrees=True)
    return _on_floor(posed_person(turns, height_m, time_s), forward)


def _stride(deg: float) -> dict[str, Rotation]:
    """Return one thigh forward, the other back; the front foot level."""
    turns: dict[str, Rotation] = {}
    for side, swing in (("Left", -deg), ("Right", deg)):
        bend = max(swing, 0.0)
        turns[f"{side}UpperLeg"] = Rotation.from_euler("X", swing - 0.3 * bend, degrees=True)
        turns[f"{side}LowerLeg"] = Rotation.from_euler("X", bend, degrees=True)
        turns[f"{side}Foot"] = Rotation.from_euler("X", -(swing + 0.7 * bend), degrees=True)
    return turns


def _squat(deg: float) -> dict[str, Rotation]:
    turns = {"Hips": Rotation.from_euler("X", 0.4 * deg, degrees=True)}
    for side in ("Left", "Right"):
        turns[f"{side}UpperLeg"] = Rotation.from_euler("X", -1.4 * deg, degrees=True)
        turns[f"{side}LowerLeg"] = Rotation.from_euler("X", 2.0 * deg, degrees=True)
        turns[f"{side}Foot"] = Rotation.from_euler("X", -1.0 * deg, degrees=True)
    return turns


def _on_floor(pose: Pose, forward_m: float) -> Pose:
    """Move the body forward and so that its lowest sole is on the floor."""
    rest = pose.rest_offsets_m
    heights = []
    for foot, toes, side in zip(FEET, TOES, ("Left", "Right"), strict=True):
        chain = [JOINT[f"{side}{name}"] for name in ("UpperLeg", "LowerLeg", "Foot")]
        ankle = float(rest[0, 1] + rest[chain, 1].sum())
        heights += [
            pose.joints_world_m[foot, 1] - ankle,
            pose.joints_world_m[toes, 1] - ankle - float(rest[toes, 1]),
        ]
    shift = np.array([0.0, -min(heights), forward_m], np.float32)
    return replace(pose, root_m=pose.root_m + shift, joints_world_m=pose.joints_world_m + shift)
