"""Modify finished windows: keypoints hidden or the last frame repeated, with the view updated."""

from __future__ import annotations

import numpy as np

from models.evaluation.predict import F64, Answer, Inputs, Predictions, decoded
from models.rotations import rotation_between
from models.view import person_view


def turn_of(box: F64) -> F64:
    """(N, 3) boxes -> (N, 3, 3) view -> camera, as models.view builds it from the centre."""
    ahead = np.broadcast_to([0.0, 0.0, 1.0], box.shape)
    centre = np.concatenate([box[:, :2], np.ones_like(box[:, :1])], axis=-1)
    return np.asarray(rotation_between(ahead, centre))


def camera_rays(inputs: Inputs) -> F64:
    """Return the rays (N, T, 23, 2) in the camera of every keypoint."""
    box = inputs.box.astype(np.float64)
    across = inputs.keypoints[..., :2].astype(np.float64) * np.exp(box[:, 2])[:, None, None, None]
    points = np.concatenate([across, np.ones_like(across[..., :1])], axis=-1)
    turned = np.einsum("nij,ntkj->ntki", turn_of(box), points)
    return np.asarray(turned[..., :2] / np.clip(turned[..., 2:], 0.05, None))


def viewed(rays: F64, scores: F64, evidence: F64) -> Inputs:
    """(N, T, 23, 2) rays, (N, T, 23) scores, (N, T, 27, 4) -> the windows in the view that these keypoints give."""
    view, keypoints = person_view(rays, scores)
    return Inputs(*(array.astype(np.float32) for array in (keypoints, evidence, view.box)))


def last_frame_alone(inputs: Inputs) -> Inputs:
    """Return windows that repeat their last frame, to evaluate a single frame."""
    T = inputs.keypoints.shape[1]
    rays = np.repeat(camera_rays(inputs)[:, -1:], T, axis=1)
    scores = np.repeat(inputs.keypoints[:, -1:, :, 2], T, axis=1).astype(np.float64)
    return viewed(rays, scores, np.repeat(inputs.evidence[:, -1:], T, axis=1).astype(np.float64))


def decoded_in(reference: Inputs, answer: Answer, inputs: Inputs, *, refine: bool = True) -> Predictions:
    """Return the answer to modified windows, with joints in the axes of the original windows."""
    found = decoded(answer, inputs, refine=refine)
    turn = np.swapaxes(turn_of(reference.box.astype(np.float64)), -1, -2) @ turn_of(inputs.box.astype(np.float64))
    rotations = found.rotations.copy()
    rotations[:, 0] = turn @ rotations[:, 0]
    return Predictions(
        rotations, np.einsum("nij,nkj->nki", turn, found.joints), found.root, found.ratio, found.log_spread
    )
