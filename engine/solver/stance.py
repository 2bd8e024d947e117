"""A lower body for a person whose legs are not visible: it stands or sits still under a moving trunk.

A desk, a bust shot or a close camera hides the legs. The network then guesses them, and a guess that looks like a squat
is worse than none. The stance keeps what is visible, the orientation of the chest with arms and head, and builds the
rest: a pelvis that partly follows the trunk, legs that stand or sit, feet planted where the performer was calibrated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from engine.solver.body import LOWER_LEGS, UPPER_LEGS, Body, moved, with_ankles_at
from engine.types import F64
from models.kinematics import hips_height, posed
from models.skeleton import FEET, JOINT, NUM_JOINTS, ROOT, TOES

_SPINE = [JOINT[name] for name in ("Spine", "Chest", "UpperChest")]
_UPPER_CHEST = JOINT["UpperChest"]
_SHOULDERS = [JOINT["LeftUpperArm"], JOINT["RightUpperArm"]]
_STRAIGHTEST = 0.999  # of a leg's length: beyond it a knee would lock and pop
_LEGS = [*UPPER_LEGS, *LOWER_LEGS, *FEET, *TOES]


@dataclass(frozen=True, slots=True)
class Stance:
    """Behaviour of an invisible lower body. Angles in radians, lengths in metres."""

    name: str
    thigh_forward: float  # 0 standing, about 90 degrees seated
    pelvis_turn: float  # fraction of the trunk's turn relative to the feet that the pelvis follows
    pelvis_lean: float  # fraction of the trunk's lean that the pelvis follows
    turn_limit: float  # largest turn of the pelvis relative to the feet
    sway: float  # fraction of the shoulders' shift that the hips follow
    sway_limit_m: float
    knee_slack: float = 0.004  # hips lowered by this fraction of the legs' length, so that knees are not locked

    # The feet follow a trunk that stays turned, as when a person moves their chair.
    follow_s: float = 8.0


UPPER = Stance("upper", 0.0, pelvis_turn=0.5, pelvis_lean=0.35, turn_limit=0.6, sway=0.5, sway_limit_m=0.12)
SEATED = Stance("seated", math.radians(86.0), 0.25, 0.45, turn_limit=0.35, sway=0.35, sway_limit_m=0.06)


class LowerBody:
    """Keeps the place of the planted feet. Solve thread only."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget where the performer stood; the next body defines it."""
        self._facing_rad: float | None = None
        self._place_m = np.zeros(2)  # x, z of the hips above the planted feet
        self._shoulders_m = np.zeros(2)  # x, z of the shoulders above it, when it was planted
        self._sway_m = np.zeros(2)
        self._new = False  # planted, and the shoulders over it not seen yet

    def plant(self, place_m: F64, facing_rad: float) -> None:
        """Stand or sit at (2,) x, z, facing `facing_rad` (0 is +Z). The next shoulders count as upright."""
        self._place_m, self._facing_rad = np.asarray(place_m, np.float64), facing_rad
        self._sway_m, self._new = np.zeros(2), True

    @property
    def planted(self) -> bool:
        """Whether the feet have a place."""
        return self._facing_rad is not None

    def __call__(self, body: Body, offsets_m: F64, stance: Stance, dt_s: float) -> Body:
        """Replace hips, spine and legs of a body in the upright world (floor at y = 0); keep chest, arms and head.

        offsets_m (22, 3) the person's rest offsets. Bone lengths stay; both soles lie on the floor.
        """
        trunk = body.turned[_UPPER_CHEST]
        turn_rad = facing(trunk)
        shoulders = body.joints[_SHOULDERS].mean(0)[[0, 2]]
        if self._facing_rad is None:
            self.plant(body.joints[ROOT][[0, 2]], turn_rad)
        if self._new:
            self._new, self._shoulders_m = False, shoulders
        assert self._facing_rad is not None
        self._follow(turn_rad, stance, dt_s)
        self._sway(shoulders, stance)
        pelvis = _pelvis(trunk, self._facing_rad, stance)
        rotations = body.rotations.copy()
        rotations[ROOT] = pelvis
        rotations[_SPINE] = _spread(pelvis.T @ trunk)
        rotations[_LEGS] = np.eye(3)
        rotations[UPPER_LEGS] = pelvis.T @ _about_y(self._facing_rad) @ _about_x(-stance.thigh_forward)
        rotations[LOWER_LEGS] = _about_x(stance.thigh_forward)
        hips = np.array([self._place_m[0], hips_height_m(offsets_m, stance), self._place_m[1]])
        feet = self._feet(hips, offsets_m, stance)
        hips[[0, 2]] += self._sway_m
        joints, turned = posed(rotations[None], offsets_m, hips[None])
        shown = Body(rotations, joints[0], turned[0])
        return with_ankles_at(moved(shown, np.array([0.0, -_out_of_reach(shown, feet), 0.0])), feet)

    def _follow(self, turn_rad: float, stance: Stance, dt_s: float) -> None:
        """Turn the feet slowly towards a trunk that stays turned beyond the pelvis' limit."""
        assert self._facing_rad is not None
        off = _wrapped(turn_rad - self._facing_rad)
        beyond = off - min(max(off, -stance.turn_limit), stance.turn_limit)
        self._facing_rad = _wrapped(self._facing_rad + beyond * (1 - math.exp(-dt_s / stance.follow_s)))

    def _sway(self, shoulders_m: F64, stance: Stance) -> None:
        """Follow the shoulders' shift smoothly within the limit, so that a guess does not travel."""
        shift = stance.sway * (shoulders_m - self._shoulders_m)
        length = float(np.linalg.norm(shift))
        limit = stance.sway_limit_m
        self._sway_m = shift * (math.tanh(length / limit) * limit / length) if length > 1e-9 else np.zeros(2)

    def _feet(self, hips: F64, offsets_m: F64, stance: Stance) -> F64:
        """Return the ankles (2, 3) of the undisturbed stance, soles on the floor."""
        assert self._facing_rad is not None
        turn = _about_y(self._facing_rad)
        thigh = turn @ _about_x(-stance.thigh_forward)
        hip_joints = hips + offsets_m[UPPER_LEGS] @ turn.T
        ankles: F64 = hip_joints + offsets_m[LOWER_LEGS] @ thigh.T + offsets_m[list(FEET)] @ turn.T
        ankles[:, 1] = ankle_heights(offsets_m)
        return ankles


def _out_of_reach(body: Body, ankles: F64) -> float:
    """Return how far in metres the hips must be lowered for both legs to reach (2, 3), at least 0."""
    hips, knees, feet = body.joints[UPPER_LEGS], body.joints[LOWER_LEGS], body.joints[list(FEET)]
    longest = _STRAIGHTEST * (np.linalg.norm(knees - hips, axis=-1) + np.linalg.norm(feet - knees, axis=-1))
    across = np.linalg.norm((hips - ankles)[:, [0, 2]], axis=-1)
    reach = np.sqrt(np.maximum(longest**2 - across**2, 0.0))
    return max(0.0, float((hips[:, 1] - ankles[:, 1] - reach).max()))


def ankle_heights(offsets_m: F64) -> F64:
    """Return the height (2,) of the ankles above the sole in the T-pose."""
    below = offsets_m[UPPER_LEGS] + offsets_m[LOWER_LEGS] + offsets_m[list(FEET)]
    heights: F64 = hips_height(offsets_m) + below[:, 1]
    return heights


def facing(turned: F64) -> float:
    """Return the yaw in radians of an orientation (3, 3), 0 for +Z, from the axis across the body.

    The axis across the body stays level in a bow, so that a bow does not change the yaw.
    """
    return math.atan2(-float(turned[2, 0]), float(turned[0, 0]))


def blended(seen: Body, stance: Body, weight: float, offsets_m: F64) -> Body:
    """Blend two bodies: local rotations along the shortest arc, hips linearly. weight 0 is `seen`."""
    start, end = Rotation.from_matrix(seen.rotations), Rotation.from_matrix(stance.rotations)
    rotations = (start * Rotation.from_rotvec(weight * (start.inv() * end).as_rotvec())).as_matrix()
    root = (1 - weight) * seen.joints[ROOT] + weight * stance.joints[ROOT]
    joints, turned = posed(rotations.reshape(1, NUM_JOINTS, 3, 3), offsets_m, root[None])
    return Body(rotations, joints[0], turned[0])


def _pelvis(trunk: F64, facing_rad: float, stance: Stance) -> F64:
    """Return the pelvis' orientation (3, 3): a fraction of the trunk's turn and lean above planted feet."""
    off = _wrapped(facing(trunk) - facing_rad)
    limited = min(max(stance.pelvis_turn * off, -stance.turn_limit), stance.turn_limit)
    lean = Rotation.from_matrix(trunk @ _about_y(facing(trunk)).T).as_rotvec()
    pelvis: F64 = Rotation.from_rotvec(stance.pelvis_lean * lean).as_matrix() @ _about_y(facing_rad + limited)
    return pelvis


def _spread(bend: F64) -> F64:
    """Return three equal rotations (3, 3, 3) whose product is `bend` (3, 3)."""
    third = Rotation.from_rotvec(Rotation.from_matrix(bend).as_rotvec() / len(_SPINE)).as_matrix()
    return np.tile(third, (len(_SPINE), 1, 1))


def hips_height_m(offsets_m: F64, stance: Stance) -> float:
    """Return the hips' height in metres with both soles on the floor."""
    legs = -float((offsets_m[LOWER_LEGS] + offsets_m[list(FEET)])[:, 1].mean())
    thigh = -float(offsets_m[LOWER_LEGS][:, 1].mean())
    saved = thigh * (1 - math.cos(stance.thigh_forward))
    return float(hips_height(offsets_m)) - saved - stance.knee_slack * legs


def _about_y(angle_rad: float) -> F64:
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def _about_x(angle_rad: float) -> F64:
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def _wrapped(angle_rad: float) -> float:
    """Return the same angle in -pi..pi."""
    return math.remainder(angle_rad, 2 * math.pi)
