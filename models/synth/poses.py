"""Pose variety from few clips: speed, mirroring, mixed halves and limbs, smooth random rotations within joint limits.

A fraction of the windows is procedural instead (models.synth.procedural).
"""

from __future__ import annotations

import math
from dataclasses import fields

import torch
from torch import Tensor

from models.mocap.library import CACHE_HZ, LibraryError, MotionLibrary
from models.rotations import axis_angle_to_matrix, quaternion_to_matrix
from models.skeleton import JOINT, JOINT_NAMES, MIRROR_JOINTS, NUM_JOINTS, UPPER
from models.synth.motion import MotionBatch
from models.synth.procedural import PoseMaker
from models.synth.randomisation import POSES, Poses
from models.synth.turns import flexed, flexion, slow_turns, swung

__all__ = ["PROCEDURAL_SHARE", "VARIED_SHARE", "MotionBatch", "MotionSampler"]

_ARM = ("Shoulder", "UpperArm", "LowerArm", "Hand")
_GROUP = [
    2
    if name.removeprefix("Left") in _ARM and name.startswith("Left")
    else 3
    if name.removeprefix("Right") in _ARM and name.startswith("Right")
    else 1
    if index in UPPER and name != "Hips"
    else 0
    for index, name in enumerate(JOINT_NAMES)
]  # 0 root and legs, 1 spine and head, 2 left arm, 3 right arm
VARIED_SHARE = POSES.varied
"""Fraction of the recorded windows with random rotations; the others are only mirrored and played at another speed."""
PROCEDURAL_SHARE = POSES.procedural
"""Fraction of all windows at variety 1 that is procedural (models.synth.procedural)."""
_SPINE = ("Spine", "Chest", "UpperChest", "Neck", "Head")


class MotionSampler:
    """Sampler of windows from the clips of a library.

    variety     0: the clips unchanged; 1: full variety, for training
    procedural  fraction of procedural windows at variety 1 (none at variety 0); None: that of `poses`
    varied      fraction of the recorded windows with random rotations; None: that of `poses`
    Raises LibraryError when there is no clip to draw from.
    """

    def __init__(
        self,
        library: MotionLibrary,
        clips: list[int],
        *,
        rate_hz: float,
        variety: float,
        procedural: float | None = None,
        varied: float | None = None,
        poses: Poses = POSES,
    ) -> None:
        if not clips:
            raise LibraryError(
                f"no clip to draw from among {len(library.names)}: in each folder the 3rd, 10th, ... clip is for"
                " validation and the others for training; pass a folder of three clips or more"
            )
        self._quaternions = torch.from_numpy(library.quaternions)
        self._root = torch.from_numpy(library.root)
        self._contacts = torch.from_numpy(library.contacts)
        self._start = torch.from_numpy(library.start)[clips]
        self._length = torch.from_numpy(library.length)[clips]
        self._contact_valid = torch.from_numpy(library.contact_valid)[clips]
        self._weight = self._length.double().sqrt()
        self._step = CACHE_HZ / rate_hz
        self.variety = variety
        self._poses = poses
        self._procedural = (poses.procedural if procedural is None else procedural) * variety
        self._varied = poses.varied if varied is None else varied
        self._made = PoseMaker(rate_hz, seated=poses.seated)
        self._group = torch.tensor(_GROUP)
        self._mirror = torch.tensor(MIRROR_JOINTS)

    def sample(self, batch: int, frames: int, rng: torch.Generator) -> MotionBatch:
        """Draw `batch` windows of `frames` frames."""
        if self._procedural == 0:
            return self._recorded(batch, frames, rng)
        made = torch.rand(batch, generator=rng) < self._procedural
        count = int(made.sum())
        sources = [(self._recorded, batch - count), (self._made.make, count)]
        drawn = [draw(windows, frames, rng) for draw, windows in sources if windows]
        return _in_order(drawn, torch.argsort(torch.argsort(made.byte(), stable=True)))

    def _recorded(self, batch: int, frames: int, rng: torch.Generator) -> MotionBatch:
        """Return windows of the clips."""
        clip = torch.multinomial(self._weight, batch * 4, replacement=True, generator=rng).view(batch, 4)
        varied = torch.rand(batch, 1, generator=rng) < self._varied
        mix = (torch.rand(batch, 4, generator=rng) < self._poses.mixed * self.variety) & varied
        mix[:, 0] = False
        clip = torch.where(mix, clip, clip[:, :1])
        speed = self._poses.speed ** ((torch.rand(batch, 1, generator=rng) * 2 - 1) * self.variety)
        at = self._rows(clip, mix, speed, frames, rng)  # (B, T, 4) row in the cache, fractional
        rotations = self._rotations(at)
        root, contacts = self._lerp(self._root, at[..., 0]), self._lerp(self._contacts, at[..., 0])
        motion = MotionBatch(rotations, root, contacts, self._contact_valid[clip[:, 0]])
        motion = _mirrored(motion, torch.rand(batch, generator=rng) < 0.5, self._mirror)
        return _varied(motion, self.variety * varied[:, 0], self._poses, rng) if self.variety > 0 else motion

    def _rows(self, clip: Tensor, mix: Tensor, speed: Tensor, frames: int, rng: torch.Generator) -> Tensor:
        """Return rows (B, T, 4) for clips (B, 4); a clip shorter than the window plays forwards and backwards."""
        length = (self._length[clip] - 1).clamp(min=1).float()
        begin = torch.rand(clip.shape, generator=rng)
        begin = torch.where(mix, begin, begin[:, :1])
        needed = speed * self._step * (frames - 1)
        offset = begin * (length - needed).clamp(min=0) + (needed > length) * begin * length
        steps = torch.arange(frames)[None, :, None] * (speed * self._step)[:, None]
        place = torch.remainder(offset[:, None] + steps, 2 * length[:, None])
        place = torch.where(place > length[:, None], 2 * length[:, None] - place, place)
        return self._start[clip][:, None].double() + place.double()

    def _lerp(self, values: Tensor, at: Tensor) -> Tensor:
        low = at.floor().long()
        share = (at - low).float()[..., None]
        return values[low] * (1 - share) + values[(low + 1).clamp(max=len(values) - 1)] * share

    def _rotations(self, at: Tensor) -> Tensor:
        """Return rotations (B, T, 22, 3, 3) for the rows of the four groups (B, T, 4)."""
        row = at[..., self._group]  # (B, T, 22)
        low = row.floor().long()
        share = (row - low).float()[..., None]
        joint = torch.arange(NUM_JOINTS)
        first = self._quaternions[low, joint]
        second = self._quaternions[(low + 1).clamp(max=len(self._quaternions) - 1), joint]
        return torch.as_tensor(quaternion_to_matrix(first * (1 - share) + second * share))


def _in_order(parts: list[MotionBatch], order: Tensor) -> MotionBatch:
    """Concatenate the parts; window b is then the order[b]-th of them."""
    joined = {f.name: torch.cat([getattr(part, f.name) for part in parts]) for f in fields(MotionBatch)}
    return MotionBatch(**{name: values[order] for name, values in joined.items()})


def _mirrored(motion: MotionBatch, flip: Tensor, mirror: Tensor) -> MotionBatch:
    """Exchange left and right where `flip`: x -> -x in the world."""
    signs = torch.tensor([-1.0, 1.0, 1.0])
    rotations = motion.rotations[:, :, mirror] * signs[:, None] * signs
    pick = flip[:, None, None]
    return MotionBatch(
        torch.where(pick[..., None, None], rotations, motion.rotations),
        torch.where(pick, motion.root * signs, motion.root),
        torch.where(pick, motion.contacts.flip(-1), motion.contacts),
        motion.contact_valid,
    )


def _varied(motion: MotionBatch, variety: Tensor, poses: Poses, rng: torch.Generator) -> MotionBatch:
    """Apply random rotations of limbs, spine and whole body with probability `variety` (B,). Rotated legs have no
    contacts."""
    rotations = motion.rotations.clone()
    batch, frames = rotations.shape[:2]

    def chance(p: float) -> Tensor:
        return torch.rand(batch, generator=rng) < p * variety

    for sign, side in ((1.0, "Left"), (-1.0, "Right")):
        _vary_arm(rotations, side, sign, chance(poses.arm), chance(poses.elbow), rng)
    legs = torch.zeros(batch, dtype=torch.bool)
    both = chance(poses.legs)
    for sign, side in ((1.0, "Left"), (-1.0, "Right")):
        on, bent = chance(poses.leg) | both, chance(poses.knee) | both
        legs |= on | bent
        _vary_leg(rotations, side, sign, on, bent, rng)
    for name, degrees in zip(_SPINE, (9, 9, 9, 12, 15), strict=True):
        turn = slow_turns(batch, frames, math.radians(degrees), math.radians(degrees / 3), rng)
        keep = chance(poses.spine)[:, None, None]
        joint = JOINT[name]
        rotations[:, :, joint] = rotations[:, :, joint] @ axis_angle_to_matrix(torch.where(keep, turn, 0 * turn))
    tilt, roll_over = chance(poses.tilt), chance(poses.roll_over)
    spread = tilt * math.radians(13) + roll_over * math.radians(60)
    turn = slow_turns(batch, frames, 1.0, 0.15, rng) * spread[:, None, None]
    rotations[:, :, 0] = axis_angle_to_matrix(turn) @ rotations[:, :, 0]
    valid = motion.contact_valid & ~legs & ~tilt & ~roll_over
    return MotionBatch(rotations, motion.root, motion.contacts, valid)


def _vary_arm(r: Tensor, side: str, sign: float, on: Tensor, bent: Tensor, rng: torch.Generator) -> None:
    """Move the upper arm within the shoulder's range, elbow 0..145 degrees, wrist a little; in place."""
    batch, frames = r.shape[:2]
    upper, lower, hand = (JOINT[side + name] for name in ("UpperArm", "LowerArm", "Hand"))
    bone = torch.tensor([sign, 0.0, 0.0])
    # chest frame, mirrored for the right: not far across the body, not far behind the back
    low, high = torch.tensor([-0.55, -1.1, -0.55]), torch.tensor([1.1, 1.1, 1.1])
    if sign < 0:
        low, high = torch.tensor([-1.1, -1.1, -0.55]), torch.tensor([0.55, 1.1, 1.1])
    turn = slow_turns(batch, frames, math.radians(55), math.radians(15), rng)
    r[:, :, upper] = swung(r[:, :, upper], bone, turn, low, high, on)
    axis = torch.tensor([0.0, -sign, 0.0])
    r[:, :, lower] = flexed(r[:, :, lower], bone, axis, flexion(batch, frames, 145, rng), bent)
    wrist = axis_angle_to_matrix(slow_turns(batch, frames, math.radians(20), math.radians(8), rng) * on[:, None, None])
    r[:, :, hand] = r[:, :, hand] @ wrist


def _vary_leg(r: Tensor, side: str, sign: float, on: Tensor, bent: Tensor, rng: torch.Generator) -> None:
    """Move the thigh within the hip's range (kicks, sitting, kneeling, splits), knee 0..145 degrees; in place."""
    batch, frames = r.shape[:2]
    upper, lower = JOINT[side + "UpperLeg"], JOINT[side + "LowerLeg"]
    bone = torch.tensor([0.0, -1.0, 0.0])
    low, high = torch.tensor([-0.35, -1.1, -0.5]), torch.tensor([0.8, 0.7, 1.1])
    if sign < 0:
        low, high = torch.tensor([-0.8, -1.1, -0.5]), torch.tensor([0.35, 0.7, 1.1])
    turn = slow_turns(batch, frames, math.radians(35), math.radians(10), rng)
    flex = torch.rand(batch, 1, generator=rng) * math.radians(80)
    turn = turn + torch.stack([-flex, 0 * flex, 0 * flex], dim=-1)
    r[:, :, upper] = swung(r[:, :, upper], bone, turn, low, high, on)
    axis = torch.tensor([1.0, 0.0, 0.0])
    r[:, :, lower] = flexed(r[:, :, lower], bone, axis, flexion(batch, frames, 145, rng), bent)
