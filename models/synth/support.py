"""Physical support of posed bodies: balance, floor, feet that stay in place, contacts. s̄'s joints, body heights."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.kinematics import STATURE, forward_kinematics, ratio_offsets
from models.mocap.contacts import CONTACT_HEIGHT, CONTACT_SPEED
from models.rotations import axis_angle_to_matrix, matrix_to_quaternion, rotation_between
from models.skeleton import FEET, JOINT, JOINT_NAMES, NUM_JOINTS, SOLE, TOES
from models.synth.joint_angles import turn_x

OFFSETS = ratio_offsets(torch.from_numpy(np.ones(NUM_JOINTS))).float()
"""Offsets (22, 3) of s̄ at body height 1."""
_TOES_HIGH = SOLE / STATURE
_ANKLE_HIGH = _TOES_HIGH - float(OFFSETS[TOES[0], 1])
_LEGS = slice(JOINT["LeftUpperLeg"], JOINT["RightToes"] + 1)  # the legs come last in the table, 4 joints each
_THIGH, _SHANK = float(-OFFSETS[JOINT["LeftLowerLeg"], 1]), float(-OFFSETS[FEET[0], 1])
_LONGEST = 0.9995 * (_THIGH + _SHANK)
_SHORTEST = math.sqrt(_THIGH**2 + _SHANK**2 + 2 * _THIGH * _SHANK * math.cos(math.radians(150)))
_ANKLE_MOST = math.radians(45)
_FOOT = float(OFFSETS[TOES[0], 2])
_UP = torch.tensor([0.0, 1.0, 0.0])
_ALONG_FLOOR = torch.tensor([1.0, 0.0, 1.0])


def _by_joint(values: dict[str, float]) -> Tensor:
    return torch.tensor([values[name.removeprefix("Left").removeprefix("Right")] for name in JOINT_NAMES])


RADIUS = _by_joint(
    {"Hips": 0.07, "Spine": 0.065, "Chest": 0.065, "UpperChest": 0.065, "Neck": 0.035, "Head": 0.06}
    | {"Shoulder": 0.04, "UpperArm": 0.035, "LowerArm": 0.022, "Hand": 0.02}
    | {"UpperLeg": 0.055, "LowerLeg": 0.032, "Foot": 0.026, "Toes": _TOES_HIGH}
)
"""Distance (22,) from the joint to the skin that touches the floor."""
MASS = _by_joint(
    {"Hips": 0.16, "Spine": 0.08, "Chest": 0.12, "UpperChest": 0.12, "Neck": 0.03, "Head": 0.06}
    | {"Shoulder": 0.01, "UpperArm": 0.02, "LowerArm": 0.02, "Hand": 0.015}
    | {"UpperLeg": 0.06, "LowerLeg": 0.06, "Foot": 0.025, "Toes": 0.005}
)
"""Fraction of body mass at each joint (22,): roughly that of the segments around it."""
MASS /= MASS.sum()
_LEG_JOINTS = torch.tensor(
    [
        [name.startswith(side) and name.endswith(("LowerLeg", "Foot", "Toes")) for name in JOINT_NAMES]
        for side in ("Left", "Right")
    ]
)


@dataclass(frozen=True, slots=True)
class Support:
    """What bears the weight in each window."""

    bearing: Tensor  # (B, 22) weights of the joints whose mean stays above a fixed point of the floor; rows sum to 1
    planted: Tensor  # (B, 2) bool: this foot's sole stays on the floor
    balance: Tensor  # (B,) 0..1 how far the centre of mass is moved to above `bearing`
    depth: Tensor  # (B,) if planted feet differ in height: 0 stretches the higher leg alone, 1 also bends the lower one
    chair: Tensor  # (B,) bool: the pelvis keeps its height
    level: Tensor  # (B, 2, 22) weights of two groups of joints placed on the floor instead of balancing; zeros: none


def stand_up(rotations: Tensor, support: Support) -> tuple[Tensor, Tensor, Tensor]:
    """Put posed bodies on the floor: balanced, feet flat and still, nothing below y = 0.

    rotations  (B, T, 22, 3, 3) local; changed where the body is tilted and where planted feet are held
    returns    rotations, root (B, T, 3), joints (B, T, 22, 3)
    """
    rotations = rotations.clone()
    joints, _ = forward_kinematics(rotations, OFFSETS, torch.zeros(*rotations.shape[:2], 3))
    tilt = _tilt(joints, support)
    rotations[:, :, 0] = tilt @ rotations[:, :, 0]
    joints = joints @ tilt.mT
    root = -(support.bearing[:, None, None] @ joints)[:, :, 0] * _ALONG_FLOOR
    root[..., 1] = _height(joints, support)
    joints = joints + root[:, :, None]
    lowered = _within_reach(_by_leg(joints), support)
    root[..., 1] += lowered
    joints[..., 1] += lowered[..., None]
    _hold_feet(rotations[:, :, 0], _by_leg(rotations), _by_leg(joints), support.planted[:, None])
    sunk = (joints[..., 1] - RADIUS).amin(-1).clamp(max=0)
    root[..., 1] -= sunk
    joints[..., 1] -= sunk[..., None]
    return rotations, root, joints


def _tilt(joints: Tensor, support: Support) -> Tensor:
    """Return the rotation (B, T, 3, 3) that moves the centre of mass above the support, or levels two groups."""
    lever = MASS @ joints - (support.bearing[:, None, None] @ joints)[:, :, 0]
    lever = lever / lever.norm(dim=-1, keepdim=True).clamp(min=1e-6)
    upright = lever + support.balance[:, None, None] * (_UP - lever)
    groups = support.level[:, None] @ joints  # (B, T, 2, 3)
    between = groups[:, :, 0] - groups[:, :, 1]
    radius = support.level @ RADIUS  # (B, 2)
    flat = between * _ALONG_FLOOR + (radius[:, :1] - radius[:, 1:])[..., None] * _UP
    levelled = (support.level.sum((1, 2)) > 0)[:, None, None]
    return torch.as_tensor(
        rotation_between(torch.where(levelled, between, lever), torch.where(levelled, flat, upright))
    )


def _height(joints: Tensor, support: Support) -> Tensor:
    """Return the root's height (B, T): planted soles at 0; constant on a chair; else the lowest skin touches the
    floor."""
    ankles = joints[:, :, list(FEET), 1]
    planted = support.planted.float()[:, None]
    lowest = (ankles + 9.0 * (1 - planted)).amin(-1)
    mean = (ankles * planted).sum(-1) / planted.sum(-1).clamp(min=1)
    by_feet = _ANKLE_HIGH - lowest - support.depth[:, None] * (mean - lowest)
    aside = (_LEG_JOINTS & support.planted[..., None]).any(1)  # (B, 22) planted legs are bent to fit
    low = (joints[..., 1] - RADIUS + 9.0 * aside[:, None]).amin(-1)
    standing = support.bearing[:, list(FEET)].sum(-1, keepdim=True) * planted.amax(-1) > 0.6
    height = torch.where(standing | support.chair[:, None], by_feet, -low)
    return torch.where(support.chair[:, None], height.mean(-1, keepdim=True), height)


def _by_leg(values: Tensor) -> Tensor:
    """Return a view (B, T, 2 legs, 4 joints from hip to toes, ...) of values (B, T, 22, ...)."""
    return values[:, :, _LEGS].view(*values.shape[:2], 2, 4, *values.shape[3:])


def _within_reach(legs: Tensor, support: Support) -> Tensor:
    """Return how far the body is lowered (B, T), <= 0, so that planted feet reach the floor."""
    hips = legs[..., 0, :]
    aside = (legs[..., 2, :].mean(1, keepdim=True) - hips) * _ALONG_FLOOR
    highest = _ANKLE_HIGH + (_LONGEST**2 - aside.square().sum(-1)).clamp(min=0.01).sqrt()
    spare = torch.where(support.planted[:, None], highest - hips[..., 1], torch.zeros(()))
    return spare.amin(-1).clamp(max=0) * ~support.chair[:, None]


def _way_to_ankles(legs: Tensor, shank: Tensor) -> Tensor:
    """Return the vectors (B, T, 2, 3) from the hip joints to planted ankles.

    legs   (B, T, 2, 4, 3) joints
    shank  (B, T, 2, 3, 3) orientations in the world

    Ankles stay at the mean of their path, at the height of a flat foot. A shank that leans farther forward than the
    ankle's range lifts the heel; the toes stay on the floor.
    """
    hips = legs[..., 0, :]
    way = legs[..., 2, :].mean(1, keepdim=True) - hips
    way[..., 1] = _ANKLE_HIGH - hips[..., 1]
    ahead = shank[..., 2] * _ALONG_FLOOR
    behind = -(way * ahead).sum(-1) / ahead.norm(dim=-1).clamp(min=0.1)
    for _ in range(2):  # a lifted heel bends the knee, which leans the shank farther
        far = way.norm(dim=-1).clamp(_SHORTEST, _LONGEST)
        ankle = torch.acos(((far**2 + _SHANK**2 - _THIGH**2) / (2 * far * _SHANK)).clamp(-1, 1))
        heel_up = (torch.atan2(behind, -way[..., 1]) + ankle - _ANKLE_MOST).clamp(0, 1.2)
        high = _TOES_HIGH + (_ANKLE_HIGH - _TOES_HIGH) * heel_up.cos() + _FOOT * heel_up.sin()
        way[..., 1] = high - hips[..., 1]
    return way


def _hold_feet(hips: Tensor, legs: Tensor, joints: Tensor, planted: Tensor) -> None:
    """Bend the legs of planted feet until the sole is flat and in place.

    hips     (B, T, 3, 3) in the world
    legs     (B, T, 2, 4, 3, 3) local, changed in place
    joints   (B, T, 2, 4, 3) changed in place
    planted  (B, 1, 2) bool
    """
    on = planted[..., None, None]
    thigh = hips[:, :, None] @ legs[..., 0, :, :]
    way = _way_to_ankles(joints, thigh @ legs[..., 1, :, :])
    far = way.norm(dim=-1).clamp(_SHORTEST, _LONGEST)
    bend = torch.acos(((far**2 - _THIGH**2 - _SHANK**2) / (2 * _THIGH * _SHANK)).clamp(-1, 1))
    knee = torch.where(on, turn_x(bend), legs[..., 1, :, :])
    reach = -(thigh @ (_SHANK * knee[..., 1:2] + _THIGH * _UP[:, None]))[..., 0]
    thigh = rotation_between(reach, torch.where(on[..., 0], way, reach)) @ thigh
    shank = thigh @ knee
    ankle = torch.where(on, _flat(shank), legs[..., 2, :, :])
    legs[..., 0, :, :] = hips.mT[:, :, None] @ thigh
    legs[..., 1, :, :] = knee
    legs[..., 2, :, :] = ankle
    joints[..., 1, :] = joints[..., 0, :] - _THIGH * thigh[..., 1]
    joints[..., 2, :] = joints[..., 1, :] - _SHANK * shank[..., 1]
    joints[..., 3, :] = joints[..., 2, :] + (shank @ (ankle @ OFFSETS[TOES[0]][:, None]))[..., 0]


def _flat(shank: Tensor) -> Tensor:
    """Return the ankles' local rotation for a flat foot, within the ankle's range, for shanks (..., 3, 3) in the
    world."""
    ahead = shank[..., 2] * _ALONG_FLOOR
    ahead = ahead / ahead.norm(dim=-1, keepdim=True).clamp(min=1e-3)
    level = torch.stack([torch.linalg.cross(_UP.expand_as(ahead), ahead), _UP.expand_as(ahead), ahead], dim=-1)
    q = matrix_to_quaternion(shank.mT @ level)
    sine = q[..., :3].norm(dim=-1, keepdim=True).clamp(min=1e-6)
    angle = 2 * torch.atan2(sine, q[..., 3:])
    return torch.as_tensor(axis_angle_to_matrix(q[..., :3] / sine * angle.clamp(max=_ANKLE_MOST)))


def floor_contacts(joints: Tensor, rate_hz: float) -> Tensor:
    """Return contacts (B, T, 2): ankle or toes slow and near their resting height (models.mocap.library)."""
    feet = _by_leg(joints)[..., 2:, :]  # (B, T, 2 sides, ankle and toes, 3)
    velocity = torch.gradient(feet, dim=1)[0] * rate_hz if feet.shape[1] > 1 else torch.zeros_like(feet)
    low = feet[..., 1] < torch.tensor([_ANKLE_HIGH, _TOES_HIGH]) + CONTACT_HEIGHT
    resting = (velocity.norm(dim=-1) < CONTACT_SPEED) & low
    return torch.where(resting.any(-1), 1.0, 0.0)
