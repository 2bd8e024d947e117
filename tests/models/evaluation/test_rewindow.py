"""Windows changed after they were made: back to the camera and into a new view without loss."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.frames import inputs_of
from models.evaluation.predict import Answer, decoded
from models.evaluation.rewindow import camera_rays, decoded_in, last_frame_alone, turn_of, viewed
from models.view import person_view

RNG = np.random.default_rng(0)
RAYS = RNG.normal(size=(3, 16, 23, 2)) * 0.1 + RNG.normal(size=(3, 1, 1, 2)) * 0.3
SCORES = RNG.uniform(0.3, 1, size=(3, 16, 23))
EVIDENCE = RNG.normal(size=(3, 16, 27, 4))


def test_rays_in_the_camera_come_back_from_the_windows():
    np.testing.assert_allclose(camera_rays(viewed(RAYS, SCORES, EVIDENCE)), RAYS, atol=1e-5)


def test_the_turn_of_a_view_comes_back_from_its_box():
    view, _ = person_view(RAYS, SCORES)
    np.testing.assert_allclose(turn_of(view.box), view.rotation, atol=1e-12)


def test_windows_made_anew_from_the_same_scores_are_the_same(batch):
    inputs = inputs_of(batch)
    again = viewed(camera_rays(inputs), inputs.keypoints[..., 2].astype(float), inputs.evidence.astype(float))
    np.testing.assert_allclose(again.box, inputs.box, atol=1e-3)
    np.testing.assert_allclose(again.keypoints, inputs.keypoints, atol=2e-2)


def test_the_last_frame_alone_is_the_last_frame_all_the_time():
    inputs = last_frame_alone(viewed(RAYS, SCORES, EVIDENCE))
    for array in (inputs.keypoints, inputs.evidence):
        np.testing.assert_allclose(array, np.repeat(array[:, -1:], 16, axis=1), atol=1e-6)
    np.testing.assert_allclose(camera_rays(inputs)[:, 0], RAYS[:, -1], atol=1e-5)
    np.testing.assert_allclose(inputs.evidence[:, 0], EVIDENCE[:, -1], atol=1e-6)


def test_an_answer_in_another_view_is_told_in_the_first_ones_axes():
    reference = viewed(RAYS, SCORES, EVIDENCE)
    other = viewed(RAYS + 0.2, SCORES, EVIDENCE)
    answer = Answer(np.tile([1.0, 0, 0, 0, 1, 0], (3, 22, 1)), np.zeros((3, 5)), np.zeros((3, 22)))
    told = decoded_in(reference, answer, other, refine=False)
    own = decoded(answer, other, refine=False)
    in_camera = np.einsum("nij,nkj->nki", turn_of(other.box.astype(float)), own.joints)
    back = np.einsum("nij,nkj->nki", turn_of(reference.box.astype(float)), told.joints)
    np.testing.assert_allclose(back, in_camera, atol=1e-6)
    assert np.abs(told.joints - own.joints).max() > 0.01
    same = decoded_in(reference, answer, reference, refine=False)
    np.testing.assert_allclose(same.joints, decoded(answer, reference, refine=False).joints, atol=1e-12)
    assert np.linalg.det(told.rotations[:, 0]) == pytest.approx(np.ones(3))
