"""Windows of recorded rows: clips stay apart, contacts go with their feet, rows without evidence are welcome."""

from __future__ import annotations

from dataclasses import fields, replace

import torch

from models.keypoints import EVIDENCE_NAMES, KEYPOINT, MIRROR_KEYPOINTS, NUM_EVIDENCE, NUM_KEYPOINTS
from models.kinematics import forward_kinematics, ratio_offsets
from models.skeleton import NUM_JOINTS
from models.synth.landmarks import place_landmarks
from models.synth.randomisation import RecordedErrors
from models.training.recorded import MIN_BEFORE, RecordedRows, RecordedSampler, with_smaller_errors

T = 12


def rows(frames: int, *, place: float, seed: int = 0) -> RecordedRows:
    """Somebody at (place, 0, 3) whose keypoints are scattered about; the left foot rests, the right never does."""
    rng = torch.Generator().manual_seed(seed)
    joints = torch.randn(frames, NUM_JOINTS, 3, generator=rng) * 0.2 + torch.tensor([place, 0.0, 3.0])
    return RecordedRows(
        rays=torch.randn(frames, NUM_KEYPOINTS, 2, generator=rng) * 0.1 + torch.tensor([place / 3, 0.0]),
        scores=torch.ones(frames, NUM_KEYPOINTS),
        evidence=torch.zeros(frames, NUM_EVIDENCE, 4),
        rotations=torch.eye(3).expand(frames, NUM_JOINTS, 3, 3),
        joints=joints,
        up=torch.tensor([0.0, -1.0, 0.0]).expand(frames, 3),
        ratio=torch.full((frames, NUM_JOINTS), 1.0 + place / 100),
        contacts=torch.tensor([1.0, 0.0]).expand(frames, 2),
        contact_valid=torch.ones(frames, dtype=torch.bool),
    )


def drawn(*clips: RecordedRows, batch: int = 64, seed: int = 0):
    return RecordedSampler(clips, frames=T).sample(batch, torch.Generator().manual_seed(seed))


def test_a_window_never_reaches_into_another_clip():
    batch = drawn(rows(MIN_BEFORE + 2, place=-1.0), rows(40, place=1.0))
    short = batch.bone_ratio[:, 0] < 1
    assert 0 < int(short.sum()) < len(short)
    blank = (batch.keypoints[short][..., 2] == 0).all(-1)  # (b, T)
    assert bool(blank[:, : T - MIN_BEFORE - 2].all())  # before the clip there is nothing, not the end of another one
    off_axis = batch.root_place[..., 0] * batch.box[:, 2:].exp()  # the other clip's person is 0.6 beside the axis
    assert float(off_axis.abs().max()) < 0.4


def test_rows_without_evidence_give_windows_without_evidence():
    batch = drawn(rows(40, place=0.0))
    assert float(batch.evidence.abs().max()) == 0.0
    assert bool(batch.seen.any())


def test_contacts_change_feet_where_the_picture_is_mirrored():
    batch = drawn(rows(40, place=1.0))
    mirrored = batch.box[:, 0] < 0  # the person is on the other side of the picture
    assert 10 < int(mirrored.sum()) < 54
    assert bool((batch.contacts[~mirrored] == torch.tensor([1.0, 0.0])).all())
    assert bool((batch.contacts[mirrored] == torch.tensor([0.0, 1.0])).all())
    assert bool(batch.contact_valid.all())


def test_unknown_contacts_stay_unknown_beside_known_ones():
    known, unknown = rows(40, place=1.0), rows(40, place=-1.0)
    batch = drawn(known, replace(unknown, contact_valid=torch.zeros(40, dtype=torch.bool)))
    assert bool((batch.contact_valid == (batch.bone_ratio[:, 0] > 1)).all())
    assert 0 < int(batch.contact_valid.sum()) < 64


def test_a_window_ends_only_where_the_person_is_seen():
    clip = rows(40, place=0.0)
    scores = clip.scores.clone()
    scores[20:] = 0.0
    sampler = RecordedSampler([replace(clip, scores=scores)], frames=T)
    assert len(sampler) == 20 - MIN_BEFORE


def test_plain_windows_are_as_they_were_recorded():
    sampler = RecordedSampler([rows(40, place=1.0)], frames=T)
    batch = sampler.plain(32, torch.Generator().manual_seed(0))
    assert bool((batch.box[:, 0] > 0).all())  # not mirrored
    assert bool((batch.keypoints[:, -1, :, 2] == 1).all())  # nothing thinned out
    assert bool((batch.contacts == torch.tensor([1.0, 0.0])).all())


def person(frames: int = 40) -> tuple[RecordedRows, torch.Tensor]:
    """Somebody in the T-pose, 3 statures away, whose detector is off by a known vector; the true rays."""
    offsets = ratio_offsets(torch.ones(NUM_JOINTS))
    rotations = torch.eye(3).repeat(frames, NUM_JOINTS, 1, 1)
    rotations[:, 0] = torch.diag(torch.tensor([1.0, -1.0, -1.0]))
    joints, turned = forward_kinematics(rotations, offsets, torch.tensor([0.0, 0.0, 3.0]).expand(frames, 3))
    points = place_landmarks(joints[None], turned[None], torch.Generator(), 0.0)[0]
    rays = points[:, :NUM_KEYPOINTS, :2] / points[:, :NUM_KEYPOINTS, 2:]
    hips = points[:, [KEYPOINT["left_hip"], KEYPOINT["right_hip"]]].mean(1, keepdim=True)
    evidence = torch.cat([(points - hips) * 1.7 + 0.05, torch.ones(frames, NUM_EVIDENCE, 1)], dim=-1)
    clip = replace(
        rows(frames, place=0.0),
        rays=rays + torch.tensor([0.01, -0.005]),
        evidence=evidence,
        rotations=rotations,
        joints=joints,
        ratio=torch.ones(frames, NUM_JOINTS),
    )
    return RecordedRows(*(getattr(clip, f.name)[None] for f in fields(RecordedRows))), rays[None]


def half() -> RecordedErrors:
    return RecordedErrors(level=(0.5, 0.5), as_recorded=0.0)


def test_errors_are_shrunk_by_one_fraction_a_window_in_keypoints_and_landmarks():
    window, true = person()
    smaller = with_smaller_errors(window, torch.Generator().manual_seed(0), half())
    torch.testing.assert_close(smaller.rays - true, 0.5 * (window.rays - true), atol=1e-5, rtol=0)
    moved = (window.evidence - smaller.evidence)[..., :3]
    assert torch.allclose(moved, torch.full_like(moved, 0.025), atol=2e-3)
    assert torch.equal(smaller.evidence[..., 3], window.evidence[..., 3])


def test_what_has_no_score_stays_where_the_detector_put_it():
    window, _ = person()
    scores = window.scores.clone()
    wrist = KEYPOINT["left_wrist"]
    scores[..., wrist] = 0.001
    smaller = with_smaller_errors(replace(window, scores=scores), torch.Generator().manual_seed(0), half())
    hand = [EVIDENCE_NAMES.index(f"left_{name}") for name in ("wrist", "pinky", "index")]
    assert torch.equal(smaller.rays[..., wrist, :], window.rays[..., wrist, :])
    assert torch.equal(smaller.evidence[..., hand, :], window.evidence[..., hand, :])
    assert not torch.equal(smaller.rays[..., 0, :], window.rays[..., 0, :])


def test_a_flipped_person_and_windows_left_as_recorded_are_not_touched():
    window, _ = person()
    flipped = replace(window, rays=window.rays[:, :, list(MIRROR_KEYPOINTS)])
    as_recorded = RecordedErrors(as_recorded=1.0)
    for given, errors in ((flipped, half()), (window, as_recorded)):
        smaller = with_smaller_errors(given, torch.Generator().manual_seed(0), errors)
        torch.testing.assert_close(smaller.rays, given.rays)
        torch.testing.assert_close(smaller.evidence, given.evidence, atol=1e-5, rtol=1e-5)
