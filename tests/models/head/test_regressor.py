"""The head's regressor: its input does not depend on where the head is; NumPy and torch agree; files are checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from models.head.inputs import FACE, FRAMES, NUM_INPUTS, face_shown, head_inputs
from models.head.regressor import OUTPUTS, VERSION, WEIGHTS, HeadRegressor, head_regressor
from models.keypoints import KEYPOINT, NUM_EVIDENCE, NUM_KEYPOINTS
from models.npz import NpzError

torch = pytest.importorskip("torch")

SIZE = np.array([0.3])


def windows(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(1, T, 23, 3) keypoints and (1, T, 27, 4) landmarks of nobody in particular."""
    rng = np.random.default_rng(seed)
    keypoints = np.concatenate(
        [rng.normal(size=(1, FRAMES, NUM_KEYPOINTS, 2)) * 0.3, np.ones((1, FRAMES, NUM_KEYPOINTS, 1))], -1
    )
    evidence = np.concatenate(
        [rng.normal(size=(1, FRAMES, NUM_EVIDENCE, 3)) * 0.1, np.ones((1, FRAMES, NUM_EVIDENCE, 1))], -1
    )
    return keypoints, evidence


def turned_camera(keypoints: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """The same points in a camera turned by (3, 3)."""
    rays = np.concatenate([keypoints[..., :2] * SIZE, np.ones_like(keypoints[..., :1])], -1) @ turn
    return np.concatenate([rays[..., :2] / rays[..., 2:] / SIZE, keypoints[..., 2:]], -1)


def test_a_head_elsewhere_in_the_picture_has_the_same_input():
    keypoints, evidence = windows()
    elsewhere = turned_camera(keypoints, Rotation.from_euler("xy", [10, -20], degrees=True).as_matrix())
    here, own = head_inputs(keypoints, evidence, SIZE)
    there, _ = head_inputs(elsewhere, evidence, SIZE)
    assert here.shape == (1, NUM_INPUTS)
    np.testing.assert_allclose(own[0] @ own[0].T, np.eye(3), atol=1e-9)
    # no point may have left the axis of the first camera much: turns about two axes roll the picture a little
    assert np.abs(here - there).max() < 0.15


def test_a_frame_without_the_whole_face_is_zero_and_the_others_stay():
    keypoints, evidence = windows()
    before, _ = head_inputs(keypoints, evidence, SIZE)
    keypoints[0, -5, KEYPOINT["left_ear"], 2] = 0.0  # the second frame that is read
    after, _ = head_inputs(keypoints, evidence, SIZE)
    assert (after == 0).sum() == 7 * (2 + 3 + 1)
    np.testing.assert_array_equal(after[after != 0], before[after != 0])


def test_numpy_and_torch_make_the_same_input():
    keypoints, evidence = windows(1)
    ours, own = head_inputs(keypoints, evidence, SIZE)
    theirs, also = head_inputs(*(torch.from_numpy(x) for x in (keypoints, evidence, SIZE)))
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-9)
    np.testing.assert_allclose(own, also.numpy(), atol=1e-9)
    assert face_shown(keypoints).tolist() == [1.0]


def test_the_saved_network_answers_as_the_trained_one(tmp_path):
    from models.rotations import rotation_6d_to_matrix
    from models.training.heads import make_head_network, save_head

    torch.manual_seed(0)
    network = make_head_network()
    for weight in network.parameters():
        weight.data = weight.data.half().float()
    save_head(network, tmp_path / "head.npz")
    keypoints, evidence = windows(2)
    inputs, own = head_inputs(keypoints, evidence, SIZE)
    with torch.no_grad():
        out = network(torch.from_numpy(inputs).float()).double().numpy()
    found = HeadRegressor(tmp_path / "head.npz").guess(keypoints, evidence, SIZE)
    np.testing.assert_allclose(found.rotations, own @ rotation_6d_to_matrix(out[:, :6]), atol=1e-5)
    np.testing.assert_allclose(found.error_rad, np.exp(out[:, 6]), rtol=1e-5)


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({}, "no version"),
        ({"version": np.array(99)}, "expected 1; train it again"),
        ({"version": np.array(VERSION)}, "layers of"),
        ({"version": np.array(VERSION), "weight_0": np.zeros((OUTPUTS, 3)), "bias_0": np.zeros(OUTPUTS)}, "layers of"),
    ],
)
def test_a_file_that_is_not_these_weights_is_refused(tmp_path: Path, arrays, told):
    path = tmp_path / "head.npz"
    np.savez(path, **arrays)
    with pytest.raises(NpzError, match=told):
        HeadRegressor(path)


@pytest.mark.parametrize(("axis", "degrees"), [("z", 20), ("y", 30), ("x", 15)])
def test_the_shipped_one_follows_a_face_that_tilts_turns_and_nods(axis, degrees):
    """Face and shoulders a metre in front of the camera, about where BlazePose puts them."""
    assert WEIGHTS.is_file()
    one, other = (_seen(Rotation.from_euler(axis, sign * degrees, degrees=True).as_matrix()) for sign in (1, -1))
    between = Rotation.from_matrix(other.T @ one).as_rotvec()
    along = np.degrees(between["xyz".index(axis)])
    assert 0.6 < along / (2 * degrees) < 1.4
    assert np.degrees(np.linalg.norm(between)) < 1.2 * abs(along)


def _seen(turn: np.ndarray) -> np.ndarray:
    """The regressor's head for a head turned against the level one that faces the camera."""
    from models.head.closed_form import FACE_POINTS

    level = np.diag([1.0, -1.0, -1.0])
    face, shoulders = FACE_POINTS[True] / 1000 @ turn.T @ level.T, np.array([[0.17, 0.16, 0.02], [-0.17, 0.16, 0.02]])
    points, rows = np.concatenate([face, shoulders]), [*FACE, KEYPOINT["left_shoulder"], KEYPOINT["right_shoulder"]]
    keypoints, evidence = np.zeros((1, FRAMES, NUM_KEYPOINTS, 3)), np.zeros((1, FRAMES, NUM_EVIDENCE, 4))
    keypoints[0, :, rows, :2] = ((points[:, :2] / (points[:, 2:] + 1.0)) / SIZE)[:, None]
    keypoints[0, :, rows, 2] = 0.99
    evidence[0, :, rows, :3], evidence[0, :, rows, 3] = points[:, None], 1.0
    guess = head_regressor().guess(keypoints, evidence, SIZE)
    assert 0.01 < guess.error_rad[0] < 1.0
    return np.asarray(level.T @ guess.rotations[0])
