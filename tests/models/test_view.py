"""The person's own view: the same person gives the same input, wherever they stand; and the way back."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from models.view import MIN_SCORE, View, gravity_up, person_view, root_to_camera

FRAMES, POINTS = 8, 23


def body(x: float, y: float, z: float, *, seed: int = 0) -> np.ndarray:
    """(1, T, 23, 3) a person-sized cloud about x, y, z that moves a little; statures."""
    rng = np.random.default_rng(seed)
    still = rng.normal(size=(1, 1, POINTS, 3)) * (0.12, 0.28, 0.06)
    moved = 0.02 * np.cumsum(rng.normal(size=(1, FRAMES, 1, 3)), axis=1) * (1, 1, 0.2)
    return still + moved + np.array([x, y, z])


def seen(points: np.ndarray) -> np.ndarray:
    return points[..., :2] / points[..., 2:]


SCORES = np.random.default_rng(9).uniform(0.4, 1.0, (1, FRAMES, POINTS))


def test_a_person_off_to_the_side_looks_like_one_straight_ahead():
    points = body(0, 0, 3.0)
    ahead, straight = person_view(seen(points), SCORES)
    for yaw, pitch in ((0.4, 0.0), (-0.4, 0.2), (0.0, -0.3)):
        turn = Rotation.from_euler("yx", [yaw, pitch]).as_matrix()
        view, keypoints = person_view(seen(points @ turn.T), SCORES)
        spun = Rotation.from_matrix(view.rotation[0].T @ turn @ ahead.rotation[0])
        assert spun.magnitude() < 0.1  # only a little roll is left
        np.testing.assert_allclose(keypoints, straight, atol=0.15)
        np.testing.assert_allclose(view.size, ahead.size, rtol=0.02)


def test_without_the_view_a_person_to_the_side_would_look_different():
    points = body(0, 0, 3.0)
    turn = Rotation.from_euler("y", 0.4).as_matrix()
    size = person_view(seen(points), SCORES)[0].size
    assert np.abs(seen(points @ turn.T) - seen(points)).max() / size[0] > 2


def test_a_person_twice_as_far_and_twice_as_large_gives_the_very_same_input():
    points = body(0.5, 0.2, 2.5)
    near, far = person_view(seen(points), SCORES), person_view(seen(2 * points), SCORES)
    np.testing.assert_allclose(near[1], far[1], atol=1e-12)


def test_a_person_farther_away_gives_nearly_the_same_input_and_a_smaller_size():
    near, far = (person_view(seen(body(0, 0, z)), SCORES) for z in (3.0, 6.0))
    np.testing.assert_allclose(near[1], far[1], atol=0.35)
    np.testing.assert_allclose(near[1][..., :2].std(), far[1][..., :2].std(), rtol=0.05)
    assert 1.8 < near[0].size[0] / far[0].size[0] < 2.2
    np.testing.assert_allclose(near[0].box[:, 2], np.log(near[0].size))


def test_keypoints_are_centred_and_of_size_one():
    _, keypoints = person_view(seen(body(0.8, -0.3, 2.5)), SCORES)
    weights = keypoints[..., 2] * np.linspace(0.2, 1, FRAMES)[None, :, None]
    mean = (keypoints[..., :2] * weights[..., None]).sum((1, 2)) / weights.sum()
    assert np.abs(mean).max() < 0.1
    spread = (
        keypoints[..., :2]
        - (keypoints[..., :2] * weights[..., None]).sum(2, keepdims=True) / weights.sum(2, keepdims=True)[..., None]
    )
    assert ((spread**2).sum(-1) * weights).sum() / weights.sum() == pytest.approx(1.0)


def test_missing_keypoints_are_zeros_and_move_nothing():
    rays, scores = seen(body(0.3, 0, 3.0)), SCORES.copy()
    scores[:, :, 4] = MIN_SCORE / 2
    moved = rays.copy()
    moved[:, :, 4] = 1e3
    view, keypoints = person_view(rays, scores)
    other, others = person_view(moved, scores)
    np.testing.assert_array_equal(keypoints[:, :, 4], 0)
    np.testing.assert_array_equal(others, keypoints)
    np.testing.assert_array_equal(view.rotation, other.rotation)


def test_one_wild_keypoint_is_clipped_and_nobody_at_all_is_finite():
    rays = seen(body(0, 0, 3.0))
    rays[0, -1, 10] = 50.0
    assert np.abs(person_view(rays, SCORES)[1]).max() <= 6.0
    view, keypoints = person_view(rays * 0, SCORES * 0)
    assert not keypoints.any()
    assert np.isfinite(view.box).all()
    np.testing.assert_allclose(view.rotation[0], np.eye(3))


def test_the_view_looks_at_the_person():
    points = body(1.0, 0.4, 2.5)
    view, _ = person_view(seen(points), SCORES)
    centre = np.append(view.box[0, :2], 1.0)
    np.testing.assert_allclose(view.rotation[0] @ [0, 0, 1], centre / np.linalg.norm(centre), atol=1e-12)


def test_root_to_camera_undoes_how_the_root_is_told():
    points = body(0.6, -0.2, 2.5)
    view, _ = person_view(seen(points), SCORES)
    root = points[0, :, :1].mean(1) + 0.05  # (T, 3)
    in_view = root @ view.rotation[0]
    depth = np.log(in_view[:, 2] * view.size[0])[None]
    place = (in_view[:, :2] / in_view[:, 2:] / view.size[0])[None]
    np.testing.assert_allclose(root_to_camera(depth, place, view)[0], root, atol=1e-12)
    np.testing.assert_allclose(root_to_camera(depth[:, -1], place[:, -1], view)[0], root[-1], atol=1e-12)


def test_up_of_a_level_camera_is_minus_y_and_pitch_and_roll_do_what_they_say():
    np.testing.assert_allclose(gravity_up(np.zeros(2)), [0, -1, 0])
    down = gravity_up(np.array([math.radians(30), 0.0]))  # the camera looks down: up tips towards it
    np.testing.assert_allclose(down, [0, -math.cos(math.radians(30)), -0.5], atol=1e-12)
    rolled = gravity_up(np.array([0.0, math.radians(10)]))
    np.testing.assert_allclose(rolled, [math.sin(math.radians(10)), -math.cos(math.radians(10)), 0], atol=1e-12)


def test_every_direction_but_straight_down_comes_back_from_its_pitch_and_roll():
    ups = np.random.default_rng(4).normal(size=(100, 3))
    ups /= np.linalg.norm(ups, axis=-1, keepdims=True)
    angles = np.stack([np.arcsin(-ups[:, 2]), np.arctan2(ups[:, 0], -ups[:, 1])], axis=-1)
    np.testing.assert_allclose(gravity_up(angles), ups, atol=1e-12)


def test_numpy_and_torch_agree():
    rays = np.concatenate([seen(body(0.5 * seed, 0.1, 3.0, seed=seed)) for seed in (0, 1)])
    scores = np.concatenate([SCORES, SCORES[:, ::-1] * 0.9])
    scores[:, 2, 5:9] = 0
    ours, keypoints = person_view(rays, scores)
    theirs, others = person_view(torch.from_numpy(rays), torch.from_numpy(scores))
    np.testing.assert_allclose(keypoints, others.numpy(), atol=1e-12)
    for name in ("rotation", "size", "box"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name).numpy(), atol=1e-12)
    depth, place = np.zeros((2, 3)), np.random.default_rng(1).normal(size=(2, 3, 2))
    torch_view = View(*(torch.from_numpy(getattr(ours, name)) for name in ("rotation", "size", "box")))
    np.testing.assert_allclose(
        root_to_camera(depth, place, ours),
        root_to_camera(torch.from_numpy(depth), torch.from_numpy(place), torch_view).numpy(),
    )
    np.testing.assert_allclose(gravity_up(place), gravity_up(torch.from_numpy(place)).numpy())
