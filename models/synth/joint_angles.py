"""Joint angles as people name them (flexion, abduction, elevation ...) to the local rotations of the 22 joints.

Angles are (..., 32): TRUNK, LEG of the left, of the right, ARM of the left, of the right (arm_table, body_table).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from models.rotations import axis_angle_to_matrix
from models.skeleton import JOINT, NUM_JOINTS
from models.synth.arm_table import ARM
from models.synth.body_table import LEG, TRUNK

SIZE = len(TRUNK) + 2 * len(LEG) + 2 * len(ARM)
LEGS = slice(len(TRUNK), len(TRUNK) + 2 * len(LEG))
ARMS = slice(LEGS.stop, SIZE)
_MIRROR = torch.tensor([1.0, -1.0, -1.0])
_MIRRORED = _MIRROR[:, None] * _MIRROR  # M R M with M = diag(-1, 1, 1), entry by entry
_SPINE = (("Spine", 0.3), ("Chest", 0.35), ("UpperChest", 0.35))
_NECK = (("Neck", 0.5), ("Head", 0.5))


def turn_x(angle: Tensor) -> Tensor:
    """(...) radians -> (..., 3, 3)."""
    c, s, one, zero = angle.cos(), angle.sin(), torch.ones_like(angle), torch.zeros_like(angle)
    return torch.stack([one, zero, zero, zero, c, -s, zero, s, c], dim=-1).reshape(*angle.shape, 3, 3)


def turn_y(angle: Tensor) -> Tensor:
    """(...) radians -> (..., 3, 3)."""
    c, s, one, zero = angle.cos(), angle.sin(), torch.ones_like(angle), torch.zeros_like(angle)
    return torch.stack([c, zero, s, zero, one, zero, -s, zero, c], dim=-1).reshape(*angle.shape, 3, 3)


def turn_z(angle: Tensor) -> Tensor:
    """(...) radians -> (..., 3, 3)."""
    c, s, one, zero = angle.cos(), angle.sin(), torch.ones_like(angle), torch.zeros_like(angle)
    return torch.stack([c, -s, zero, s, c, zero, zero, zero, one], dim=-1).reshape(*angle.shape, 3, 3)


def mirror_sides(rotations: Tensor) -> Tensor:
    """(..., 2, 3, 3) both sides computed as if left -> left, right."""
    return torch.stack([rotations[..., 0, :, :], rotations[..., 1, :, :] * _MIRRORED], dim=-3)


def upper_arm_in_chest(arm: Tensor) -> Tensor:
    """(..., 7) ARM in radians -> (..., 3, 3): the left upper arm in the chest's frame.

    The elbow bends forward on a hanging arm; raising it in any plane brings no twist, `inward` adds it.
    """
    elevation, plane, inward = arm[..., 0], arm[..., 1], arm[..., 2]
    return turn_y(-plane) @ turn_z(elevation - math.pi / 2) @ turn_x(inward - plane)


def forearm(arm: Tensor) -> Tensor:
    """(..., 7) ARM in radians -> (..., 3, 3): the left forearm in the upper arm's frame; half of the pronation."""
    return turn_y(-arm[..., 3]) @ turn_x(arm[..., 4] / 2)


def _collar(arm: Tensor) -> Tensor:
    """The collar bone goes along with the raised arm: up by a fifth of what is above 30 degrees, and forward."""
    lift = 0.2 * (arm[..., 0] - math.radians(30)).clamp(min=0)
    forward = 0.12 * arm[..., 1] * arm[..., 0].sin()
    return turn_y(-forward) @ turn_z(lift)


def _bent(angles: Tensor, shares: tuple[tuple[str, float], ...]) -> list[tuple[int, Tensor]]:
    """(..., 3) flexion, side, twist -> rotations of a chain of joints that share them."""
    vector = torch.stack([angles[..., 0], angles[..., 2], -angles[..., 1]], dim=-1)
    return [(JOINT[name], axis_angle_to_matrix(vector * share)) for name, share in shares]


def local_rotations(angles: Tensor) -> Tensor:
    """(..., 32) radians -> (..., 22, 3, 3) local; Hips faces +Z, turned by pitch and roll only."""
    r = torch.eye(3).expand(*angles.shape[:-1], NUM_JOINTS, 3, 3).clone()
    r[..., 0, :, :] = turn_x(angles[..., 0]) @ turn_z(-angles[..., 1])
    for joint, turned in (*_bent(angles[..., 2:5], _SPINE), *_bent(angles[..., 5:8], _NECK)):
        r[..., joint, :, :] = turned
    leg = angles[..., LEGS].reshape(*angles.shape[:-1], 2, len(LEG))
    thigh = turn_x(-leg[..., 0]) @ turn_z(leg[..., 1]) @ turn_y(leg[..., 2])
    arm = angles[..., ARMS].reshape(*angles.shape[:-1], 2, len(ARM))
    collar = _collar(arm)
    hand = turn_x(arm[..., 4] / 2) @ turn_z(-arm[..., 5]) @ turn_y(-arm[..., 6])
    sided = {
        "UpperLeg": thigh,
        "LowerLeg": turn_x(leg[..., 3]),
        "Foot": turn_x(-leg[..., 4]),
        "Shoulder": collar,
        "UpperArm": collar.mT @ upper_arm_in_chest(arm),
        "LowerArm": forearm(arm),
        "Hand": hand,
    }
    for name, turned in sided.items():
        r[..., [JOINT["Left" + name], JOINT["Right" + name]], :, :] = mirror_sides(turned)
    return r
