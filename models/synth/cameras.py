"""Virtual people and cameras: proportions, yaw, pitch, roll, distance, field of view, framing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from models.kinematics import STATURE, ratio_offsets
from models.skeleton import JOINT, JOINT_NAMES, MIRROR_JOINTS, NUM_JOINTS, REST_OFFSETS, SOLE

CHILDREN = 0.12
"""Share of the people drawn."""
_LONG_LEGGED = 0.09  # share of the adults
_HIPS_ABOVE_SEAT = 0.05  # hip joints above the seat of an upright sitter, statures
_COLUMN = ("Spine", "Chest", "UpperChest", "Neck", "Head")


@dataclass(frozen=True, slots=True)
class CameraBatch:
    """One still camera per window. Units: statures."""

    R_cam_world: Tensor  # (B, 3, 3)
    position: Tensor  # (B, 3) world
    half_width: Tensor  # (B,) tan of half the horizontal field of view
    half_height: Tensor  # (B,)


def sample_ratios(batch: int, rng: torch.Generator) -> Tensor:
    """(B, 22) bone ratios of people: about 80 % adults, 8 % long-legged tall ones, 12 % children of some 3 to 9 years.

    What is drawn are proportions to stature: sitting height 0.50 .. 0.55 for adults (5th to 95th percentile; the means
    of men and women are 0.52 to 0.53 in the U.S. Army's survey ANSUR II) and 0.535 .. 0.595 for children, whose legs
    are short, arms shorter, heads larger; span, widths of shoulders and hips, thigh to shin, upper arm to forearm.
    On top each bone has a spread of its own: rigs and people differ in where a joint is taken to be.
    """
    child, tall, even = torch.rand(3, batch, generator=rng)
    normal = torch.randn(8, batch, generator=rng)
    own = torch.randn(batch, NUM_JOINTS, generator=rng) * 0.03
    young = child < CHILDREN
    adult = torch.where(tall < _LONG_LEGGED, 0.509, 0.5235) + 0.0145 * normal[0]
    legs, trunk, head = _split_at_seat(torch.where(young, 0.535 + 0.06 * even, adult), young)
    arms = torch.where(young, 0.955, 1.0) * torch.exp(0.035 * normal[1])
    crural, brachial = torch.exp(0.022 * normal[2]), torch.exp(0.025 * normal[3])
    part = {
        "UpperLeg": torch.exp(0.09 * normal[4]),
        "LowerLeg": legs * crural,
        "Foot": legs / crural,
        "Toes": torch.where(young, 1.04, 1.0) * torch.exp(0.045 * normal[5]),
        "Shoulder": torch.exp(0.06 * normal[6]),
        "UpperArm": torch.exp(0.06 * normal[6]),
        "LowerArm": arms * brachial,
        "Hand": arms / brachial,
        "Head": head * torch.exp(0.05 * normal[7]),
    }
    plain = [name.removeprefix("Left").removeprefix("Right") for name in JOINT_NAMES]
    ratio = torch.stack([part.get(name, trunk) for name in plain], dim=-1)
    ratio = ratio * torch.exp((own + own[:, list(MIRROR_JOINTS)]) / 2 * 1.4)
    ratio[:, JOINT["Hips"]] = 1.0
    return normalized_ratio(ratio)


def _split_at_seat(sitting: Tensor, young: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(B,) sitting height over stature, (B,) bool -> (B,) factors of s̄'s legs, of trunk and neck, of the Head bone.

    What a child's upper body has more than an adult's is in good part head.
    """
    hips, *bones = (float(REST_OFFSETS[JOINT[name], 1]) / STATURE for name in ("Hips", *_COLUMN))
    sole, above, head = SOLE / STATURE, sum(bones), bones[-1]
    joint = 1 + _HIPS_ABOVE_SEAT - sitting  # height of the hip joints over stature
    more = hips - joint  # than s̄'s upper body, in statures
    share = torch.where(young, 0.27, head / above)
    return (joint - sole) / (hips - sole), 1 + more * (1 - share) / (above - head), 1 + more * share / head


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
