"""Rotations: round trips, angles at the ends of their range, and NumPy and torch agree. SciPy is the judge."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from models.rotations import (
    axis_angle_to_matrix,
    geodesic_angle,
    matrix_to_quaternion,
    matrix_to_rotation_6d,
    orthonormal_6d,
    quaternion_to_matrix,
    rotation_6d_to_matrix,
    rotation_between,
)

RANDOM = Rotation.random(200, random_state=0)
HALF_TURNS = Rotation.from_rotvec(
    np.pi * np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.6, 0.8, 0], [0, -0.6, 0.8], [0.48, 0.6, 0.64]])
)
ALL = Rotation.concatenate([RANDOM, HALF_TURNS, Rotation.identity(1)])
MATRICES = ALL.as_matrix()


def assert_rotations(matrices: np.ndarray, atol: float = 1e-9) -> None:
    turned = np.swapaxes(matrices, -1, -2) @ matrices
    np.testing.assert_allclose(turned, np.broadcast_to(np.eye(3), turned.shape), atol=atol)
    np.testing.assert_allclose(np.linalg.det(matrices), 1, atol=atol)


def test_quaternions_become_scipys_matrices_whatever_their_length():
    np.testing.assert_allclose(quaternion_to_matrix(ALL.as_quat() * 2.5), MATRICES, atol=1e-12)


def test_matrices_become_scipys_quaternions_with_w_not_negative():
    ours = matrix_to_quaternion(MATRICES)
    assert (ours[:, 3] >= 0).all()
    np.testing.assert_allclose(np.abs((ours * ALL.as_quat()).sum(-1)), 1, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(ours, axis=-1), 1, atol=1e-12)


def test_quaternion_round_trip_holds_at_half_turns():
    matrices = HALF_TURNS.as_matrix()
    np.testing.assert_allclose(quaternion_to_matrix(matrix_to_quaternion(matrices)), matrices, atol=1e-12)


def test_orthonormal_6d_is_the_same_rotation_with_columns_of_unit_length():
    six = np.random.default_rng(6).normal(size=(4, 5, 6))
    expected = matrix_to_rotation_6d(rotation_6d_to_matrix(six))
    np.testing.assert_allclose(orthonormal_6d(six), expected, atol=1e-12)


def test_6d_round_trip_is_exact_and_holds_the_first_two_columns():
    six = matrix_to_rotation_6d(MATRICES)
    np.testing.assert_allclose(six[:, :3], MATRICES[:, :, 0])
    np.testing.assert_allclose(six[:, 3:], MATRICES[:, :, 1])
    np.testing.assert_allclose(rotation_6d_to_matrix(six), MATRICES, atol=1e-12)


def test_any_six_numbers_become_a_rotation_whose_first_column_keeps_its_direction():
    six = np.random.default_rng(1).normal(size=(100, 6)) * 3
    matrices = rotation_6d_to_matrix(six)
    assert_rotations(matrices)
    np.testing.assert_allclose(matrices[:, :, 0], six[:, :3] / np.linalg.norm(six[:, :3], axis=-1, keepdims=True))
    assert ((matrices[:, :, 1] * six[:, 3:]).sum(-1) > 0).all()


def test_axis_angle_agrees_with_scipy_from_zero_to_beyond_half_a_turn():
    vectors = np.random.default_rng(2).normal(size=(100, 3)) * np.geomspace(1e-9, 2.5, 100)[:, None]
    vectors[0] = 0
    np.testing.assert_allclose(axis_angle_to_matrix(vectors), Rotation.from_rotvec(vectors).as_matrix(), atol=1e-7)


@pytest.mark.parametrize("angle", [0.0, 1e-6, 1e-3, 0.5, np.pi / 2, np.pi - 1e-3, np.pi - 1e-6, np.pi])
def test_geodesic_angle_is_exact_also_near_zero_and_near_half_a_turn(angle):
    axis = np.array([0.48, 0.6, 0.64])
    a = RANDOM.as_matrix()
    b = (RANDOM * Rotation.from_rotvec(angle * axis)).as_matrix()
    np.testing.assert_allclose(geodesic_angle(a, b), angle, atol=3e-8)
    np.testing.assert_allclose(geodesic_angle(b, a), angle, atol=3e-8)


def test_geodesic_angle_has_a_finite_gradient_where_the_rotations_are_equal():
    six = torch.tensor([[1.0, 0, 0, 0, 1, 0]], requires_grad=True)
    geodesic_angle(rotation_6d_to_matrix(six), torch.eye(3)[None]).sum().backward()
    assert torch.isfinite(six.grad).all()


def test_rotation_between_takes_a_to_b_by_the_shortest_way():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 100, 3)) * rng.uniform(0.1, 5, size=(2, 100, 1))
    matrices = rotation_between(a, b)
    assert_rotations(matrices)
    unit_a, unit_b = (x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (a, b))
    np.testing.assert_allclose(np.einsum("nij,nj->ni", matrices, unit_a), unit_b, atol=1e-9)
    shortest = np.arccos((unit_a * unit_b).sum(-1))
    np.testing.assert_allclose(Rotation.from_matrix(matrices).magnitude(), shortest, atol=1e-7)


@pytest.mark.parametrize(
    "a", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (-1, 0, 0), (1, 1, 0), (1, 1, 1), (-1, -1, -1), (1, -1, 1), (0.3, -2, 0.7)]
)
def test_rotation_between_opposite_vectors_is_half_a_turn(a):
    a = np.array(a, float)
    matrix = rotation_between(a, -2 * a)
    assert_rotations(matrix)
    np.testing.assert_allclose(matrix @ a, -a, atol=1e-9)


def test_rotation_between_equal_vectors_is_nothing():
    a = np.random.default_rng(4).normal(size=(20, 3))
    np.testing.assert_allclose(rotation_between(a, 3 * a), np.tile(np.eye(3), (20, 1, 1)), atol=1e-12)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (rotation_6d_to_matrix, (np.random.default_rng(5).normal(size=(4, 5, 6)),)),
        (matrix_to_rotation_6d, (MATRICES,)),
        (orthonormal_6d, (np.random.default_rng(5).normal(size=(4, 5, 6)),)),
        (quaternion_to_matrix, (ALL.as_quat(),)),
        (matrix_to_quaternion, (MATRICES,)),
        (axis_angle_to_matrix, (ALL.as_rotvec(),)),
        (geodesic_angle, (MATRICES, MATRICES[::-1].copy())),
        (rotation_between, (MATRICES[:, 0], -MATRICES[::-1, 1].copy())),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_numpy_and_torch_agree(function, arguments):
    ours = function(*arguments)
    theirs = function(*(torch.from_numpy(argument) for argument in arguments))
    assert isinstance(theirs, torch.Tensor)
    assert theirs.dtype == torch.float64
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-12)


def test_single_precision_stays_single():
    matrices = MATRICES.astype(np.float32)
    assert matrix_to_quaternion(matrices).dtype == np.float32
    assert rotation_6d_to_matrix(matrix_to_rotation_6d(torch.from_numpy(matrices))).dtype == torch.float32
