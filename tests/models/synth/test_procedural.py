"""Motion made from nothing: human joints, on the floor, balanced, feet that stay, every class what its name says."""

from __future__ import annotations

import math

import pytest
import torch

from models.kinematics import forward_kinematics
from models.mocap.contacts import CONTACT_SPEED
from models.skeleton import FEET, JOINT, NUM_JOINTS, TOES
from models.synth.arm_table import ARMS
from models.synth.body_table import BODIES
from models.synth.motion import MotionBatch
from models.synth.procedural import PoseMaker, _inside_the_body
from models.synth.support import MASS, OFFSETS, RADIUS

FRAMES = 32
RATE_HZ = 30.0


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def made(*names: str, windows: int = 32, frames: int = FRAMES, seed: int = 0) -> MotionBatch:
    return PoseMaker(RATE_HZ, names).make(windows, frames, rng(seed))


def joints_of(motion: MotionBatch) -> torch.Tensor:
    return forward_kinematics(motion.rotations, OFFSETS, motion.root)[0]


def bend(motion: MotionBatch, name: str, bone: list[float]) -> torch.Tensor:
    """(B, T) degrees between a bone and its parent's."""
    direction = torch.tensor(bone)
    turned = motion.rotations[:, :, JOINT[name]] @ direction
    return torch.rad2deg(torch.acos((turned * direction).sum(-1).clamp(-1, 1)))


@pytest.fixture(scope="module")
def many() -> MotionBatch:
    return made(windows=500)


def test_the_same_seed_gives_the_same_windows_and_another_seed_others():
    a, b, c = (made(windows=8, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(a.rotations, b.rotations)
    assert torch.equal(a.root, b.root)
    assert not torch.allclose(a.rotations, c.rotations)


def test_draws_do_not_depend_on_what_was_drawn_before():
    after = []
    for seed in (1, 2):
        generator = rng(seed)
        made_with = PoseMaker(RATE_HZ)
        made_with.make(16, FRAMES, generator)
        after.append(generator.get_state())
        fresh = rng(seed)
        made_with.make(16, 2 * FRAMES, fresh)
        assert torch.equal(fresh.get_state(), after[-1])  # nor on the number of frames


def test_everything_made_is_a_rotation_finite_and_valid(many):
    assert many.rotations.shape == (500, FRAMES, NUM_JOINTS, 3, 3)
    assert many.root.shape == (500, FRAMES, 3)
    assert many.contacts.shape == (500, FRAMES, 2)
    assert many.contact_valid.all()
    assert torch.isfinite(many.root).all()
    assert (many.rotations.mT @ many.rotations - torch.eye(3)).abs().max() < 1e-4
    assert (torch.linalg.det(many.rotations) - 1).abs().max() < 1e-4
    assert set(many.contacts.unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize("name", sorted(BODIES))
def test_nobody_sinks_into_the_floor_or_floats_above_it(name):
    joints = joints_of(made(name))
    low = (joints[..., 1] - RADIUS).amin(-1)
    assert low.min() > -1e-4
    assert low.max() < 0.06


@pytest.mark.parametrize("side", ["Left", "Right"])
def test_knees_and_elbows_are_hinges_within_150_degrees(many, side):
    sign = 1.0 if side == "Left" else -1.0
    shin = many.rotations[:, :, JOINT[side + "LowerLeg"]] @ torch.tensor([0.0, -1.0, 0.0])
    assert shin[..., 0].abs().max() < 1e-4  # about X only
    assert shin[..., 2].max() < math.sin(math.radians(4))  # unrest of 3 degrees past straight at most
    forearm = many.rotations[:, :, JOINT[side + "LowerArm"]] @ torch.tensor([sign, 0.0, 0.0])
    assert forearm[..., 1].abs().max() < 1e-4
    assert forearm[..., 2].min() > -math.sin(math.radians(4))
    assert bend(many, side + "LowerLeg", [0.0, -1.0, 0.0]).max() < 153
    assert bend(many, side + "LowerArm", [sign, 0.0, 0.0]).max() < 150


def test_whole_bodies_face_everywhere(many):
    ahead = many.rotations[:, 0, 0, :, 2]
    upright = ahead[:, 1].abs() < 0.7
    yaw = torch.atan2(ahead[upright, 0], ahead[upright, 2])
    counts = torch.histc(yaw, bins=8, min=-math.pi, max=math.pi)
    assert counts.min() > 0.7 * counts.mean()


def test_nothing_jumps(many):
    joints = joints_of(many)
    step = joints.diff(dim=1).norm(dim=-1) * RATE_HZ  # statures per second
    assert step.max() < 6
    assert step.flatten().quantile(0.5) < 0.2  # most of the time people hold a pose
    assert (step.amax((1, 2)) > 0.5).float().mean() > 0.15  # and many move


@pytest.mark.parametrize("name", ["stand", "relaxed", "bow", "lunge", "wide", "warrior2", "squat", "lean_side"])
def test_both_feet_of_who_stands_on_them_stay_flat_where_they_are(name):
    motion = made(name)
    joints = joints_of(motion)
    assert motion.contacts.mean() > 0.9
    feet = joints[:, :, list(FEET)]
    slid = (feet - feet.mean(1, keepdim=True)).norm(dim=-1)
    assert slid.quantile(0.95) < 0.01
    assert (joints[:, :, list(TOES), 1] - RADIUS[TOES[0]]).quantile(0.8) < 0.02


@pytest.mark.parametrize("name", ["arabesque", "tree", "front", "side", "half_moon", "dancer"])
def test_who_stands_on_one_leg_is_balanced_above_a_foot_that_stays(name):
    motion = made(name)
    joints = joints_of(motion)
    low = joints[:, :, list(FEET), 1]
    foot = low.mean(1).argmin(-1)
    assert 0.3 < foot.float().mean() < 0.7  # left and right alike
    window = torch.arange(len(foot))
    place = joints[window, :, torch.tensor(FEET)[foot]]
    assert motion.contacts[window, :, foot].mean() > 0.9
    assert (place - place.mean(1, keepdim=True)).norm(dim=-1).max() < 0.02
    off = (MASS @ joints - place)[..., [0, 2]].norm(dim=-1)
    assert off.quantile(0.9) < 0.08  # statures: within the length of a foot
    other = low[window, :, 1 - foot].mean(1)
    assert place[..., 1].max() < 0.052  # flat: the ankle is 0.0505 above the sole
    assert other.min() > 0.08


def test_raised_legs_go_forward_sideways_backward():
    for name, axis, sign in (("front", 2, 1), ("arabesque", 2, -1), ("side", 0, 0)):
        motion = made(name, windows=128)
        joints = joints_of(motion)[:, -1]
        feet = joints[:, list(FEET)]
        raised = feet[..., 1].argmax(-1)
        window = torch.arange(len(raised))
        thigh = joints[window, torch.tensor([JOINT["LeftLowerLeg"], JOINT["RightLowerLeg"]])[raised]] - joints[:, 0]
        own = (motion.rotations[:, -1, 0].mT @ thigh[..., None])[..., 0] / thigh.norm(dim=-1, keepdim=True)
        if sign:
            assert ((own[:, axis] * sign) > -0.3).float().mean() > 0.95, name
        else:
            assert own[:, 0].abs().median() > 0.5, name


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("stand", 0.48, 0.56),
        ("chair", 0.18, 0.36),
        ("cross_legged", 0.05, 0.18),
        ("supine", 0.04, 0.14),
        ("prone", 0.04, 0.16),
        ("squat", 0.1, 0.37),
        ("kneel", 0.22, 0.34),
        ("handstand", 0.6, 0.95),
    ],
)
def test_hips_are_as_high_as_the_class_says(name, low, high):
    height = made(name).root[..., 1]
    assert low < height.quantile(0.03)
    assert height.quantile(0.97) < high


def test_who_lies_is_flat_and_who_stands_on_hands_has_the_feet_on_top():
    for name in ("supine", "prone", "on_side"):
        joints = joints_of(made(name))
        assert (joints[:, :, JOINT["Neck"], 1] - joints[:, :, 0, 1]).abs().quantile(0.9) < 0.12, name
    joints = joints_of(made("handstand"))
    assert (joints[:, :, list(FEET), 1].amin(-1) > joints[:, :, JOINT["Head"], 1]).all()
    up = {name: made(name).rotations[:, :, 0, 1, 2].median() for name in ("supine", "prone")}
    assert up["supine"] > 0.9  # the face looks up
    assert up["prone"] < -0.9


def test_seated_people_keep_the_height_of_their_pelvis():
    root = made("chair", "crossed", "lean_chair").root
    steady = (root[..., 1].amax(1) - root[..., 1].amin(1)) < 1e-4
    assert steady.float().mean() > 0.9


def test_arms_mostly_stay_out_of_the_trunk(many):
    chest = JOINT["UpperChest"]
    joints, turned = forward_kinematics(many.rotations, OFFSETS, many.root)
    hands = joints[:, :, [JOINT["LeftHand"], JOINT["RightHand"], JOINT["LeftLowerArm"], JOINT["RightLowerArm"]]]
    own = (turned[:, :, chest].mT[:, :, None] @ (hands - joints[:, :, chest, None])[..., None])[..., 0]
    inside = (own[..., [0, 2]] / torch.tensor([0.08, 0.05])).norm(dim=-1) < 1
    inside &= (own[..., 1] < 0.1) & (own[..., 1] > -0.2)
    assert inside.float().mean() < 0.005


def test_of_the_arms_drawn_those_that_stay_outside_the_body_are_taken():
    kinds = torch.arange(len(BODIES)).repeat(20)[:, None].expand(-1, 2)
    depth = _inside_the_body(PoseMaker(RATE_HZ)._arms(kinds, rng()).reshape(-1, 2, 2, 7))
    assert depth.mean() < 0.001  # 0.024 when the worst one is taken


def test_the_measure_of_arms_inside_the_body_tells_inside_from_outside():
    hanging = torch.deg2rad(torch.tensor([15.0, 0, 0, 10, 0, 0, 0]))
    through = torch.deg2rad(torch.tensor([20.0, 0, 90, 100, 0, 0, 0]))
    assert _inside_the_body(hanging) == 0
    assert _inside_the_body(through) > 0.3


def test_every_class_and_every_arm_occurs():
    named = {arm for body in BODIES.values() for arm in body.arms.split()}
    assert named == set(ARMS)
    assert {into for body in BODIES.values() for into in body.into.split()} <= set(BODIES)
    assert all(body.share > 0 for body in BODIES.values())


def test_ranges_go_upwards_and_stay_within_human_limits():
    for name, body in BODIES.items():
        for leg in (body.left, body.right or body.left):
            assert 0 <= leg.knee[0] < leg.knee[1] <= 150, name
            assert leg.thigh[0] < leg.thigh[1] <= 140, name
    for name, arm in ARMS.items():
        assert 0 <= arm.elbow[0] < arm.elbow[1] <= 150, name
        assert 0 <= arm.elevation[0] < arm.elevation[1] <= 180, name
        assert arm.plane[0] < arm.plane[1] <= 130, name


def test_a_single_frame_is_a_pose_too():
    motion = made(frames=1)
    assert motion.rotations.shape[1] == 1
    assert torch.isfinite(motion.rotations).all()
    assert motion.contacts.mean() > 0.5


def test_contacts_are_slow_and_near_the_floor(many):
    joints = joints_of(many)
    for side in (0, 1):
        speed = torch.stack(
            [torch.gradient(joints[:, :, j], dim=1)[0].norm(dim=-1) * RATE_HZ for j in (FEET[side], TOES[side])]
        ).amin(0)
        touching = many.contacts[..., side] > 0
        assert speed[touching].max() < CONTACT_SPEED + 1e-3
        assert joints[:, :, TOES[side], 1][touching].max() < 0.2
        assert (~touching).float().mean() > 0.05


def test_a_class_that_is_not_there_is_refused_with_the_names_of_the_others():
    with pytest.raises(ValueError, match=r"no pose class flying.*arabesque"):
        PoseMaker(RATE_HZ, ("flying",))
