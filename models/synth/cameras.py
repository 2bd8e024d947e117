"""Virtual people and cameras: proportions, yaw, pitch, roll, distance, field of view, framing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from models.kinematics import ratio_offsets
from models.skeleton import JOINT, JOINT_NAMES, MIRROR_JOINTS, NUM_JOINTS


@dataclass(frozen=True, slots=True)
class CameraBatch:
    """One still camera per window. Units: statures."""

    R_cam_world: Tensor  # (B, 3, 3)
    position: Tensor  # (B, 3) world
    half_width: Tensor  # (B,) tan of half the horizontal field of view
    half_height: Tensor  # (B,)


def sample_ratios(batch: int, rng: torch.Generator) -> Tensor:
    """(B, 22) bone ratios of adults and children: shared factors of legs, arms, trunk, width, and own spread."""
    log = torch.randn(batch, NUM_JOINTS, generator=rng) * 0.04
    log = (log + log[:, list(MIRROR_JOINTS)]) / 2 * 1.4
    shared = torch.randn(batch, 4, generator=rng) * torch.tensor([0.06, 0.06, 0.06, 0.10])
    for joint, name in enumerate(JOINT_NAMES):
        if name.endswith(("LowerLeg", "Foot", "Toes")):
            log[:, joint] += shared[:, 0]
        elif name.endswith(("LowerArm", "Hand")):
            log[:, joint] += shared[:, 1]
        elif name in ("Spine", "Chest", "UpperChest", "Neck", "Head"):
            log[:, joint] += shared[:, 2]
        elif name != "Hips":
            log[:, joint] += shared[:, 3]
    ratio = log.exp()
    ratio[:, JOINT["Hips"]] = 1.0
    return normalized_ratio(ratio)


def normalized_ratio(ratio: Tensor) -> Tensor:
    """(..., 22) -> the same proportions with the stature of s̄; [0] = 1."""
    offsets = ratio_offsets(ratio)
    unit = ratio_offsets(torch.ones(NUM_JOINTS, dtype=ratio.dtype))
    length = torch.linalg.norm(offsets, dim=-1)
    rest = torch.linalg.norm(unit, dim=-1)
    scaled = length / rest
    return torch.cat([torch.ones_like(scaled[..., :1]), scaled[..., 1:]], dim=-1)


def _mixture(batch: int, near: float, wide: tuple[float, float], share: float, rng: torch.Generator) -> Tensor:
    """(B,) degrees -> radians: normal with `near` spread, and a `share` drawn uniformly from `wide`."""
    normal = torch.randn(batch, generator=rng) * near
    uniform = torch.rand(batch, generator=rng) * (wide[1] - wide[0]) + wide[0]
    return torch.deg2rad(torch.where(torch.rand(batch, generator=rng) < share, uniform, normal))


def look(yaw: Tensor, pitch: Tensor, roll: Tensor) -> Tensor:
    """(B,) radians -> (B, 3, 3) R_cam_world, OpenCV axes. Yaw 0: the camera stands on +Z and looks along -Z."""
    forward = torch.stack([-yaw.sin() * pitch.cos(), -pitch.sin(), -yaw.cos() * pitch.cos()], dim=-1)
    right = torch.stack([yaw.cos(), torch.zeros_like(yaw), -yaw.sin()], dim=-1)
    down = torch.linalg.cross(forward, right)
    c, s = roll.cos()[:, None], roll.sin()[:, None]
    return torch.stack([c * right + s * down, c * down - s * right, forward], dim=-2)


def sample_cameras(target: Tensor, rng: torch.Generator) -> CameraBatch:
    """(B, 3) where the person is -> cameras that look there, sometimes so that part of the person is outside."""
    batch = len(target)
    yaw = torch.rand(batch, generator=rng) * 2 * math.pi
    pitch = _mixture(batch, 10.0, (-25.0, 48.0), 0.6, rng)
    roll = _mixture(batch, 3.0, (-35.0, 35.0), 0.35, rng)
    R = look(yaw, pitch, roll)
    half_width = torch.tan(torch.deg2rad(35 + 55 * torch.rand(batch, generator=rng)) / 2)
    shape = torch.tensor([3 / 4, 9 / 16, 4 / 3, 3 / 4])[torch.randint(0, 4, (batch,), generator=rng)]
    half_height = half_width * shape
    fits = 0.62 / torch.minimum(half_width, half_height)  # distance at which a standing person fills the picture
    far = fits * (1 + torch.rand(batch, generator=rng) ** 2 * 2.5)
    close = fits * (0.45 + 0.55 * torch.rand(batch, generator=rng))
    distance = torch.where(torch.rand(batch, generator=rng) < 0.75, far, close).clamp(0.7, 4.7)
    slack = (distance / fits - 0.9).clamp(min=0.1)  # statures that the person may be off centre
    off = (torch.rand(batch, 2, generator=rng) * 2 - 1) * slack[:, None] * 0.5
    offset = off[:, :1] * R[:, 0] + off[:, 1:] * R[:, 1]
    position = target + offset - R[:, 2] * distance[:, None]
    return CameraBatch(R, position, half_width, half_height)
