"""Head, gaze and expression from a made-up mesh: known turns come out, ratios check the scores, mirrors swap sides."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from engine.solver import face as f
from engine.types import F32, FaceView
from models import face as m
from models.camera import Intrinsics

FACING = np.diag([1.0, -1.0, -1.0])
CAMERA = FACING
"""R_world_cam of a level camera that looks at the performer."""


def mesh(
    turn: Rotation | None = None,
    *,
    lids: tuple[float, float] = (0.05, 0.05),
    lips: float = 0.01,
    look: tuple[float, float] = (0.0, 0.0),
) -> F32:
    """(478, 3) points of a face 100 px high: x to the person's left, y up, z out; then turned and seen by the camera.

    lids, lips  gaps over the height;  look  left, down in radians
    """
    points = np.zeros((478, 3))
    points[m.FOREHEAD], points[m.CHIN] = (0, 50, 0), (0, -50, 0)
    points[m.UPPER_LIP], points[m.LOWER_LIP] = (0, -20 + 50 * lips, 0), (0, -20 - 50 * lips, 0)
    for eye, sign in enumerate((1, -1)):
        points[m.OUTER_CORNERS[eye]], points[m.INNER_CORNERS[eye]] = (sign * 25, 20, 0), (sign * 10, 20, 0)
        middle = np.array([sign * 17.5, 20, 0])
        points[m.UPPER_LIDS[eye]] = middle + np.array([0, 50 * lids[eye], 0])
        points[m.LOWER_LIDS[eye]] = middle - np.array([0, 50 * lids[eye], 0])
        reach = 15 / f.EYE_WIDTH_PER_RADIUS
        points[m.IRIS_CENTRES[eye]] = middle + reach * np.array([np.sin(look[0]), -np.sin(look[1]), 0])
    if turn is not None:
        points = turn.apply(points)
    return (points @ FACING + [300, 200, 0]).astype(np.float32)


def mirrored(points: F32) -> F32:
    """The mesh of the mirrored picture: every left point is where the right one was."""
    swapped = points.copy()
    for pair in (m.OUTER_CORNERS, m.INNER_CORNERS, m.UPPER_LIDS, m.LOWER_LIDS, m.IRIS_CENTRES):
        swapped[list(pair)] = points[list(pair[::-1])]
    swapped[:, 0] = 640 - swapped[:, 0]
    return swapped


def scores(**values: float) -> F32:
    result = np.zeros(52, np.float32)
    for name, value in values.items():
        result[m.EXPRESSION[name]] = value
    return result


def of(expression: NDArray[np.float32], name: str) -> float:
    return float(expression[m.EXPRESSION[name]])


def test_a_face_that_looks_into_a_level_camera_is_a_head_at_rest() -> None:
    rotation = f.head_rotation(mesh(), CAMERA)
    np.testing.assert_allclose(rotation, np.eye(3), atol=1e-6)


@pytest.mark.parametrize(("axis", "gain"), [("Y", f.YAW_GAIN), ("X", 1.0), ("Z", 1.0)])
def test_a_turned_head_is_turned_by_as_much_times_the_fitted_slope(axis: str, gain: float) -> None:
    turn = Rotation.from_euler(axis, 20, degrees=True)
    rotation = f.head_rotation(mesh(turn), CAMERA)
    assert rotation is not None
    expected = gain * turn.as_rotvec(degrees=True)
    np.testing.assert_allclose(Rotation.from_matrix(rotation).as_rotvec(degrees=True), expected, atol=1e-3)


def test_a_face_at_the_pictures_edge_that_looks_into_the_camera_is_turned_towards_it() -> None:
    towards = Intrinsics(600, 600, 320, 240).view_rotation(np.array([620.0, 240.0]))
    rotation = f.head_rotation(mesh(), CAMERA @ towards)
    assert rotation is not None
    angles = Rotation.from_matrix(rotation).as_euler("YXZ", degrees=True)
    np.testing.assert_allclose(angles, [-26.565, 0.0, 0.0], atol=1e-2)  # 300 of 600 px to the performer's left


def test_what_the_face_at_rest_shows_is_taken_off() -> None:
    askew = Rotation.from_euler("X", 8, degrees=True)
    rest = f.resting_face([FaceView(0, 0.0, mesh(askew, look=(0.1, 0.05)), 0.99, scores(mouthFrownLeft=0.2), 100.0)])
    assert rest is not None
    np.testing.assert_allclose(f.head_rotation(mesh(askew), CAMERA, rest), np.eye(3), atol=1e-6)
    np.testing.assert_allclose(f.gaze(mesh(look=(0.3, 0.05)), rest), [0.2 * f.GAZE_GAIN, 0.0], atol=1e-5)
    assert of(f.expression(mesh(), scores(mouthFrownLeft=0.2), rest), "mouthFrownLeft") == 0
    assert of(f.expression(mesh(), scores(mouthFrownLeft=1.0), rest), "mouthFrownLeft") == pytest.approx(1.0)
    assert f.resting_face([]) is None


@pytest.mark.parametrize("turned", [0, 25])
def test_gaze_is_that_of_the_irises_with_its_gain_however_the_head_is_turned(turned: int) -> None:
    points = mesh(Rotation.from_euler("YX", [turned, 10], degrees=True), look=(0.3, -0.2))
    np.testing.assert_allclose(f.gaze(points), [0.3 * f.GAZE_GAIN, -0.2], atol=3e-2)


def test_the_open_eye_counts_and_with_both_lids_shut_there_is_no_gaze() -> None:
    points = mesh(lids=(0.008, 0.05), look=(0.2, 0.0))
    points[m.IRIS_CENTRES[0]] += 30  # what is under a shut lid is guessed
    np.testing.assert_allclose(f.gaze(points, None, np.array([1.0, 0.0])), [0.2 * f.GAZE_GAIN, 0.0], atol=1e-3)
    shut = mesh(lids=(0.02, 0.02))
    closed = f.closed_lids(shut, scores(eyeBlinkLeft=0.6, eyeBlinkRight=0.6))
    assert f.gaze(shut, None, closed) is None
    limited = f.gaze(mesh(look=(1.5, -1.5)))
    assert limited is not None
    np.testing.assert_allclose(limited, [f.MAX_YAW, -f.MAX_PITCH])


def test_the_jaw_is_the_gap_of_the_lips_and_the_score_has_a_small_say() -> None:
    assert of(f.expression(mesh(), scores()), "jawOpen") == pytest.approx(0, abs=1e-6)
    assert of(f.expression(mesh(lips=0.26), scores(jawOpen=1.0)), "jawOpen") == pytest.approx(1.0, abs=1e-3)
    assert of(f.expression(mesh(), scores(jawOpen=0.6)), "jawOpen") == pytest.approx(0.6 * f.JAW_SCORE_WEIGHT, abs=1e-6)


def test_a_head_that_is_turned_away_opens_its_jaw_by_the_lips_alone() -> None:
    away = mesh(Rotation.from_euler("Y", 40, degrees=True), lips=0.135)
    assert (
        f.jaw_open(away, scores(jawOpen=0.0)) == f.jaw_open(away, scores(jawOpen=1.0)) == pytest.approx(0.5, abs=0.03)
    )


@pytest.mark.parametrize(("yaw", "near"), [(40, 1), (-40, 0)])
def test_the_eye_that_is_turned_away_blinks_with_the_other(yaw: int, near: int) -> None:
    gaps = [0.05, 0.05]
    gaps[near] = 0.008  # the camera sees this one shut; what it says of the other is guessed
    score = scores(**{("eyeBlinkLeft", "eyeBlinkRight")[near]: 1.0})
    closed = f.closed_lids(mesh(Rotation.from_euler("Y", yaw, degrees=True), lids=(gaps[0], gaps[1])), score)
    assert closed == pytest.approx([1.0, 1.0], abs=1e-3)


def test_a_blink_needs_the_lids_and_the_score() -> None:
    both = f.expression(mesh(lids=(0.008, 0.05)), scores(eyeBlinkLeft=1.0))
    assert of(both, "eyeBlinkLeft") == pytest.approx(1.0, abs=1e-3)
    assert of(both, "eyeBlinkRight") == pytest.approx(0.0, abs=1e-3)
    half = f.expression(mesh(), scores(eyeBlinkLeft=0.6, eyeBlinkRight=0.6))
    assert of(half, "eyeBlinkLeft") == pytest.approx(0.5 / 1.2, abs=1e-3)


def test_what_the_network_does_not_give_is_zero_and_no_score_leaves_its_range() -> None:
    wild = np.full(52, 7.0, np.float32)
    wild[m.EXPRESSION["mouthPucker"]] = np.nan
    result = f.expression(mesh(lips=0.9), wild)
    assert all(of(result, name) == 0 for name in f.ALWAYS_ZERO)
    assert of(result, "mouthPucker") == 0
    assert ((result >= 0) & (result <= 1)).all()


def test_mirrored_everything_changes_sides() -> None:
    points = mesh(Rotation.from_euler("YXZ", [15, 5, 10], degrees=True), lids=(0.01, 0.05), look=(0.2, 0.1))
    score = scores(mouthSmileLeft=0.7, eyeBlinkLeft=0.9)
    mine, theirs = f.expression(points, score), f.expression(mirrored(points), score[list(m.MIRROR_EXPRESSIONS)])
    np.testing.assert_allclose(theirs, mine[list(m.MIRROR_EXPRESSIONS)], atol=1e-5)
    look = f.gaze(points)
    assert look is not None
    np.testing.assert_allclose(f.gaze(mirrored(points)), look * [-1, 1], atol=1e-4)
    head, other = f.head_rotation(points, CAMERA), f.head_rotation(mirrored(points), CAMERA)
    assert head is not None
    mirror = np.diag([-1.0, 1.0, 1.0])
    np.testing.assert_allclose(other, mirror @ head @ mirror, atol=1e-4)


def test_scores_of_the_look_say_the_same_as_the_gaze() -> None:
    left = f.with_gaze(scores(eyeLookUpLeft=1.0, jawOpen=0.5), np.array([f.MAX_YAW / 2, f.MAX_PITCH]))
    expected = scores(eyeLookOutLeft=0.5, eyeLookInRight=0.5, eyeLookDownLeft=1.0, eyeLookDownRight=1.0, jawOpen=0.5)
    np.testing.assert_allclose(left, expected, atol=1e-6)
    eyes = Rotation.from_quat(f.eye_rotations(np.array([0.3, 0.2]))).apply([0, 0, 1])
    assert (eyes[:, 0] > 0.2).all()  # to the left
    assert (eyes[:, 1] < -0.15).all()  # down


def test_a_mesh_that_is_a_point_has_no_head_and_no_gaze() -> None:
    assert f.head_rotation(np.zeros((478, 3), np.float32), CAMERA) is None
    assert f.gaze(np.zeros((478, 3), np.float32)) is None
    assert f.gaze(np.full((478, 3), np.nan, np.float32)) is None
