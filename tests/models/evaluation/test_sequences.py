"""Sequences: a still camera that sees it all, and windows that lead back to where the joints are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.evaluation.predict import Predictions, Predictor
from models.evaluation.sequences import (
    FEWEST_FRAMES,
    MOST_FRAMES,
    ROOM,
    _camera,
    evaluate_sequences,
    in_camera,
    mocap_sequences,
    runs_of,
    seen_frames,
    sliding_windows,
)
from models.keypoints import EVIDENCE_NAMES
from models.rotations import rotation_between
from models.skeleton import FEET, JOINT, PARENTS, ROOT

LEFT_HIP, RIGHT_HIP = JOINT["LeftUpperLeg"], JOINT["RightUpperLeg"]


@pytest.fixture(scope="module")
def sequences(library):
    return mocap_sequences(library, 30.0, 10)


def test_every_validation_clip_is_filmed_whole_and_the_same_every_time(library, sequences):
    assert [len(sequence.rays) for sequence in sequences] == [75, 75]  # clips 2 and 9, 150 frames at 60 Hz
    again = mocap_sequences(library, 30.0, 10)
    np.testing.assert_array_equal(again[1].rays, sequences[1].rays)
    assert len(mocap_sequences(library, 30.0, 1)) == 1


def test_long_clips_come_in_pieces_and_short_rests_are_left_out(library):
    rows = 2 * (2 * MOST_FRAMES + FEWEST_FRAMES - 1)
    long = replace(
        library,
        quaternions=np.resize(library.quaternions, (rows, 22, 4)),
        root=np.resize(library.root, (rows, 3)),
        start=np.array([0]),
        length=np.array([rows]),
        contact_valid=np.array([False]),
        validation=np.array([True]),
        held_out=np.array([True]),
        names=("long",),
    )
    pieces = mocap_sequences(long, 30.0, 10)
    assert [len(piece.rays) for piece in pieces] == [MOST_FRAMES, MOST_FRAMES]
    assert not any(piece.resting.any() for piece in pieces)  # hand-animated feet slide


def test_the_truth_is_one_person_before_a_still_camera_near_what_the_detector_saw(sequences):
    for sequence in sequences:
        truth = sequence.truth_m
        assert truth[..., 2].min() > 0.5
        lengths = np.linalg.norm(truth[:, 1:] - truth[:, list(PARENTS[1:])], axis=-1)
        np.testing.assert_allclose(lengths, np.tile(lengths[0], (len(lengths), 1)), rtol=1e-3)
        shoulders = sequence.rays[:, 5:7].mean(1)
        true = truth[:, [7, 11]].mean(1)
        off = np.abs(shoulders - true[:, :2] / true[:, 2:]) * true[:, 2:]
        assert np.median(off) < 0.15  # metres: the detector's errors, no other camera


def test_the_camera_stands_just_far_enough_to_see_the_whole_path():
    rng = torch.Generator().manual_seed(0)
    path = torch.rand(50, 3, generator=rng) * torch.tensor([4.0, 0.2, 3.0])
    for _ in range(20):
        R, position, half_width, half_height = _camera(path, rng)
        seen = (path - position) @ R.mT
        across = (seen[:, 0].abs() + ROOM) / seen[:, 2] / half_width
        down = (seen[:, 1].abs() + ROOM) / seen[:, 2] / half_height
        assert max(across.max(), down.max()) == pytest.approx(1, abs=1e-3)


def test_landmarks_are_in_the_axes_of_who_looks_at_the_person_frame_by_frame(library):
    """Somebody crosses the picture; the detector's camera turns with them."""
    root = library.root.copy()
    root[:, 0] += np.tile(np.linspace(-2, 2, 150), 10)
    right = wrong = 0.0
    for sequence in mocap_sequences(replace(library, root=root), 30.0, 10):
        hips = sequence.truth_m[:, [LEFT_HIP, RIGHT_HIP]].mean(1)
        knee = sequence.truth_m[:, JOINT["LeftLowerLeg"]] - hips
        told = sequence.evidence[:, EVIDENCE_NAMES.index("left_knee"), :3]
        R = rotation_between(np.broadcast_to([0.0, 0.0, 1.0], hips.shape), hips)
        right += np.linalg.norm(np.einsum("nji,nj->ni", R, knee) - told, axis=-1).mean()
        wrong += np.linalg.norm(np.einsum("nij,nj->ni", R, knee) - told, axis=-1).mean()
    assert right < 0.95 * wrong


def test_resting_feet_rest_in_the_camera_too(sequences):
    moved = []
    for sequence in sequences:
        feet = sequence.truth_m[:, list(FEET)]
        still = sequence.resting[1:] & sequence.resting[:-1]
        moved += np.linalg.norm(np.diff(feet, axis=0), axis=-1)[still].tolist()
    assert moved
    assert max(moved) < 0.2 / 30  # resting is slower than 0.15 m/s


def perfect(sequence, frames: int, ends: np.ndarray):
    """What a perfect network says in each window's view."""
    inputs, view = sliding_windows(sequence, frames, ends)
    truth = sequence.truth_m[ends] / sequence.height_m
    joints = np.einsum("nji,nkj->nki", view.rotation, truth - truth[:, :1])
    root = np.einsum("nji,nj->ni", view.rotation, truth[:, ROOT])
    size = np.exp(inputs.box[:, 2].astype(float))
    scalars = np.zeros((len(ends), 5))
    scalars[:, 0] = np.log(root[:, 2] * size)
    scalars[:, 1:3] = root[:, :2] / root[:, 2:] / size[:, None]
    return Predictions(np.zeros((len(ends), 22, 3, 3)), joints, scalars, np.ones((len(ends), 22))), view


def test_a_perfect_network_leads_back_to_the_truth_in_the_camera(sequences):
    sequence = sequences[0]
    ends = seen_frames(sequence)
    found, view = perfect(sequence, 16, ends)
    joints = in_camera(found, view, sequence.height_m)
    np.testing.assert_allclose(joints, sequence.truth_m[ends], atol=1e-4)
    runs = runs_of(joints, sequence, ends)
    assert sum(len(run.joints) for run in runs) == len(ends)


def test_runs_are_cut_where_nobody_is_seen(sequences):
    sequence = sequences[0]
    scores = sequence.scores.copy()
    scores[30:40] = 0
    frames = seen_frames(replace(sequence, scores=scores))
    assert not set(range(30, 40)) & set(frames.tolist())
    runs = runs_of(sequence.truth_m[frames], sequence, frames)
    assert [len(run.joints) for run in runs] == [30, 35]


def test_windows_hold_nothing_from_before_the_first_frame(sequences):
    inputs, _ = sliding_windows(sequences[0], 16, np.array([3]))
    assert not inputs.keypoints[0, :12].any()
    assert not inputs.evidence[0, :12].any()
    assert inputs.keypoints[0, 12:, :, 2].any()


def test_a_network_that_never_moves_slides_and_has_no_jitter(weights, sequences):
    table = evaluate_sequences(Predictor(weights), sequences)
    assert set(table) == {"with_evidence", "keypoints_alone", "network_without_refinement"}
    still = table["network_without_refinement"]
    assert still["true_jitter"] > 0.1
    assert still["jitter"] < 60  # the pose is constant in the view, the view moves with the noise
    assert still["foot_sliding_mm"] > still["true_foot_sliding_mm"]


def test_without_anybody_seen_there_is_no_row(weights, sequences):
    empty = replace(sequences[0], scores=0 * sequences[0].scores)
    assert evaluate_sequences(Predictor(weights), [empty]) == {}
