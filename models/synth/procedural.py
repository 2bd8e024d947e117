"""Procedural motion: people who stand on one leg, sit, kneel, lie, reach or cross their limbs.

Each window moves between two poses of a class (or of two neighbouring classes), limb by limb at different times, with
slight sway. All randomness comes from the generator passed; the number of draws depends only on the number of
windows.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from models.skeleton import JOINT_NAMES, MIRROR_JOINTS
from models.synth.arm_table import ARM, ARMS, Arm
from models.synth.body import LEG, TRUNK, Body, Leg
from models.synth.body_table import BODIES
from models.synth.joint_angles import LEGS, SIZE, forearm, local_rotations, turn_y, upper_arm_in_chest
from models.synth.motion import MotionBatch
from models.synth.support import Support, floor_contacts, stand_up

_TRIES = 4
"""Number of arm poses drawn per pose; the one that penetrates trunk and head least is used."""
_PARTS = torch.tensor([0, 0, 1, 1, 1, 2, 2, 2] + [0] * 2 * len(LEG) + [3] * len(ARM) + [4] * len(ARM))
"""Group of each angle (32,): pelvis and legs, spine, head, left arm, right arm."""
_OPPOSITE = torch.tensor([1.0, -1, 1, -1, -1, 1, -1, -1] + [1.0] * (SIZE - LEGS.start))
_SWAPPED = [*range(8), *range(13, 18), *range(8, 13), *range(25, 32), *range(18, 25)]
"""Signs and indices (32,) of the mirrored angles."""


def _leg_ranges(leg: Leg) -> list[tuple[float, float]]:
    return [getattr(leg, name) for name in LEG]


def _arm_ranges(arm: Arm) -> list[tuple[float, float]]:
    return [getattr(arm, name) for name in ARM]


def _weights(names: str) -> Tensor:
    """Return equal weights (22,) of the named joints on both sides, summing to 1; zeros without a name."""
    wanted = names.split()
    weight = torch.tensor([float(n.removeprefix("Left").removeprefix("Right") in wanted) for n in JOINT_NAMES])
    return weight / weight.sum().clamp(min=1)


def _bearing(body: Body) -> Tensor:
    """Return the weight-bearing joints (22,); if feet bear the weight, only planted ones."""
    weight = _weights(body.rest)
    right = body.right or body.left
    for side, leg in (("Left", body.left), ("Right", right)):
        if not leg.planted and "Foot" in body.rest.split() and (body.left.planted or right.planted):
            weight[JOINT_NAMES.index(side + "Foot")] = 0.0
        if leg.planted:
            weight[JOINT_NAMES.index(side + "LowerLeg")] = 0.0
    return weight / weight.sum()


class PoseMaker:
    """Maker of procedural windows from the tables.

    only    names of classes, for pictures and tests; none: all
    seated  factor on the weight of the seated classes
    """

    def __init__(self, rate_hz: float, only: tuple[str, ...] = (), *, seated: float = 1.0) -> None:
        unknown = sorted(set(only) - set(BODIES))
        if unknown:
            raise ValueError(f"no pose class {', '.join(unknown)}: choose from {', '.join(BODIES)}")
        names, bodies = list(BODIES), list(BODIES.values())
        rights = [body.right or body.left for body in bodies]
        ranges = torch.tensor(
            [
                [getattr(body, name) for name in TRUNK] + _leg_ranges(body.left) + _leg_ranges(right)
                for body, right in zip(bodies, rights, strict=True)
            ]
        )  # (C, 18, 2)
        self._low, self._span = torch.deg2rad(ranges[..., 0]), torch.deg2rad(ranges[..., 1] - ranges[..., 0])
        self._world = torch.tensor([[body.left.world, r.world] for body, r in zip(bodies, rights, strict=True)])
        self._planted = torch.tensor([[body.left.planted, r.planted] for body, r in zip(bodies, rights, strict=True)])
        self._bearing = torch.stack([_bearing(body) for body in bodies])
        self._level = torch.stack([torch.stack([_weights(n) for n in body.level or ("", "")]) for body in bodies])
        self._alike = torch.tensor([body.alike for body in bodies])
        self._balanced = torch.tensor([body.balanced for body in bodies])
        self._chair = torch.tensor([body.chair for body in bodies])
        share = torch.tensor([body.share * (seated if body.chair else 1.0) for body in bodies])
        self._share = share * torch.tensor([not only or name in only for name in names])
        self._next = torch.eye(len(names))
        for row, body in enumerate(bodies):
            ways = [names.index(name) for name in body.into.split() if not only or name in only]
            self._next[row, ways] = 0.3 / max(len(ways), 1)
        arms = torch.deg2rad(torch.tensor([_arm_ranges(arm) for arm in ARMS.values()]))  # (A, 7, 2)
        self._arm_low, self._arm_span = arms[..., 0], arms[..., 1] - arms[..., 0]
        self._pair = torch.tensor([arm.pair for arm in ARMS.values()])
        self._arm_share = torch.tensor([[float(body.arms.split().count(name)) for name in ARMS] for body in bodies])
        self._rate_hz = rate_hz

    def make(self, batch: int, frames: int, rng: torch.Generator) -> MotionBatch:
        """Return `batch` windows of `frames` frames, all with valid foot contacts."""
        first = torch.multinomial(self._share, batch, replacement=True, generator=rng)
        second = torch.multinomial(self._next[first], 1, generator=rng)[:, 0]
        kind = torch.stack([first, second], dim=1)  # (B, 2)
        ends = torch.cat([self._trunk_and_legs(kind, rng), self._arms(kind, rng)], dim=-1)  # (B, 2, 32)
        angles = self._between(ends, kind, frames, rng)
        support = self._support(kind, rng)
        angles, support = _mirrored(angles, support, torch.rand(batch, generator=rng) < 0.5)
        rotations, root, joints = stand_up(local_rotations(angles), support)
        facing = turn_y(torch.rand(batch, 1, generator=rng) * 2 * math.pi)
        rotations[:, :, 0] = facing @ rotations[:, :, 0]
        root = (facing @ root[..., None])[..., 0]
        contacts = floor_contacts(joints, self._rate_hz)
        return MotionBatch(rotations, root, contacts, torch.ones(batch, dtype=torch.bool))

    def _trunk_and_legs(self, kind: Tensor, rng: torch.Generator) -> Tensor:
        """Return angles (B, 2, 18) in radians for classes (B, 2)."""
        u = torch.rand(*kind.shape, LEGS.stop, generator=rng)
        alike = self._alike[kind][..., None]
        left, right = u[..., 8:13], u[..., 13:18]
        u[..., 13:18] = alike * left + (1 - alike) * right
        angles = self._low[kind] + u * self._span[kind]
        angles[..., [8, 13]] += angles[..., :1] * self._world[kind]
        angles[..., [9, 14]] += angles[..., 1:2] * self._world[kind] * torch.tensor([1.0, -1.0])
        angles[..., [8, 13]] = angles[..., [8, 13]].clamp(math.radians(-35), math.radians(130))
        angles[..., [9, 14]] = angles[..., [9, 14]].clamp(math.radians(-25), math.radians(62))
        return angles

    def _arms(self, kind: Tensor, rng: torch.Generator) -> Tensor:
        """Return (B, 2, 14) radians for classes (B, 2); the best of several tries is used."""
        batch = len(kind)
        drawn = torch.multinomial(self._arm_share[kind].flatten(0, 1), 2, replacement=True, generator=rng)
        drawn = drawn.view(batch, 2, 2)
        left, right = drawn[..., 0], drawn[..., 1]
        same = (torch.rand(batch, 2, generator=rng) < 0.5) | self._pair[left] | self._pair[right]
        family = torch.stack([left, torch.where(same, left, right)], dim=-1)  # (B, 2 poses, 2 sides)
        stays = (torch.rand(batch, generator=rng) < 0.35) & (kind[:, 0] == kind[:, 1])
        family[:, 1] = torch.where(stays[:, None], family[:, 0], family[:, 1])
        u = torch.rand(_TRIES, batch, 2, 2, len(ARM), generator=rng)
        u[..., 1, :] = torch.where(same[..., None], 0.6 * u[..., 0, :] + 0.4 * u[..., 1, :], u[..., 1, :])
        arms = self._arm_low[family] + u * self._arm_span[family]  # (tries, B, 2, 2, 7)
        best = _inside_the_body(arms).argmin(0)  # (B, 2, 2)
        return arms.gather(0, best[None, ..., None].expand(1, -1, -1, -1, len(ARM)))[0].flatten(-2)

    def _between(self, ends: Tensor, kind: Tensor, frames: int, rng: torch.Generator) -> Tensor:
        """Return angles (B, T, 32) between two poses (B, 2, 32): held, moved once, or back and forth; each part at its
        own time."""
        batch, parts = len(ends), 5
        time_s = torch.arange(frames)[None, :, None] / self._rate_hz
        u = torch.rand(6, batch, 1, parts, generator=rng)
        lasts = 0.3 + 1.1 * u[0] + 0.7 * (kind[:, 0] != kind[:, 1]).float()[:, None, None]
        begin = u[1] * frames / self._rate_hz - 0.5 * lasts
        once = ((time_s - begin) / lasts).clamp(0, 1)
        once = once**3 * (10 - 15 * once + 6 * once**2)
        rate_hz = torch.tensor([0.15, 0.2, 0.2, 0.3, 0.3]) + u[2] * torch.tensor([0.8, 0.9, 0.9, 1.5, 1.5])
        fro = 0.5 - 0.5 * torch.cos(2 * math.pi * (rate_hz * time_s + u[1]))
        fro = u[3] + (0.15 + 0.7 * u[5]) * (fro - u[3])
        held = u[3] + 0.12 * (fro - u[3])
        weight = torch.where(u[4] < 0.3, held, torch.where(u[4] < 0.65, once, fro))[..., _PARTS]
        wave = torch.rand(3, batch, 1, SIZE, generator=rng)
        unrest = torch.sin(2 * math.pi * ((0.15 + wave[0]) * time_s + wave[1])) * wave[2] ** 2 * math.radians(3)
        return ends[:, :1] + weight * (ends[:, 1:] - ends[:, :1]) + unrest

    def _support(self, kind: Tensor, rng: torch.Generator) -> Support:
        first, second = kind[:, 0], kind[:, 1]
        u, depth = torch.rand(2, len(kind), generator=rng)
        chair = self._chair[first] & self._chair[second]
        standing = self._planted[first] & self._planted[second]
        settled = first == second
        return Support(
            bearing=torch.where(settled[:, None], self._bearing[first], _feet_first(standing, self._bearing[first])),
            planted=standing,
            balance=(0.7 + 0.3 * u) * (self._balanced[first] & self._balanced[second]),
            depth=torch.where(chair, 1.0, depth),
            chair=chair,
            level=self._level[first] * settled[:, None, None],
        )


def _feet_first(planted: Tensor, bearing: Tensor) -> Tensor:
    """Return the weight-bearing joints (B, 22) between two classes: planted feet if any, else `bearing`."""
    feet = torch.zeros_like(bearing)
    feet[:, [JOINT_NAMES.index("LeftFoot"), JOINT_NAMES.index("RightFoot")]] = planted.float()
    count = feet.sum(-1, keepdim=True)
    return torch.where(count > 0, feet / count.clamp(min=1), bearing)


def _inside_the_body(arms: Tensor) -> Tensor:
    """Return how far elbow, forearm and hand of arms (..., 7) penetrate trunk and head (...), in the chest's frame."""
    along = torch.tensor([[1.0], [0.0], [0.0]])
    upper = upper_arm_in_chest(arms)
    elbow = torch.tensor([0.101, 0.09, -0.008]) + 0.16 * (upper @ along)[..., 0]
    fore = (upper @ forearm(arms) @ along)[..., 0]
    points = torch.stack([elbow, elbow + 0.07 * fore, elbow + 0.146 * fore, elbow + 0.2 * fore], dim=-2)
    trunk = points / torch.tensor([0.095, 1.0, 0.065])  # an elliptic column from the hips to the shoulders
    inside = (1 - trunk[..., [0, 2]].norm(dim=-1)).clamp(min=0)
    inside = inside * ((points[..., 1] < 0.1) & (points[..., 1] > -0.26))
    head = (1 - (points - torch.tensor([0.0, 0.21, 0.02])).norm(dim=-1) / 0.075).clamp(min=0)
    depth: Tensor = (inside + head).sum(-1)
    return depth


def _mirrored(angles: Tensor, support: Support, flip: Tensor) -> tuple[Tensor, Support]:
    """Exchange left and right where `flip`."""
    other = angles[..., _SWAPPED] * _OPPOSITE
    mirror = list(MIRROR_JOINTS)
    return torch.where(flip[:, None, None], other, angles), replace(
        support,
        bearing=torch.where(flip[:, None], support.bearing[:, mirror], support.bearing),
        planted=torch.where(flip[:, None], support.planted.flip(-1), support.planted),
    )
