"""Recorded windows with other poses, proportions and cameras, and the detector's errors as recorded.

A network remembers rendered clips: on clips it was trained on, it erred half as much as on new ones. So a window's
truth is changed at random, and what the detector found moves along: the new truth plus the recorded error, in 2D and in
3D. What the detector did not see stays where it guessed it, relative to the body.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from models.keypoints import KEYPOINT
from models.kinematics import forward_kinematics, ratio_offsets
from models.rotations import axis_angle_to_matrix
from models.skeleton import JOINT, JOINT_NAMES, MIRROR_JOINTS, PARENTS
from models.synth.cameras import normalized_ratio
from models.synth.randomisation import RecordedChanges
from models.synth.turns import STRAIGHT, flexed, slow_turns
from models.training.exact_detection import HIPS, KEYPOINT_OF, NEAREST, ExactDetection, exact_detection
from models.training.recorded_errors import mean_error
from models.training.recorded_rows import RecordedRows

_SHOULDERS = [KEYPOINT["left_shoulder"], KEYPOINT["right_shoulder"]]
_SPINE = [JOINT[name] for name in ("Spine", "Chest", "UpperChest")]
_HEAD = [JOINT[name] for name in ("Neck", "Head")]
_SIDES = (("Left", 1.0), ("Right", -1.0))
_ARM = ("Shoulder", "UpperArm", "LowerArm", "Hand")
_EXCHANGED = (*([JOINT[side + name] for name in _ARM] for side, _ in _SIDES), _HEAD)
_BALLS = (
    ("spine_rad", _SPINE),
    ("head_rad", _HEAD),
    ("arm_rad", [JOINT[side + "UpperArm"] for side, _ in _SIDES]),
    ("leg_rad", [JOINT[side + "UpperLeg"] for side, _ in _SIDES]),
)
"""Fields of RecordedChanges with the ball joints that they turn."""
_HINGES = tuple(
    (name, JOINT[side + joint], torch.tensor(bone), torch.tensor(axis))
    for side, sign in _SIDES
    for name, joint, bone, axis in (
        ("elbow_rad", "LowerArm", (sign, 0.0, 0.0), (0.0, -sign, 0.0)),
        ("knee_rad", "LowerLeg", (0.0, -1.0, 0.0), (1.0, 0.0, 0.0)),
    )
)
"""Fields of RecordedChanges, joint, direction of the straight limb, axis that bends it."""
_SEEN = 0.4
"""Score from which on a point counts as seen."""
_CHANGED = ("rays", "evidence", "rotations", "joints", "up", "ratio")
_STRAIGHT, _BENT = math.acos(STRAIGHT), math.radians(150)


def reposed(w: RecordedRows, rng: torch.Generator, changes: RecordedChanges) -> RecordedRows:
    """Change a fraction of the windows (B, T); those with large errors (flips, other people) stay as recorded."""
    batch, before = len(w.rays), exact_detection(w, rng)
    on = torch.rand(batch, generator=rng) < changes.fraction
    on &= mean_error(w, before) < changes.largest_error
    size = changes.largest * torch.rand(batch, 1, 1, generator=rng)
    other = _moved(_posed(w, size, rng, changes), size, rng, changes)
    found = _detected(w, before, other, exact_detection(other, rng))
    pick = {
        name: torch.where(_like(on, getattr(found, name)), getattr(found, name), getattr(w, name)) for name in _CHANGED
    }
    return replace(w, **pick, contact_valid=w.contact_valid & ~on[:, None])


def _like(on: Tensor, values: Tensor) -> Tensor:
    return on.view(-1, *[1] * (values.ndim - 1))


def _posed(w: RecordedRows, size: Tensor, rng: torch.Generator, changes: RecordedChanges) -> RecordedRows:
    """Return the windows with other joint rotations and bone lengths; the joints move along."""
    batch, frames = w.rays.shape[:2]
    rotations = _exchanged(w.rotations, rng, changes)
    for name, joints in _BALLS:
        for joint in joints:
            turns = _slow(batch, frames, getattr(changes, name), rng) * size
            rotations[:, :, joint] = axis_angle_to_matrix(turns) @ rotations[:, :, joint]
    for name, joint, bone, axis in _HINGES:
        turns = _slow(batch, frames, getattr(changes, name), rng) * size
        rotations[:, :, joint] = _bent(rotations[:, :, joint], bone, axis, turns[..., 0])
    ratio = _other_ratio(w.ratio, size, rng, changes)
    return replace(w, rotations=rotations, ratio=ratio, joints=_rejoined(w, rotations, ratio))


def _slow(batch: int, frames: int, rad: float, rng: torch.Generator) -> Tensor:
    return slow_turns(batch, frames, rad, rad / 4, rng)


def _bent(rotation: Tensor, bone: Tensor, axis: Tensor, more: Tensor) -> Tensor:
    """Return an elbow's or a knee's rotation (B, T, 3, 3), bent by `more` (B, T) radians within its range."""
    now = torch.acos((rotation @ bone * bone).sum(-1).clamp(-STRAIGHT, STRAIGHT))
    everywhere = torch.ones(len(rotation), dtype=torch.bool)
    return flexed(rotation, bone, axis, (now + more).clamp(_STRAIGHT, _BENT), everywhere)


def _exchanged(rotations: Tensor, rng: torch.Generator, changes: RecordedChanges) -> Tensor:
    """Return local rotations (B, T, 22, 3, 3), some arms and heads taken from another window."""
    batch, mixed = len(rotations), rotations.clone()
    for joints in _EXCHANGED:
        other = torch.randperm(batch, generator=rng)
        on = torch.rand(batch, generator=rng) < changes.mixed
        where = torch.where(on, other, torch.arange(batch))
        mixed[:, :, joints] = rotations[where][:, :, joints]
    return mixed


def _other_ratio(ratio: Tensor, size: Tensor, rng: torch.Generator, changes: RecordedChanges) -> Tensor:
    """Return other bone ratios (B, T, 22), left equal to right; the bones of trunk and collar change as one each."""
    noise = torch.randn(len(ratio), len(JOINT_NAMES), generator=rng) * changes.bone
    noise = (noise + noise[:, list(MIRROR_JOINTS)]) / 2**0.5 * size[:, 0]
    noise[:, _SPINE] = noise[:, _SPINE[:1]]
    collar = [JOINT[side + name] for side, _ in _SIDES for name in ("Shoulder", "UpperArm")]
    noise[:, collar] = noise[:, collar[:1]]
    return normalized_ratio(ratio * torch.exp(noise)[:, None])


def _rejoined(w: RecordedRows, rotations: Tensor, ratio: Tensor) -> Tensor:
    """Return the joints (B, T, 22, 3) for other rotations and ratios; where the person's rig places a joint beside the
    skeleton's, the distance turns with the bone."""
    root = w.joints[:, :, 0]
    placed, turned = forward_kinematics(w.rotations, ratio_offsets(w.ratio), root)
    joints, now = forward_kinematics(rotations, ratio_offsets(ratio), root)
    parents = [max(parent, 0) for parent in PARENTS]
    turn = now[:, :, parents] @ turned[:, :, parents].mT
    moved: Tensor = joints + (turn @ (w.joints - placed)[..., None])[..., 0]
    return moved


def _moved(w: RecordedRows, size: Tensor, rng: torch.Generator, changes: RecordedChanges) -> RecordedRows:
    """Return the windows with the person turned about the vertical and tilted, nearer or farther on the same ray."""
    batch = len(w.rays)
    up = w.up[:, -1]
    yaw = torch.randn(batch, 1, generator=rng) * changes.yaw_rad * size[:, 0]
    tilt = torch.randn(batch, 3, generator=rng) * changes.tilt_rad * size[:, 0]
    turn = axis_angle_to_matrix(tilt) @ axis_angle_to_matrix(up * yaw)  # (B, 3, 3)
    root = w.joints[:, -1:, 0]  # (B, 1, 3)
    away = torch.exp(torch.randn(batch, 1, 1, generator=rng) * changes.distance * size)
    joints = (w.joints - root[:, :, None]) @ turn[:, None].mT + (root * away)[:, :, None]
    rotations = w.rotations.clone()
    rotations[:, :, 0] = turn[:, None] @ rotations[:, :, 0]
    return replace(w, joints=joints, rotations=rotations, up=(turn[:, None] @ w.up[..., None])[..., 0])


def _detected(w: RecordedRows, before: ExactDetection, other: RecordedRows, after: ExactDetection) -> RecordedRows:
    """Return `other` with the recorded errors of `w`: what had a score moves with the truth, the rest with the body."""
    sure = (w.scores / _SEEN).clamp(0, 1)[..., None]  # (B, T, 23, 1)
    error = (w.rays - before.rays) * before.depth[..., None]
    seen = after.rays + error / after.depth[..., None]
    root, new_root = w.joints[:, :, :1], other.joints[:, :, :1]
    depth, new_depth = root[..., 2:].clamp(min=NEAREST), new_root[..., 2:].clamp(min=NEAREST)
    aside = (w.rays - root[..., :2] / depth) * depth
    guessed = new_root[..., :2] / new_depth + aside / new_depth
    rays = torch.where((w.scores > 0)[..., None], sure * seen + (1 - sure) * guessed, w.rays)
    return replace(other, rays=rays, evidence=_landmarks(w, sure, after.landmarks - before.landmarks))


def _landmarks(w: RecordedRows, sure: Tensor, step: Tensor) -> Tensor:
    """Return the evidence (B, T, 27, 4) after the true landmarks moved by `step` (B, T, 27, 3). Where the detector
    guessed the hips, which are the origin, the shoulders stay where they were."""
    hips = sure[:, :, HIPS].mean(2, keepdim=True)
    step = step - (1 - hips) * step[:, :, _SHOULDERS].mean(2, keepdim=True)
    there = w.evidence[..., 3:]
    moved = w.evidence[..., :3] + sure[:, :, KEYPOINT_OF] * step
    return torch.cat([moved * there, there], dim=-1)
