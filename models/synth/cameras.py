"""Virtual people and cameras: proportions, yaw, pitch, roll, distance, field of view, framing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from models.kinematics import STATURE, ratio_offsets
from models.skeleton import JOINT, JOINT_NAMES, MIRROR_JOINTS, NUM_JOINTS, REST_OFFSETS, SOLE
from models.synth.randomisation import CAMERAS, PEOPLE, Cameras, People, Range

_HIPS_ABOVE_SEAT = 0.05  # hip joints above the seat of an upright sitter, body heights
_COLUMN = ("Spine", "Chest", "UpperChest", "Neck", "Head")


@dataclass(frozen=True, slots=True)
class CameraBatch:
    """One still camera per window. Units: body heights."""

    R_cam_world: Tensor  # (B, 3, 3)
    position: Tensor  # (B, 3) world
    half_width: Tensor  # (B,) tan of half the horizontal field of view
    half_height: Tensor  # (B,)


def sample_ratios(batch: int, rng: torch.Generator, people: People = PEOPLE) -> Tensor:
    """Return bone ratios (B, 22) of people: adults, long-legged tall ones, children
    (models.synth.randomisation.People).

    Upper arm, forearm, shoulder width, trunk, thigh and shank each vary separately. Left equals right.
    """
    child, tall, even = torch.rand(3, batch, generator=rng)
    normal = torch.randn(11, batch, generator=rng)
    own = torch.randn(batch, NUM_JOINTS, generator=rng) * people.any_bone
    young = child < people.children
    adult = torch.where(tall < people.long_legged, people.sitting_height_long_legged, people.sitting_height)
    low, high = people.child_sitting_height
    sitting = torch.where(young, low + (high - low) * even, adult + people.sitting_height_spread * normal[0])
    legs, trunk, head = _split_at_seat(sitting, young, people.child_head_share)
    arms = torch.where(young, people.child_arms, 1.0) * torch.exp(people.arms * normal[1])
    part = {
        "UpperLeg": torch.exp(people.hip_width * normal[2]),
        "LowerLeg": legs * torch.exp(people.thigh * normal[3]),
        "Foot": legs * torch.exp(people.shank * normal[4]),
        "Toes": torch.where(young, people.child_feet, 1.0) * torch.exp(people.foot * normal[5]),
        "Shoulder": torch.exp(people.shoulder_width * normal[6]),
        "UpperArm": torch.exp(people.shoulder_width * normal[6]),
        "LowerArm": arms * torch.exp(people.upper_arm * normal[7]),
        "Hand": arms * torch.exp(people.forearm * normal[8]),
        "Head": head * torch.exp(people.head * normal[9]),
    }
    plain = [name.removeprefix("Left").removeprefix("Right") for name in JOINT_NAMES]
    ratio = torch.stack([part.get(name, trunk) for name in plain], dim=-1)
    ratio = ratio * torch.exp((own + own[:, list(MIRROR_JOINTS)]) / 2**0.5)
    ratio[:, JOINT["Hips"]] = 1.0
    return normalized_ratio(ratio)


def _split_at_seat(sitting: Tensor, young: Tensor, child_head_share: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return factors (B,) of s̄'s legs, of trunk and neck, of the Head bone, for sitting height over body height (B,).

    The additional length of a child's upper body is mostly head.
    """
    hips, *bones = (float(REST_OFFSETS[JOINT[name], 1]) / STATURE for name in ("Hips", *_COLUMN))
    sole, above, head = SOLE / STATURE, sum(bones), bones[-1]
    joint = 1 + _HIPS_ABOVE_SEAT - sitting  # height of the hip joints relative to body height
    more = hips - joint  # additional length compared with s̄'s upper body, body heights
    share = torch.where(young, child_head_share, head / above)
    return (joint - sole) / (hips - sole), 1 + more * (1 - share) / (above - head), 1 + more * share / head


def normalized_ratio(ratio: Tensor) -> Tensor:
    """Return the same proportions (..., 22) with the height of s̄; [0] = 1."""
    offsets = ratio_offsets(ratio)
    unit = ratio_offsets(torch.ones(NUM_JOINTS, dtype=ratio.dtype))
    length = torch.linalg.norm(offsets, dim=-1)
    rest = torch.linalg.norm(unit, dim=-1)
    scaled = length / rest
    return torch.cat([torch.ones_like(scaled[..., :1]), scaled[..., 1:]], dim=-1)


def _mixture(batch: int, near: float, wide: tuple[float, float], fraction: float, rng: torch.Generator) -> Tensor:
    """Return radians (B,): normal with spread `near`, and a `fraction` uniformly from `wide`, degrees."""
    normal = torch.randn(batch, generator=rng) * near
    uniform = torch.rand(batch, generator=rng) * (wide[1] - wide[0]) + wide[0]
    return torch.deg2rad(torch.where(torch.rand(batch, generator=rng) < fraction, uniform, normal))


def look(yaw: Tensor, pitch: Tensor, roll: Tensor) -> Tensor:
    """Return R_cam_world (B, 3, 3), OpenCV axes, for angles (B,). Yaw 0: the camera is on +Z and looks along -Z."""
    forward = torch.stack([-yaw.sin() * pitch.cos(), -pitch.sin(), -yaw.cos() * pitch.cos()], dim=-1)
    right = torch.stack([yaw.cos(), torch.zeros_like(yaw), -yaw.sin()], dim=-1)
    down = torch.linalg.cross(forward, right)
    c, s = roll.cos()[:, None], roll.sin()[:, None]
    return torch.stack([c * right + s * down, c * down - s * right, forward], dim=-2)


def uniform(span: Range, batch: int, rng: torch.Generator) -> Tensor:
    """Return (B,) drawn uniformly from a range."""
    return span[0] + (span[1] - span[0]) * torch.rand(batch, generator=rng)


_SHAPES = torch.tensor([3 / 4, 9 / 16, 4 / 3, 3 / 4])  # height divided by width of pictures


def sample_cameras(target: Tensor, rng: torch.Generator, cameras: Cameras = CAMERAS) -> CameraBatch:
    """Return cameras aimed at the person (B, 3), sometimes with part of the person outside."""
    c, batch = cameras, len(target)
    yaw = torch.rand(batch, generator=rng) * 2 * math.pi
    pitch = _mixture(batch, c.pitch_near_deg, c.pitch_wide_deg, c.pitch_wide, rng)
    roll = _mixture(batch, c.roll_near_deg, c.roll_wide_deg, c.roll_wide, rng)
    R = look(yaw, pitch, roll)
    half_width = torch.tan(torch.deg2rad(uniform(c.hfov_deg, batch, rng)) / 2)
    half_height = half_width * _SHAPES[torch.randint(0, len(_SHAPES), (batch,), generator=rng)]
    fits = c.fit / torch.minimum(half_width, half_height)  # distance at which a standing person fills the picture
    far = fits * (1 + torch.rand(batch, generator=rng) ** 2 * (c.farthest - 1))
    close = fits * uniform((c.nearest, 1.0), batch, rng)
    distance = torch.where(torch.rand(batch, generator=rng) < c.far, far, close).clamp(*c.distance)
    slack = (distance / fits - 0.9).clamp(min=0.1)  # body heights that the person may be off centre
    off = (torch.rand(batch, 2, generator=rng) * 2 - 1) * slack[:, None] * 0.5
    offset = off[:, :1] * R[:, 0] + off[:, 1:] * R[:, 1]
    position = target + offset - R[:, 2] * distance[:, None]
    return CameraBatch(R, position, half_width, half_height)
