"""Heads that turn, tilt and nod on their own."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from models.skeleton import JOINT, NUM_JOINTS
from models.synth.heads import heads_turned
from models.synth.motion import MotionBatch
from models.synth.randomisation import POSES

BATCH, FRAMES = 600, 24
NECK, HEAD = JOINT["Neck"], JOINT["Head"]


def still() -> MotionBatch:
    rotations = torch.eye(3).repeat(BATCH, FRAMES, NUM_JOINTS, 1, 1)
    return MotionBatch(
        rotations, torch.zeros(BATCH, FRAMES, 3), torch.zeros(BATCH, FRAMES, 2), torch.ones(BATCH, dtype=torch.bool)
    )


def turned(fraction: float = 1.0) -> torch.Tensor:
    """(B, T, 3, 3) the head against the chest."""
    poses = replace(POSES, head=fraction)
    motion = heads_turned(still(), 1.0, poses, torch.Generator().manual_seed(0))
    return motion.rotations[:, :, NECK] @ motion.rotations[:, :, HEAD]


def test_heads_turn_tilt_and_nod_as_far_as_asked_and_no_farther():
    head = turned()
    ahead, across = head[..., 2], head[..., 0]
    turn = torch.rad2deg(torch.atan2(ahead[..., 0], ahead[..., 2])).abs()
    tilt = torch.rad2deg(torch.asin(across[..., 1].clamp(-1, 1))).abs()
    nod = torch.rad2deg(torch.asin(-ahead[..., 1].clamp(-1, 1))).abs()
    assert 55 < turn.max() < 75
    assert 28 < tilt.max() < 50
    assert 28 < nod.max() < 50
    for angle in (turn, tilt, nod):
        assert angle.median() > 4


def test_only_neck_and_head_move_and_only_in_the_fraction_asked_for():
    motion = heads_turned(still(), 1.0, replace(POSES, head=0.5), torch.Generator().manual_seed(0))
    others = [joint for joint in range(NUM_JOINTS) if joint not in (NECK, HEAD)]
    assert torch.equal(motion.rotations[:, :, others], still().rotations[:, :, others])
    moved = (motion.rotations[:, :, HEAD] - torch.eye(3)).abs().amax((1, 2, 3)) > 1e-5
    assert 0.4 < moved.float().mean() < 0.6


def test_heads_move_smoothly_and_some_hold_still():
    head = turned()
    step = (head[:, 1:].mT @ head[:, :-1]).diagonal(dim1=-2, dim2=-1).sum(-1)
    degrees = torch.rad2deg(torch.acos(((step - 1) / 2).clamp(-1, 1))).amax(1)
    assert degrees.max() < 25
    assert 0.2 < (degrees < 0.1).float().mean() < 0.6


def test_without_variety_recorded_heads_stay():
    motion = heads_turned(still(), 0.0, POSES, torch.Generator().manual_seed(0))
    assert torch.allclose(motion.rotations, still().rotations, atol=1e-6)


def test_both_sides_are_as_likely():
    ahead = turned()[:, 0, :, 2]
    side = torch.atan2(ahead[:, 0], ahead[:, 2])
    assert abs((side > 0).float().mean() - 0.5) < 0.08
    assert math.degrees(side.abs().max()) > 45
