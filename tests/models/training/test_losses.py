"""Losses: nothing to learn from the truth itself, more the farther away, and only what is labelled counts."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import pytest
import torch

from models.kinematics import forward_kinematics, ratio_offsets
from models.parts import PART, PART_NAMES
from models.rotations import axis_angle_to_matrix, matrix_to_rotation_6d, rotation_6d_to_matrix
from models.skeleton import JOINT
from models.synth.poses import MotionSampler
from models.synth.windows import WindowBatch, WindowMaker
from models.training.losses import (
    LossWeights,
    alignment_loss,
    frame_weights,
    motion_losses,
    part_errors,
    ratio_loss,
    total,
    truth_motion,
)
from models.view import gravity_up
from models.vtm.tpmae import Motion
from models.vtm.vtm import Lifted

FRAMES = 16
CPU = torch.device("cpu")
EVEN = torch.ones(FRAMES)


@pytest.fixture(scope="module")
def batch(library) -> WindowBatch:
    sampler = MotionSampler(library, library.clips(validation=False).tolist(), rate_hz=30.0, variety=0.5)
    windows, _ = WindowMaker(sampler, frames=FRAMES).make(12, torch.Generator().manual_seed(0))
    return replace(windows, seen=torch.ones(12, dtype=torch.bool))


def losses(
    batch: WindowBatch, guess: Motion, ratio: torch.Tensor | None = None, spread: torch.Tensor | None = None
) -> dict[str, float]:
    truth = truth_motion(batch, 30.0)
    ratio = batch.bone_ratio if ratio is None else ratio
    terms = motion_losses(guess, truth, batch.joints, ratio, batch, EVEN, spread)
    return {name: float(term) for name, term in terms.items()}


def with_change(motion: Motion, **changes: torch.Tensor) -> Motion:
    return Motion(**{field.name: getattr(motion, field.name) for field in fields(Motion)} | changes)


def test_the_truths_gravity_is_the_up_of_the_batch(batch):
    up = gravity_up(truth_motion(batch, 30.0).gravity)
    assert (up - batch.up[:, None]).abs().max() < 1e-5


def test_the_truths_velocity_is_the_change_of_depth_per_second(batch):
    truth = truth_motion(batch, 30.0)
    change = (batch.root_depth[:, 5] - batch.root_depth[:, 4]) * 30
    assert torch.allclose(truth.depth_velocity[:, 5], change)
    assert torch.equal(truth.depth_velocity[:, 0], truth.depth_velocity[:, 1])


def test_the_truths_contacts_are_sure(batch):
    contacts = truth_motion(batch, 30.0).contacts.sigmoid()
    labels = batch.contacts.round()
    sure = (batch.contacts - 0.5).abs() > 0.45
    assert (contacts - labels)[sure].abs().max() < 0.03


def test_the_truth_costs_next_to_nothing(batch):
    found = losses(batch, truth_motion(batch, 30.0))
    assert found["rotation"] < 2e-3  # the root of the smallest square that is told apart
    assert found["root_rotation"] < 2e-3
    for name in ("position", "velocity", "root", "gravity"):
        assert found[name] < 1e-4, name
    assert found["contact"] < 0.5


@pytest.mark.parametrize(
    ("field", "amount", "term"),
    [
        ("depth", 0.1, "root"),
        ("place", 0.1, "root"),
        ("depth_velocity", 1.0, "root"),
        ("gravity", 0.1, "gravity"),
        ("contacts", -9.0, "contact"),
    ],
)
def test_an_error_costs_in_its_own_term_and_in_no_other(batch, field, amount, term):
    truth = truth_motion(batch, 30.0)
    right = losses(batch, truth)
    wrong = losses(batch, with_change(truth, **{field: getattr(truth, field) + amount}))
    assert wrong[term] > right[term] + 0.01
    for name in right:
        if name != term:
            assert wrong[name] == pytest.approx(right[name], abs=1e-6), name


def test_a_wrong_elbow_costs_rotation_and_position_and_wrong_hips_the_roots(batch):
    truth = truth_motion(batch, 30.0)
    right = losses(batch, truth)
    for joint, term, other in ((JOINT["LeftLowerArm"], "rotation", "root_rotation"), (0, "root_rotation", "rotation")):
        rotations = truth.rotations_6d.clone()
        rotations[:, :, joint] = torch.tensor([0.0, 1.0, 0.0, 0.0, 0.0, 1.0])
        wrong = losses(batch, with_change(truth, rotations_6d=rotations))
        assert wrong[term] > right[term] + 0.01
        assert wrong["position"] > right["position"] + 0.005
        assert wrong[other] == pytest.approx(right[other])


def test_trembling_costs_velocity(batch):
    truth = truth_motion(batch, 30.0)
    rotations = truth.rotations_6d + 0.05 * torch.randn(
        truth.rotations_6d.shape, generator=torch.Generator().manual_seed(0)
    )
    steady = truth.rotations_6d + 0.05
    assert (
        losses(batch, with_change(truth, rotations_6d=rotations))["velocity"]
        > 3 * losses(batch, with_change(truth, rotations_6d=steady))["velocity"]
    )


def test_wrong_proportions_cost_position_and_ratio(batch):
    wrong = batch.bone_ratio.clone()
    wrong[:, [JOINT["LeftHand"], JOINT["RightHand"]]] *= 1.5
    assert losses(batch, truth_motion(batch, 30.0), wrong)["position"] > 1e-3
    seen = torch.ones(len(wrong))
    assert ratio_loss(batch.bone_ratio.log(), batch.bone_ratio, seen) == 0
    assert ratio_loss(wrong.log(), batch.bone_ratio, seen) == pytest.approx(
        2 / 21 * 0.405465 * 21 * 2 / 31, rel=1e-3
    )  # 10 bones count twice


def test_a_turned_head_costs_the_head_even_where_no_joint_moves(batch):
    truth = truth_motion(batch, 30.0)
    rotations = truth.rotations_6d.clone()
    turn = axis_angle_to_matrix(torch.tensor([0.0, 0.6, 0.0]))
    head = rotation_6d_to_matrix(rotations[:, :, JOINT["Head"]]) @ turn
    rotations[:, :, JOINT["Head"]] = matrix_to_rotation_6d(head)
    right, wrong = losses(batch, truth), losses(batch, with_change(truth, rotations_6d=rotations))
    assert wrong["head"] == pytest.approx(0.1 * 2 / 3 * 2 * math.sin(0.3), rel=0.02)  # two of three axes move
    assert wrong["position"] == pytest.approx(right["position"], abs=1e-6)


def test_the_declared_error_that_costs_least_is_the_error(batch):
    truth = truth_motion(batch, 30.0)
    rotations = truth.rotations_6d.clone()
    rotations[:, :, JOINT["LeftLowerArm"]] = torch.tensor([0.0, 1.0, 0.0, 0.0, 0.0, 1.0])
    guess = with_change(truth, rotations_6d=rotations)
    shape = (12, FRAMES, len(PART_NAMES))
    costs = {}
    for declared in (0.01, 0.03, 0.05, 0.07, 0.1, 0.2, 0.4):
        spread = torch.full(shape, -7.0)  # all others are right and say so
        spread[..., PART["left_arm"]] = math.log(declared)
        costs[declared] = losses(batch, guess, spread=spread)["spread"]
    placed, _ = forward_kinematics(
        rotation_6d_to_matrix(rotations), ratio_offsets(batch.bone_ratio)[:, None], torch.zeros(12, FRAMES, 3)
    )
    error = part_errors(placed, batch.joints, torch.zeros(12, FRAMES))[..., PART["left_arm"]].mean()
    best = min(costs, key=lambda declared: costs[declared])
    assert best / 1.6 < error < best * 1.6
    assert "spread" not in losses(batch, guess)


def test_windows_without_a_person_teach_nothing(batch):
    half = torch.arange(12) < 6
    truth = truth_motion(batch, 30.0)
    depth = truth.depth + 5.0 * (~half)[:, None]
    unseen = replace(batch, seen=half)
    assert losses(unseen, with_change(truth, depth=depth))["root"] < 1e-4
    ratio = torch.where(half[:, None], batch.bone_ratio, 2 * batch.bone_ratio)
    assert ratio_loss(ratio.log(), batch.bone_ratio, half.float()) == 0
    nobody = replace(batch, seen=torch.zeros(12, dtype=torch.bool))
    assert all(value == 0 for value in losses(nobody, with_change(truth, depth=depth)).values())


def test_feet_without_labels_teach_no_contacts(batch):
    unlabelled = replace(batch, contact_valid=torch.zeros(12, dtype=torch.bool))
    truth = truth_motion(batch, 30.0)
    assert losses(unlabelled, with_change(truth, contacts=-truth.contacts))["contact"] == 0


def test_gradients_are_finite_even_at_the_truth(batch):
    truth = truth_motion(batch, 30.0)
    guess = with_change(truth, rotations_6d=truth.rotations_6d.clone().requires_grad_())
    total(motion_losses(guess, truth, batch.joints, batch.bone_ratio, batch, EVEN), LossWeights()).backward()
    assert torch.isfinite(guess.rotations_6d.grad).all()


def test_the_last_frame_counts_most_and_ends_of_patches_more_than_what_lies_inside():
    weights = frame_weights(16, 4, CPU)
    assert weights.mean() == pytest.approx(1.0)
    ends = weights[3::4]
    assert (ends.diff() > 0).all()
    assert weights[-1] > 1.5 * ends[-2]
    assert all(end > 2 * inside for end, inside in zip(ends, weights[2::4], strict=True))


def test_alignment_is_the_distance_of_both_parts_latents():
    z = torch.randn(2, 4, 6, generator=torch.Generator().manual_seed(0))
    lifted = Lifted(None, z, z, None)
    assert alignment_loss(lifted, z, z) == 0
    assert alignment_loss(lifted, z + 1, z) == pytest.approx(1.0)
    assert alignment_loss(lifted, z, z + 1) == pytest.approx(1.0)


def test_every_term_has_a_weight(batch):
    truth = truth_motion(batch, 30.0)
    terms = motion_losses(truth, truth, batch.joints, batch.bone_ratio, batch, EVEN)
    names = {field.name for field in fields(LossWeights)}
    assert set(terms) | {"alignment", "bone_ratio", "spread"} == names
    twice = LossWeights(**{name: 2 * getattr(LossWeights(), name) for name in names})
    assert total(terms, twice) == pytest.approx(2 * float(total(terms, LossWeights())))
