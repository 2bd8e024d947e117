"""Rotations of wrist and fingers: what goes in as angles comes out again, mirrored on the other side, within limits."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from engine.solver import hands as h
from models.fingers import FINGER_NAMES, FINGER_PARENTS, FINGER_POINTS, MIRROR_FINGERS
from models.hand_geometry import hand_rotation

F64 = NDArray[np.float64]
SIDES = (0, 1)
MIRROR = np.diag([-1.0, 1.0, 1.0])


def left_hand(flexion_deg: F64, spread_deg: F64, thumb_deg: tuple[float, float] = (0.0, 0.0)) -> F64:
    """(21, 3) points of a left hand with these angles, in its own axes: fingers along +X, thumb towards +Z."""
    points = np.zeros((21, 3))
    for row, joints in enumerate(FINGER_POINTS[1:]):
        place = np.array([0.09, 0.0, 0.03 - 0.02 * row])
        turn = Rotation.from_euler("y", spread_deg[row], degrees=True)
        points[joints[0]] = place
        for bone in range(3):
            turn = turn * Rotation.from_euler("z", -flexion_deg[row, bone], degrees=True)
            place = place + turn.apply([0.03, 0.0, 0.0])
            points[joints[bone + 1]] = place
    along, axis = np.array([1, 0, 1]) / np.sqrt(2), np.array([1.0, 2**0.5, -1.0]) / 2
    place, turn = np.array([0.02, 0.0, 0.03]), Rotation.identity()
    for bone, joint in enumerate(FINGER_POINTS[0]):
        points[joint] = place
        if bone in (1, 2):
            turn = turn * Rotation.from_rotvec(np.radians(thumb_deg[bone - 1]) * axis)
        place = place + turn.apply(0.03 * along)
    return points


def hand(side: int, points: F64) -> F64:
    return points if side == 0 else points @ MIRROR


def mirrored(xyzw: NDArray[np.floating]) -> F64:
    return np.asarray(xyzw * np.array([1, -1, -1, 1]), np.float64)


def angle_deg(a: NDArray[np.floating], b: NDArray[np.floating]) -> F64:
    return np.degrees((Rotation.from_quat(a).inv() * Rotation.from_quat(b)).magnitude())


FLAT = left_hand(np.zeros((4, 3)), np.zeros(4))


@pytest.mark.parametrize("side", SIDES)
def test_a_t_pose_hand_is_not_rotated_and_a_rotated_one_is_by_just_that(side: int) -> None:
    points = hand(side, FLAT)
    turned = Rotation.from_euler("xyz", [200, -40, 70], degrees=True)
    still, moved = hand_rotation(points, side), hand_rotation(turned.apply(points), side)
    assert still is not None
    assert moved is not None
    np.testing.assert_allclose(moved, turned.as_matrix() @ still, atol=1e-12)
    assert np.degrees(Rotation.from_matrix(still).magnitude()) < 15  # the roots of the fingers lie askew in a hand
    assert np.linalg.det(still) == pytest.approx(1.0)


def test_a_hand_that_is_a_line_or_a_point_has_no_rotation() -> None:
    assert hand_rotation(np.zeros((21, 3)), 0) is None
    assert hand_rotation(np.outer(np.arange(21.0), [1, 0, 0]), 1) is None
    assert hand_rotation(np.full((21, 3), np.nan), 1) is None


@pytest.mark.parametrize("side", SIDES)
def test_an_open_hand_has_no_rotations_and_bent_fingers_have_their_angles(side: int) -> None:
    assert angle_deg(h.finger_rotations(hand(side, FLAT), side), np.tile([0.0, 0, 0, 1], (15, 1))).max() < 1e-3
    flexion = np.array([[20, 30, 19.5], [10, 25, 16.25], [5, 40, 26], [-10, 20, 13.0]])
    spread = np.array([-15.0, 0.0, 5.0, 15.0])
    measured, spreads = h.finger_angles(hand(side, left_hand(flexion, spread)), side)
    np.testing.assert_allclose(measured, flexion, atol=1e-9)
    np.testing.assert_allclose(
        spreads, (spread if side == 0 else -spread) * np.cos(np.radians(flexion[:, 0])), atol=1e-9
    )


def test_the_right_hand_is_the_mirrored_left() -> None:
    points = left_hand(np.full((4, 3), 25.0), np.array([-10.0, 0, 5, 10]), (20.0, 30.0))
    left = h.finger_rotations(points, 0)
    np.testing.assert_allclose(h.finger_rotations(points @ MIRROR, 1), mirrored(left), atol=1e-6)
    np.testing.assert_allclose(h.relaxed_hand(1), mirrored(h.relaxed_hand(0)), atol=1e-6)
    turned = Rotation.from_euler("xyz", [50, 20, -30], degrees=True).apply(points)
    mine, theirs = hand_rotation(turned, 0), hand_rotation(turned @ MIRROR, 1)
    assert mine is not None
    np.testing.assert_allclose(theirs, MIRROR @ mine @ MIRROR, atol=1e-12)


def test_the_thumb_bends_about_its_own_axis_and_only_as_far_as_thumbs_do() -> None:
    for first, second, limited in ((20.0, 30.0, (20.0, 30.0)), (90.0, 100.0, (60.0, 80.0)), (-30.0, -40.0, (0, -15.0))):
        bones = h.finger_rotations(left_hand(np.zeros((4, 3)), np.zeros(4), (first, second)), 0)
        rotvec = Rotation.from_quat(bones[:3]).as_rotvec(degrees=True)
        axis = np.array([1.0, 2**0.5, -1.0]) / 2
        np.testing.assert_allclose(rotvec @ axis, [0, *limited], atol=1e-3)


def test_no_finger_bends_or_spreads_farther_than_fingers_do() -> None:
    wild = left_hand(np.full((4, 3), 170.0), np.full(4, 60.0))
    rotvec = Rotation.from_quat(h.finger_rotations(wild, 0)[3:]).magnitude() * 180 / np.pi
    assert (rotvec.reshape(4, 3) <= [98, 110.01, 85.01]).all()
    noise = np.random.default_rng(0)
    for _ in range(50):
        quaternions = h.finger_rotations(noise.normal(size=(21, 3)), 1)
        assert np.isfinite(quaternions).all()


def test_a_fist_is_closed_more_than_the_network_says_and_a_calibration_says_by_how_much() -> None:
    seen = np.array([[60.0, 55, 34]] * 4)
    hidden = np.array([[20.0, 80, 40]] * 4)  # a fist whose roots are behind its fingers
    second = 45 + 1.4 * 35
    assert h.with_gain(hidden)[0] == pytest.approx([0.9 * second, second, 0.65 * second])
    at_root = np.array([[80.0, 10, 5], [0, 15, 10], [-10, 0, 0], [70, 0, 0]])
    assert h.with_gain(at_root)[:, :2] == pytest.approx(at_root[:, :2])
    opened, half = np.array([[4.0, 4, 2]] * 4), np.array([[40.0, 25, 14.5]] * 4)
    measured = h.finger_range(np.stack([opened] * 3), np.stack([seen] * 3))
    assert h.with_gain(seen, measured).sum(-1) == pytest.approx(h.FIST_DEG)
    assert h.with_gain(opened, measured).sum(-1) == pytest.approx(0, abs=1e-6)
    assert h.with_gain(half, measured).sum(-1) == pytest.approx(h.FIST_DEG / 2)
    assert h.with_gain(np.zeros((4, 3)), measured).sum() == 0


@pytest.mark.parametrize("side", SIDES)
def test_half_of_the_wrists_twist_goes_to_the_forearm_and_the_hand_is_where_it_was_seen(side: int) -> None:
    forearm = Rotation.from_euler("xyz", [10, 40, 80], degrees=True).as_matrix()
    bend = Rotation.from_rotvec([0.0, 0.1, 0.3]) * Rotation.from_rotvec([np.radians(70), 0, 0])
    seen = forearm @ bend.as_matrix()
    new_forearm, hand_local = h.wrist_from_hand(seen, forearm, side)
    np.testing.assert_allclose(new_forearm @ hand_local, seen, atol=1e-9)
    turned = Rotation.from_matrix(forearm.T @ new_forearm).as_rotvec(degrees=True)
    np.testing.assert_allclose(turned, [35, 0, 0], atol=1e-9)


@pytest.mark.parametrize("side", SIDES)
def test_a_wrist_bends_only_as_far_as_wrists_do(side: int) -> None:
    sign = 1 - 2 * side
    for wild, limit in (
        ([0, 0, -sign * 120], [0, 0, -sign * 75]),
        ([0, sign * 80, 0], [0, sign * 35, 0]),
        ([0, -sign * 80, 0], [0, -sign * 20, 0]),
        ([150, 0, 0], [90, 0, 0]),
    ):
        forearm, local = h.wrist_from_hand(Rotation.from_rotvec(wild, degrees=True).as_matrix(), np.eye(3), side)
        np.testing.assert_allclose(
            Rotation.from_matrix(forearm @ local).as_rotvec(degrees=True), limit, atol=1e-6, err_msg=str(wild)
        )


def test_bones_are_named_side_by_side() -> None:
    assert FINGER_NAMES[:4] == ("LeftThumbProximal", "LeftThumbIntermediate", "LeftThumbDistal", "LeftIndexProximal")
    assert FINGER_PARENTS[:4] == ("LeftHand", "LeftThumbProximal", "LeftThumbIntermediate", "LeftHand")
    swapped = [name.replace("Left", "?").replace("Right", "Left").replace("?", "Right") for name in FINGER_NAMES]
    assert [FINGER_NAMES[row] for row in MIRROR_FINGERS] == swapped
