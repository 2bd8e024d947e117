"""Windows of recorded rows: clips stay apart, contacts go with their feet, rows without evidence are welcome."""

from __future__ import annotations

from dataclasses import replace

import torch

from models.keypoints import EVIDENCE_NAMES, KEYPOINT, MIRROR_KEYPOINTS
from models.synth.randomisation import RecordedErrors
from models.training.recorded import MIN_BEFORE, RecordedSampler
from models.training.recorded_errors import with_smaller_errors
from models.training.recorded_rows import RecordedRows
from tests.models.training.recorded_person import person, rows

T = 12


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
