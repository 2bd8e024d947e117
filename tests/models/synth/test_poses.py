"""The sampler of motion: the same seed gives the same windows, joints stay human, mirrors keep left and right."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from models.kinematics import forward_kinematics, ratio_offsets
from models.mocap.library import CACHE_HZ, LibraryError
from models.rotations import axis_angle_to_matrix, geodesic_angle
from models.skeleton import JOINT, MIRROR_JOINTS, NUM_JOINTS
from models.synth.poses import (
    PROCEDURAL_SHARE,
    MotionBatch,
    MotionSampler,
    _in_order,
    _mirrored,
    _vary_arm,
    _vary_leg,
)

FRAMES = 16
FIELDS = ("rotations", "root", "contacts", "contact_valid")
EYE = torch.eye(3).expand(64, FRAMES, NUM_JOINTS, 3, 3)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def sampler(
    library, variety: float = 1.0, clips: list[int] | None = None, rate_hz: float = 30.0, procedural: float = 0.0
) -> MotionSampler:
    chosen = library.clips(validation=False).tolist() if clips is None else clips
    return MotionSampler(library, chosen, rate_hz=rate_hz, variety=variety, procedural=procedural)


def joints_of(motion: MotionBatch) -> torch.Tensor:
    offsets = ratio_offsets(torch.ones(NUM_JOINTS))
    return forward_kinematics(motion.rotations, offsets, motion.root)[0]


def test_the_same_seed_gives_the_same_motion_and_another_seed_another(library):
    a, b, c = (sampler(library).sample(8, FRAMES, rng(seed)) for seed in (1, 1, 2))
    for name in ("rotations", "root", "contacts", "contact_valid"):
        assert torch.equal(getattr(a, name), getattr(b, name))
    assert not torch.allclose(a.rotations, c.rotations)


def test_everything_drawn_is_a_rotation_and_finite(library):
    motion = sampler(library).sample(64, FRAMES, rng())
    assert motion.rotations.shape == (64, FRAMES, NUM_JOINTS, 3, 3)
    assert motion.root.shape == (64, FRAMES, 3)
    assert torch.isfinite(motion.root).all()
    identity = motion.rotations.mT @ motion.rotations
    assert (identity - torch.eye(3)).abs().max() < 1e-4
    assert (torch.linalg.det(motion.rotations) - 1).abs().max() < 1e-4
    assert ((motion.contacts >= 0) & (motion.contacts <= 1)).all()


def test_without_variety_windows_are_pieces_of_the_clips_at_the_right_rate(library):
    motion = sampler(library, variety=0.0, clips=[0]).sample(32, FRAMES, rng())
    clip = library.root[: library.length[0]]
    speed = 0.1 / 30.0  # the clips walk along x at 0.1 statures per second
    steps = motion.root[:, 1:, 0] - motion.root[:, :-1, 0]
    assert (steps.abs() - speed).abs().max() < 1e-5
    assert motion.root[..., 0].abs().max() <= np.abs(clip[:, 0]).max() + 1e-5


def test_clips_are_never_mixed_at_their_ends(library):
    for clip in (0, 3, 8):
        motion = sampler(library, variety=0.0, clips=[clip]).sample(64, FRAMES, rng(clip))
        begin = int(library.start[clip])
        own = library.root[begin : begin + int(library.length[clip])]
        assert motion.root[..., 2].min() >= own[:, 2].min() - 1e-5
        assert motion.root[..., 2].max() <= own[:, 2].max() + 1e-5
        step = (motion.root[:, 1:] - motion.root[:, :-1]).norm(dim=-1)
        assert step.max() < 0.02


def test_a_clip_shorter_than_the_window_goes_back_and_forth_without_a_jump(library):
    short = type(library)(
        **{name: getattr(library, name) for name in library.__dataclass_fields__} | {"length": np.full(10, 9)}
    )
    motion = sampler(short, variety=1.0, clips=[1]).sample(16, 64, rng())
    assert (motion.root[:, 1:] - motion.root[:, :-1]).norm(dim=-1).max() < 0.02


def test_half_of_the_windows_are_mirrored(library):
    root = sampler(library, variety=0.0, clips=[0]).sample(400, 2, rng()).root
    mirrored = (root[:, 0, 0] < 0).float().mean()  # the clips walk at x > 0
    assert 0.4 < mirrored < 0.6


def test_a_mirrored_motion_is_the_mirror_image_of_the_body_with_left_and_right_exchanged(library):
    motion = sampler(library, variety=0.0).sample(6, FRAMES, rng())
    everywhere = torch.ones(6, dtype=torch.bool)
    flipped = _mirrored(motion, everywhere, torch.tensor(MIRROR_JOINTS))
    expected = joints_of(motion)[:, :, list(MIRROR_JOINTS)] * torch.tensor([-1.0, 1, 1])
    assert (joints_of(flipped) - expected).abs().max() < 1e-5
    assert torch.equal(flipped.contacts, motion.contacts.flip(-1))
    untouched = _mirrored(motion, ~everywhere, torch.tensor(MIRROR_JOINTS))
    assert torch.equal(untouched.rotations, motion.rotations)


@pytest.mark.parametrize(("side", "sign"), [("Left", 1.0), ("Right", -1.0)])
def test_bent_elbows_bend_forwards_and_up_to_145_degrees(side, sign):
    r, on = EYE.clone(), torch.ones(64, dtype=torch.bool)
    _vary_arm(r, side, sign, ~on, on, rng())
    forearm = r[:, :, JOINT[side + "LowerArm"]] @ torch.tensor([sign, 0.0, 0.0])  # in the upper arm's frame
    assert forearm[..., 2].min() > -math.sin(math.radians(3))  # palms down: the elbow bends towards +Z
    assert forearm[..., 1].abs().max() < 1e-5
    bent = torch.rad2deg(torch.acos((forearm[..., 0] * sign).clamp(-1, 1)))
    assert bent.max() <= 146
    assert bent.max() > 100  # and they really bend
    other = "Right" if side == "Left" else "Left"
    assert torch.equal(r[:, :, JOINT[other + "LowerArm"]], EYE[:, :, 0])


@pytest.mark.parametrize("clip_deg", [0.0, 60.0, 130.0, -4.0])
def test_an_elbow_of_the_clip_is_bent_to_the_drawn_angle_and_never_backwards(clip_deg):
    r, on = EYE.clone(), torch.ones(64, dtype=torch.bool)
    joint = JOINT["LeftLowerArm"]
    r[:, :, joint] = axis_angle_to_matrix(torch.tensor([0.0, -math.radians(clip_deg), 0.0]))
    _vary_arm(r, "Left", 1.0, ~on, on, rng())
    assert (r[:, :, joint] @ torch.tensor([1.0, 0.0, 0.0]))[..., 2].min() > -math.sin(math.radians(9))


@pytest.mark.parametrize(("side", "sign"), [("Left", 1.0), ("Right", -1.0)])
def test_bent_knees_bend_backwards(side, sign):
    r, on = EYE.clone(), torch.ones(64, dtype=torch.bool)
    _vary_leg(r, side, sign, ~on, on, rng())
    shin = r[:, :, JOINT[side + "LowerLeg"]] @ torch.tensor([0.0, -1.0, 0.0])
    assert shin[..., 2].max() < math.sin(math.radians(3))
    assert shin[..., 2].min() < -0.9
    assert shin[..., 0].abs().max() < 1e-5


@pytest.mark.parametrize(("side", "sign"), [("Left", 1.0), ("Right", -1.0)])
def test_turned_thighs_and_upper_arms_stay_in_reach_and_mirror_each_other(side, sign):
    r, on = EYE.clone(), torch.ones(64, dtype=torch.bool)
    _vary_leg(r, side, sign, on, ~on, rng())
    _vary_arm(r, side, sign, on, ~on, rng(1))
    thigh = r[:, :, JOINT[side + "UpperLeg"]] @ torch.tensor([0.0, -1.0, 0.0])
    assert (thigh[..., 0] * sign).min() > -0.36  # not far across the other leg
    assert (thigh[..., 0] * sign).max() < 0.81
    assert thigh[..., 2].min() > -0.51
    assert thigh[..., 1].max() < 0.71
    arm = r[:, :, JOINT[side + "UpperArm"]] @ torch.tensor([sign, 0.0, 0.0])
    assert (arm[..., 0] * sign).min() > -0.56
    assert arm[..., 2].min() > -0.56
    for name in ("UpperLeg", "UpperArm"):
        moved = geodesic_angle(r[:, :, JOINT[side + name]], EYE[:, :, 0])
        assert (moved[:, 0] > 0.1).float().mean() > 0.3


def test_variety_changes_poses_and_takes_contact_labels_back_where_legs_moved(library):
    plain, varied = (sampler(library, variety=v).sample(256, 4, rng()) for v in (0.0, 1.0))
    assert plain.contact_valid.all()
    assert 0.1 < varied.contact_valid.float().mean() < 0.8
    spread = [motion.rotations[:, 0, JOINT["Neck"]].std(0).sum().item() for motion in (plain, varied)]
    assert spread[0] < 1e-5
    assert spread[1] > 0.1


def test_speed_varies_between_two_thirds_and_three_halves(library):
    motion = sampler(library, variety=1.0, clips=[0]).sample(256, FRAMES, rng())
    step = (motion.root[:, 1:, 0] - motion.root[:, :-1, 0]).abs().max(1).values * 30 / 0.1
    assert 0.66 < step.min() < 0.75
    assert 1.35 < step.max() < 1.51


def test_the_sampler_draws_at_the_models_rate(library):
    steps = [
        sampler(library, 0.0, [0], rate_hz).sample(8, FRAMES, rng()).root[:, :, 0].diff(dim=1).abs().max().item()
        for rate_hz in (30.0, CACHE_HZ)
    ]
    assert steps[0] == pytest.approx(2 * steps[1], rel=1e-3)


def test_a_sampler_without_clips_is_refused(library):
    with pytest.raises(LibraryError, match="no clip"):
        sampler(library, clips=[])


def test_a_quarter_of_the_windows_is_made_from_nothing_and_mixed_among_the_others(library):
    motion = sampler(library, clips=[0], procedural=PROCEDURAL_SHARE).sample(400, FRAMES, rng())
    # the clip's hips hang at the same height in every frame
    made = (motion.root[..., 1] - library.root[0, 1]).abs().amax(1) > 1e-4
    assert made.float().mean() == pytest.approx(PROCEDURAL_SHARE, abs=0.07)
    assert made[:100].any()
    assert made[300:].any()
    assert (~made[:100]).any()


def test_windows_are_in_the_order_in_which_their_source_was_drawn(library):
    everything = sampler(library, procedural=1.0).sample(16, FRAMES, rng())
    assert everything.rotations.shape == (16, FRAMES, NUM_JOINTS, 3, 3)
    assert everything.contact_valid.all()
    nothing = sampler(library, variety=0.0, procedural=1.0).sample(16, FRAMES, rng(3))
    plain = sampler(library, variety=0.0, procedural=0.0).sample(16, FRAMES, rng(3))
    assert torch.equal(nothing.rotations, plain.rotations)  # validation stays the recorded clips
    assert torch.equal(nothing.root, plain.root)


def test_parts_are_put_in_the_order_asked_for(library):
    drawn = sampler(library).sample(6, 2, rng())
    first, second = (MotionBatch(*(getattr(drawn, f)[part] for f in FIELDS)) for part in (slice(4), slice(4, 6)))
    ordered = _in_order([first, second], torch.tensor([4, 0, 1, 5, 2, 3]))
    assert torch.equal(ordered.root, drawn.root[[4, 0, 1, 5, 2, 3]])
    assert torch.equal(ordered.contact_valid, drawn.contact_valid[[4, 0, 1, 5, 2, 3]])
