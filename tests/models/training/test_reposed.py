"""Recorded windows in other poses: the detector's errors go along, guesses stay with the body, flips are left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.keypoints import EVIDENCE_NAMES, KEYPOINT, MIRROR_KEYPOINTS
from models.kinematics import ratio_offsets, stature
from models.rotations import axis_angle_to_matrix
from models.skeleton import JOINT, MIRROR_JOINTS
from models.synth.randomisation import RecordedChanges
from models.training.exact_detection import KEYPOINT_OF, exact_detection
from models.training.recorded import RecordedSampler
from models.training.recorded_rows import RecordedRows
from models.training.reposed import reposed
from tests.models.training.recorded_person import person, repeated

_SIZES = [
    "arm_rad",
    "elbow_rad",
    "leg_rad",
    "knee_rad",
    "spine_rad",
    "head_rad",
    "yaw_rad",
    "tilt_rad",
    "distance",
    "bone",
]
ALWAYS = RecordedChanges(fraction=1.0)
NOTHING = replace(ALWAYS, mixed=0.0, **dict.fromkeys(_SIZES, 0.0))


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def people(count: int = 8) -> RecordedRows:
    return repeated(person()[0], count)


def test_changes_of_size_zero_change_nothing():
    window = people()
    same = reposed(window, rng(), NOTHING)
    for name in ("rays", "evidence", "rotations", "joints", "up", "ratio"):
        torch.testing.assert_close(getattr(same, name), getattr(window, name), atol=1e-5, rtol=0)


def test_the_detector_errs_on_the_new_pose_as_it_did_on_the_old_one():
    window = people()
    other = reposed(window, rng(), ALWAYS)
    before, after = exact_detection(window, rng()), exact_detection(other, rng())
    assert float((after.landmarks - before.landmarks).norm(dim=-1).mean()) > 0.02  # metres: the pose is another
    error, same = (
        (w.rays - e.rays) * e.depth[..., None] for w, e in ((window, before), (other, after))
    )  # body heights across the picture
    torch.testing.assert_close(same, error, atol=1e-4, rtol=0)
    torch.testing.assert_close(
        other.evidence[..., :3] - after.landmarks, window.evidence[..., :3] - before.landmarks, atol=1e-4, rtol=0
    )


@pytest.mark.parametrize("size", _SIZES)
def test_every_size_changes_the_joints_or_the_view(size: str):
    window = people()
    one = reposed(window, rng(), replace(NOTHING, **{size: 0.3}))
    assert float((one.joints - window.joints).norm(dim=-1).amax()) > 0.01
    assert torch.equal(one.scores, window.scores)
    assert not bool(one.contact_valid.any())  # feet may slide now


def test_arms_and_heads_are_exchanged_between_windows_and_legs_are_not():
    window = people(16)
    rotations = window.rotations.clone()
    turns = torch.arange(16.0)[:, None, None, None] * torch.tensor([0.0, 0.0, 0.05])
    rotations[:] = axis_angle_to_matrix(turns) @ rotations  # every joint of window b is turned by b / 20
    other = reposed(replace(window, rotations=rotations), rng(), replace(NOTHING, mixed=0.5, largest_error=10.0))
    for name, moves in (("LeftHand", True), ("RightUpperArm", True), ("Head", True), ("LeftFoot", False)):
        before, after = (r[:, 0, JOINT[name], 0].double() for r in (rotations, other.rotations))
        owner = (after[:, None] - before).norm(dim=-1).argmin(-1)
        torch.testing.assert_close(after, before[owner], atol=1e-5, rtol=0)
        assert bool((owner != torch.arange(16)).any()) is moves


def test_what_was_not_seen_stays_where_it_was_guessed():
    window = people()
    scores = window.scores.clone()
    scores[..., KEYPOINT["left_wrist"]] = 1e-4
    window = replace(window, scores=scores)
    other = reposed(window, rng(), replace(NOTHING, arm_rad=0.6, elbow_rad=0.6))
    hand = [index for index, point in enumerate(KEYPOINT_OF) if point == KEYPOINT["left_wrist"]]
    assert "left_index" in [EVIDENCE_NAMES[index] for index in hand]
    torch.testing.assert_close(other.evidence[:, :, hand], window.evidence[:, :, hand], atol=2e-3, rtol=0)
    moved = (other.rays - window.rays).norm(dim=-1).amax((0, 1))
    assert float(moved[KEYPOINT["left_wrist"]]) < 1e-3 < float(moved[KEYPOINT["right_wrist"]])


def test_shoulders_do_not_tell_of_hips_that_the_detector_only_guessed():
    window = people()
    scores = window.scores.clone()
    scores[..., [KEYPOINT["left_hip"], KEYPOINT["right_hip"]]] = 0.0
    window = replace(window, scores=scores)
    other = reposed(window, rng(), replace(NOTHING, spine_rad=0.2, bone=0.1))
    shoulders = [KEYPOINT["left_shoulder"], KEYPOINT["right_shoulder"]]
    middle, before = (w.evidence[:, :, shoulders, :3].mean(2) for w in (other, window))
    torch.testing.assert_close(middle, before, atol=1e-4, rtol=0)
    assert not torch.allclose(other.evidence, window.evidence, atol=1e-3)


def test_a_flipped_person_and_the_other_windows_are_left_as_recorded():
    window = people(40)
    flipped = replace(window, rays=window.rays[:, :, list(MIRROR_KEYPOINTS)])
    assert torch.equal(reposed(flipped, rng(), ALWAYS).joints, flipped.joints)
    some = reposed(window, rng(), replace(ALWAYS, fraction=0.5))
    changed = (some.joints != window.joints).flatten(1).any(-1)
    assert 8 < int(changed.sum()) < 32
    assert bool((some.contact_valid[:, 0] != changed).all())


def test_people_stay_symmetric_and_of_their_height_and_elbows_bend_one_way():
    other = reposed(people(64), rng(), replace(ALWAYS, elbow_rad=2.0, knee_rad=2.0))
    ratio = other.ratio[:, 0]
    torch.testing.assert_close(ratio, ratio[:, list(MIRROR_JOINTS)], atol=1e-5, rtol=0)
    assert float(ratio[:, JOINT["LeftLowerArm"]].std()) > 0.01
    height = stature(ratio_offsets(ratio))
    torch.testing.assert_close(height, torch.ones_like(height), atol=1e-5, rtol=0)
    bone = torch.tensor([1.0, 0.0, 0.0])
    ahead = (other.rotations[:, :, JOINT["LeftLowerArm"]] @ bone)[..., 2]  # the forearm, seen from the upper arm
    assert float(ahead.min()) > -0.02
    assert float(ahead.max()) > 0.5


def test_a_sampler_with_changes_draws_each_window_anew():
    clip = person()[0]
    rows = RecordedRows(*(getattr(clip, name)[0] for name in RecordedRows.__dataclass_fields__))
    batch = RecordedSampler([rows], frames=12, changes=ALWAYS).sample(16, rng())
    plain = RecordedSampler([rows], frames=12).sample(16, rng())
    assert float(batch.bone_ratio.std(0).mean()) > 0.005
    assert float(plain.bone_ratio.std(0).mean()) < 1e-6
