"""Convert anatomical joint angles (flexion, abduction, elevation ...) to local rotations of the 22 joints.

Angles are (..., 32): TRUNK, LEG of the left, of the right, ARM of the left, of the right (arm_table, body).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from models.rotations import axis_angle_to_matrix
from models.skeleton import JOINT_NAMES
from models.synth.arm_table import ARM
from models.synth.body import LEG, TRUNK

SIZE = len(TRUNK) + 2 * len(LEG) + 2 * len(ARM)
LEGS = slice(len(TRUNK), len(TRUNK) + 2 * len(LEG))
ARMS = slice(LEGS.stop, SIZE)
_MIRROR = torch.tensor([1.0, -1.0, -1.0])
_MIRRORED = _MIRROR[:, None] * _MIRROR  # M R M with M = diag(-1, 1, 1), entry by entry
_BENT = {"Spine": (0, 0.3), "Chest": (0, 0.35), "UpperChest": (0, 0.35), "Neck": (1, 0.5), "Head": (1, 0.5)}
"""Index of the angles that each joint of the column takes (0 spine, 1 neck), and its fraction of them."""
_MATRIX = {share: at for at, share in enumerate(dict.fromkeys(_BENT.values()))}


def turn_x(angle: Tensor) -> Tensor:
    """Return rotations (..., 3, 3) about x by angles (...) in radians."""
    c, s, one, zero = angle.cos(), angle.sin(), torch.ones_like(angle), torch.zeros_like(angle)
    return torch.stack([one, zero, zero, zero, c, -s, zero, s, c], dim=-1).reshape(*angle.shape, 3, 3)


def turn_y(angle: Tensor) -> Tensor:
    """Return rotations (..., 3, 3) about y by angles (...) in radians."""
    c, s, one, zero = angle.cos(), angle.sin(), torch.ones_like(angle), torch.zeros_like(angle)
    return torch.stack([c, zero, s, zero, one, zero, -s, zero, c], dim=-1).reshape(*angle.shape, 3, 3)


def turn_z(angle: Tensor) -> Tensor:
    """Return rotations (..., 3, 3) about z by angles (...) in radians."""
    c, s, one, zero = angle.cos(), angle.sin(), torch.ones_like(angle), torch.zeros_like(angle)
    return torch.stack([c, -s, zero, s, c, zero, zero, zero, one], dim=-1).reshape(*angle.shape, 3, 3)


def _mirror_sides(rotations: Tensor) -> tuple[Tensor, Tensor]:
    """Return left and right rotations (..., n, 3, 3) from both sides computed as if left (..., 2, n, 3, 3)."""
    return rotations[..., 0, :, :, :], rotations[..., 1, :, :, :] * _MIRRORED


def upper_arm_in_chest(arm: Tensor) -> Tensor:
    """Return the left upper arm's rotation in the chest's frame (..., 3, 3) for ARM angles (..., 7) in radians.

    The elbow of a hanging arm bends forward. Raising the arm in any plane adds no twist; `inward` does.
    """
    elevation, plane, inward = arm[..., 0], arm[..., 1], arm[..., 2]
    return turn_y(-plane) @ turn_z(elevation - math.pi / 2) @ turn_x(inward - plane)


def forearm(arm: Tensor) -> Tensor:
    """Return the left forearm's rotation in the upper arm's frame (..., 3, 3) for ARM angles (..., 7), radians. It has
    half of the pronation."""
    return turn_y(-arm[..., 3]) @ turn_x(arm[..., 4] / 2)


def _collar(arm: Tensor) -> Tensor:
    """Return the collar bone's motion with a raised arm: up by a fifth of the elevation above 30 degrees, and
    forward."""
    lift = 0.2 * (arm[..., 0] - math.radians(30)).clamp(min=0)
    forward = 0.12 * arm[..., 1] * arm[..., 0].sin()
    return turn_y(-forward) @ turn_z(lift)


def _column(angles: Tensor) -> dict[str, Tensor]:
    """Return rotations of spine, neck and head, which share flexion, side bend and twist, for (..., 32)."""
    flex_side_twist = angles[..., 2:8].reshape(*angles.shape[:-1], 2, 3)
    vector = torch.stack([flex_side_twist[..., 0], flex_side_twist[..., 2], -flex_side_twist[..., 1]], dim=-1)
    shared = torch.stack([vector[..., part, :] * share for part, share in _MATRIX], dim=-2)
    turned = axis_angle_to_matrix(shared)  # (..., 3, 3, 3): each matrix once
    return {name: turned[..., _MATRIX[share], :, :] for name, share in _BENT.items()}


def local_rotations(angles: Tensor) -> Tensor:
    """Return local rotations (..., 22, 3, 3) for (..., 32) radians; Hips faces +Z, rotated by pitch and roll only."""
    leg = angles[..., LEGS].reshape(*angles.shape[:-1], 2, len(LEG))
    arm = angles[..., ARMS].reshape(*angles.shape[:-1], 2, len(ARM))
    collar = _collar(arm)
    sided = {
        "UpperLeg": turn_x(-leg[..., 0]) @ turn_z(leg[..., 1]) @ turn_y(leg[..., 2]),
        "LowerLeg": turn_x(leg[..., 3]),
        "Foot": turn_x(-leg[..., 4]),
        "Toes": torch.eye(3).expand(*leg.shape[:-1], 3, 3),
        "Shoulder": collar,
        "UpperArm": collar.mT @ upper_arm_in_chest(arm),
        "LowerArm": forearm(arm),
        "Hand": turn_x(arm[..., 4] / 2) @ turn_z(-arm[..., 5]) @ turn_y(-arm[..., 6]),
    }
    parts = {"Hips": turn_x(angles[..., 0]) @ turn_z(-angles[..., 1])} | _column(angles)
    both = _mirror_sides(torch.stack(list(sided.values()), dim=-3))
    for place, name in enumerate(sided):
        parts["Left" + name], parts["Right" + name] = both[0][..., place, :, :], both[1][..., place, :, :]
    return torch.stack([parts[name] for name in JOINT_NAMES], dim=-3)
