"""Upper bodies in front of a webcam: close wide-angle cameras, and a detector's output for invisible limbs.

Parts of the body are outside the picture or behind a desk. BlazePose still places their points: plausible hanging or
sitting limbs, often too short, with scores near zero and matching 3D landmarks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from models.keypoints import EVIDENCE_NAMES, NUM_KEYPOINTS
from models.kinematics import STATURE
from models.skeleton import HEAD_TOP, JOINT
from models.synth.cameras import CameraBatch, look, uniform
from models.synth.randomisation import CutViews

_HEAD = (0.105 + HEAD_TOP) / STATURE  # top of the head above the Neck joint
_ASPECTS = torch.tensor([9 / 16, 9 / 16, 3 / 4, 16 / 9])  # height divided by width of pictures
_NEVER = -1e3  # a desk below everything
_POINT = {name: index for index, name in enumerate(EVIDENCE_NAMES)}
_CHEST, _HIPS = JOINT["UpperChest"], JOINT["Hips"]
_LIMBS = [
    (_POINT[f"{side}_{base}"], joint, [_POINT[f"{side}_{name}"] for name in names])
    for side in ("left", "right")
    for base, joint, names in (
        ("hip", _HIPS, ("knee", "ankle", "heel", "big_toe", "small_toe")),
        ("shoulder", _CHEST, ("elbow", "wrist", "pinky", "index")),
    )
]
_SHOULDERS = [_POINT["left_shoulder"], _POINT["right_shoulder"]]
_BOTH_HIPS = [_POINT["left_hip"], _POINT["right_hip"]]


@dataclass(frozen=True, slots=True)
class Sight:
    """Visible part of the scene in B windows. Units: body heights."""

    camera: CameraBatch
    desk: Tensor  # (B,) world height of the desk that hides everything below; far below the floor if there is none


def sample_sight(joints: Tensor, turned: Tensor, camera: CameraBatch, rng: torch.Generator, cut: CutViews) -> Sight:
    """Replace `cut.fraction` of the cameras by webcams in front of an upper body.

    joints, turned  (B, 22, 3), (B, 22, 3, 3) of one frame, world; people lying or on their hands are excluded.
    """
    batch = len(joints)
    upright = turned[:, _CHEST, 1, 1] > 0.6
    on = (torch.rand(batch, generator=rng) < cut.fraction) & upright
    level = _level(batch, rng, cut)
    webcam, desk = _webcam(joints, turned[:, _CHEST, :, 2], level, rng, cut)
    pick = {
        "R_cam_world": on[:, None, None],
        "position": on[:, None],
        "half_width": on,
        "half_height": on,
    }
    chosen = {name: torch.where(where, getattr(webcam, name), getattr(camera, name)) for name, where in pick.items()}
    return Sight(CameraBatch(**chosen), torch.where(on, desk, _NEVER))


def _level(batch: int, rng: torch.Generator, cut: CutViews) -> Tensor:
    """Return how far below the Neck joint the body is cut (B,)."""
    kind = torch.rand(batch, generator=rng)
    spans = [uniform(span, batch, rng) for span in (cut.shoulders, cut.chest, cut.waist)]
    low = torch.where(kind < 1 - cut.at_waist, spans[1], spans[2])
    return torch.where(kind < cut.at_shoulders, spans[0], low)


def _webcam(
    joints: Tensor, ahead: Tensor, level: Tensor, rng: torch.Generator, cut: CutViews
) -> tuple[CameraBatch, Tensor]:
    """Return cameras whose picture ends at `level`, or a desk that hides what is below it."""
    batch, neck = len(joints), joints[:, JOINT["Neck"]]
    by_desk = torch.rand(batch, generator=rng) < cut.by_desk
    more = torch.where(by_desk, uniform((1.0, 1.6), batch, rng), 1.0)
    seen = (_HEAD + level) * (1 + uniform(cut.headroom, batch, rng)) * more  # height of what the picture shows
    half_width = torch.tan(torch.deg2rad(uniform(cut.hfov_deg, batch, rng)) / 2)
    half_height = half_width * _ASPECTS[torch.randint(0, len(_ASPECTS), (batch,), generator=rng)]
    distance = (seen / 2 / half_height).clamp(*cut.distance)
    half_height = torch.minimum(half_height, seen / 2 / distance)
    facing = torch.atan2(ahead[:, 0], ahead[:, 2])
    frontal = torch.rand(batch, generator=rng) < cut.frontal
    near = torch.randn(batch, generator=rng) * torch.deg2rad(torch.tensor(cut.yaw_spread_deg))
    yaw = facing + torch.where(frontal, near, torch.rand(batch, generator=rng) * 2 * torch.pi)
    pitch = torch.deg2rad(uniform(cut.pitch_deg, batch, rng))
    roll = torch.deg2rad(torch.randn(batch, generator=rng) * cut.roll_spread_deg)
    R = look(yaw, pitch, roll)
    target = neck.clone()
    target[:, 1] += seen / 2 - level * more  # the picture's bottom is `level` below the neck, or a desk's front
    aside = torch.randn(batch, generator=rng)[:, None] * 0.12 * seen[:, None] * R[:, 0]
    position = target + aside - R[:, 2] * distance[:, None]
    desk = torch.where(by_desk, neck[:, 1] - level, _NEVER)
    return CameraBatch(R, position, half_width, half_height), desk


def beyond_sight(points: Tensor, world_height: Tensor, sight: Sight) -> Tensor:
    """Return how far points are out of sight (B, T, 27), body heights.

    points (B, T, 27, 3) camera frame; world_height (B, T, 27) their height in the world
    """
    half = torch.stack([sight.camera.half_width, sight.camera.half_height], -1)[:, None, None]
    z = points[..., 2:].clamp(min=0.05)
    past_edge = ((points[..., :2].abs() - half * z).clamp(min=0)).amax(-1)
    behind_camera = (0.05 - points[..., 2]).clamp(min=0)
    below = (sight.desk[:, None, None] - world_height).clamp(min=0)
    return torch.maximum(torch.maximum(past_edge, below), behind_camera)


def guessed_points(points: Tensor, turned: Tensor, beyond: Tensor, rng: torch.Generator, cut: CutViews) -> Tensor:
    """Return points as placed by a detector: invisible ones belong to limbs of a random person, short and nearly still.

    points  (B, T, 27, 3) camera frame; turned (B, T, 22, 3, 3) the joints' orientations in it; beyond (B, T, 27)
    """
    batch = len(points)
    weight = (beyond / cut.soft).clamp(0, 1)[..., None]  # (B, T, 27, 1)
    size = uniform(cut.guessed_size, batch, rng)[:, None, None, None]
    truth = uniform(cut.guessed_truth, batch, rng)[:, None, None, None]
    other = torch.randperm(batch, generator=rng)
    said = _guessed_hips(points, weight, rng)
    for base, joint, limb in _LIMBS:
        own = turned[:, :, joint]  # (B, T, 3, 3)
        local = (points[:, -1:, limb] - points[:, -1:, [base]]) @ own[:, -1:]  # R^T v as a row vector
        away = (local[other] @ own.mT) * size
        true = points[:, :, limb] - points[:, :, [base]]
        guess = said[:, :, [base]] + away + truth * (true - away)
        seen = points[:, :, limb]
        said[:, :, limb] = seen + weight[:, :, limb] * (guess - seen)
    return said


def _guessed_hips(points: Tensor, weight: Tensor, rng: torch.Generator) -> Tensor:
    """Return a copy of the points with invisible hips farther or nearer along the trunk and slightly aside."""
    batch, said = len(points), points.clone()
    shoulders = points[:, :, _SHOULDERS].mean(2, keepdim=True)
    middle = points[:, :, _BOTH_HIPS].mean(2, keepdim=True)
    along = (middle - shoulders) * (0.12 * torch.randn(batch, 1, 1, 1, generator=rng))
    aside = 0.02 * torch.randn(batch, 1, 1, 3, generator=rng)
    said[:, :, _BOTH_HIPS] += weight[:, :, _BOTH_HIPS] * (along + aside)
    return said


def guessed_scores(score: Tensor, beyond: Tensor, rng: torch.Generator, cut: CutViews) -> Tensor:
    """Return scores (B, T, 23), near zero for invisible points; some detectors keep scoring them."""
    batch = len(score)
    weight = (beyond[..., :NUM_KEYPOINTS] / (0.5 * cut.soft)).clamp(0, 1)
    exponent = uniform(cut.score_exponent, batch, rng)[:, None, None]
    near_zero = score * torch.pow(10.0, weight * exponent)
    scored = torch.rand(batch, generator=rng) < cut.scored
    return torch.where(scored[:, None, None], score * (1 - 0.6 * weight), near_zero)


def uncut(cut: CutViews) -> CutViews:
    """Return the settings without webcams: only whole bodies."""
    return replace(cut, fraction=0.0)
