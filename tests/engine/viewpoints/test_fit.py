"""Rotation fits without scale, the pelvis' own frame, and the detector's landmarks as our joints."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.viewpoints.fit import (
    about_hips,
    distances_mm,
    fit_rotation,
    in_hips_frame,
    landmark_joints,
    rotation_angle_deg,
)
from models.keypoints import EVIDENCE_NAMES, NUM_EVIDENCE
from models.kinematics import REST_JOINTS
from models.skeleton import JOINT, NUM_JOINTS, ROOT


def _turn(degrees: float) -> np.ndarray:
    return np.asarray(Rotation.from_euler("yx", [degrees, 10.0], degrees=True).as_matrix())


@pytest.mark.parametrize("degrees", [0.0, 30.0, 90.0, 170.0])
def test_the_fit_finds_the_rotation_that_was_applied(degrees: float) -> None:
    points = np.random.default_rng(0).normal(size=(40, NUM_JOINTS, 3))
    R = _turn(degrees)
    assert np.allclose(fit_rotation(points, points @ R.T), R, atol=1e-9)


def test_the_fit_is_a_rotation_even_for_mirrored_points() -> None:
    points = np.random.default_rng(1).normal(size=(30, 3))
    R = fit_rotation(points, points * [-1.0, 1.0, 1.0])
    assert np.linalg.det(R) == pytest.approx(1.0)


def test_the_fit_leaves_a_wrong_size_visible() -> None:
    points = np.random.default_rng(2).normal(size=(50, 3))
    R = _turn(70.0)
    fitted = points @ fit_rotation(points, 1.3 * points @ R.T).T
    assert distances_mm(fitted, 1.3 * points @ R.T).mean() == pytest.approx(300 * np.linalg.norm(points, axis=1).mean())


def test_pairs_without_weight_or_number_count_for_nothing() -> None:
    points = np.random.default_rng(3).normal(size=(20, 3))
    R = _turn(45.0)
    targets = points @ R.T
    targets[3], targets[4] = np.nan, 50.0
    weights = np.ones(20)
    weights[4] = 0.0
    assert np.allclose(fit_rotation(points, targets, weights), R)


def test_a_fit_without_pairs_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one pair"):
        fit_rotation(np.full((4, 3), np.nan), np.zeros((4, 3)))


@pytest.mark.parametrize("degrees", [0.0, 1e-4, 30.0, 179.999, 180.0])
def test_the_angle_of_a_rotation_is_exact_at_both_ends(degrees: float) -> None:
    R = Rotation.from_rotvec(np.deg2rad(degrees) * np.array([0.6, 0.0, 0.8])).as_matrix()
    assert rotation_angle_deg(R) == pytest.approx(degrees, abs=1e-5)


def test_in_the_hips_frame_a_turned_body_is_the_same() -> None:
    R = _turn(120.0)
    turned = (REST_JOINTS @ R.T) + [3.0, 1.0, 2.0]
    assert np.allclose(in_hips_frame(turned, R), about_hips(REST_JOINTS))


def test_landmarks_become_joints_about_the_hips() -> None:
    marks = np.random.default_rng(4).normal(size=(5, NUM_EVIDENCE, 3))
    marks[:, EVIDENCE_NAMES.index("left_small_toe")] = np.nan  # BlazePose has none
    joints = landmark_joints(marks)
    assert joints.shape == (5, NUM_JOINTS, 3)
    assert np.isfinite(joints).all()
    assert np.allclose(joints[:, ROOT], 0.0)
    hips = (marks[:, EVIDENCE_NAMES.index("left_hip")] + marks[:, EVIDENCE_NAMES.index("right_hip")]) / 2
    assert np.allclose(joints[:, JOINT["LeftHand"]], marks[:, EVIDENCE_NAMES.index("left_wrist")] - hips)


def test_landmarks_of_another_number_are_refused() -> None:
    with pytest.raises(ValueError, match="expected"):
        landmark_joints(np.zeros((2, 33, 3)))
