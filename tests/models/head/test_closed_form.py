"""The head from five points of the face: exact for a true picture, joined with the network by scores and nearness."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.vtm.head import _FACE, DOUBT_RAD, FACE_POINTS, TRUST, head_in_view, with_head
from models.keypoints import NUM_KEYPOINTS
from models.skeleton import JOINT, NUM_JOINTS, PARENTS

SIZE = 0.2
UPRIGHT = np.diag([1.0, -1.0, -1.0])  # facing the camera, in its axes


def turned(yaw_deg: float, pitch_deg: float, roll_deg: float) -> np.ndarray:
    return UPRIGHT @ Rotation.from_euler("YXZ", [yaw_deg, pitch_deg, roll_deg], degrees=True).as_matrix()


def picture(head: np.ndarray, at_m: tuple[float, float, float] = (0.1, -0.5, 3.0), score: float = 1.0) -> np.ndarray:
    """(23, 3) of a head at a place before the camera."""
    keypoints = np.zeros((NUM_KEYPOINTS, 3))
    points = FACE_POINTS[True] / 1000 @ head.T + at_m
    keypoints[_FACE, :2] = points[:, :2] / points[:, 2:] / SIZE
    keypoints[_FACE, 2] = score
    return keypoints


def apart_deg(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(Rotation.from_matrix(a.T @ b).magnitude()))


@pytest.mark.parametrize("yaw_deg", [-60, -20, 0, 45])
@pytest.mark.parametrize("pitch_deg", [-25, 0, 25])
@pytest.mark.parametrize("roll_deg", [-40, 0, 30])
@pytest.mark.parametrize("at_m", [(0.0, -0.4, 2.5), (0.9, -0.6, 2.0)])
def test_a_true_picture_gives_the_true_head_wherever_it_is(yaw_deg, pitch_deg, roll_deg, at_m):
    head = turned(yaw_deg, pitch_deg, roll_deg)
    found = head_in_view(picture(head, at_m), SIZE, blazepose=True)
    assert apart_deg(found, head) < 4.0
    np.testing.assert_allclose(found @ found.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(found) == pytest.approx(1.0)


def test_points_on_one_line_or_at_one_place_are_no_face():
    flat = picture(turned(0, 0, 0))
    flat[_FACE, 1] = 0.3
    assert head_in_view(flat, SIZE, blazepose=True) is None
    flat[_FACE, :2] = 0.3
    assert head_in_view(flat, SIZE, blazepose=True) is None


def body(head_off_deg: float = 0.0) -> np.ndarray:
    rotations = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    rotations[0] = UPRIGHT
    rotations[JOINT["Spine"]] = Rotation.from_euler("z", 10, degrees=True).as_matrix()
    rotations[JOINT["Head"]] = Rotation.from_euler("z", head_off_deg, degrees=True).as_matrix()
    return rotations


def head_of(rotations: np.ndarray) -> np.ndarray:
    joint, whole = JOINT["Head"], np.eye(3)
    while joint >= 0:
        whole, joint = rotations[joint] @ whole, PARENTS[joint]
    return whole


def test_the_head_turns_most_of_the_way_and_nothing_else_moves():
    rotations, seen = body(), turned(25, 0, -20)
    out = with_head(rotations, picture(seen), SIZE, blazepose=True)
    before, after = apart_deg(head_of(rotations), seen), apart_deg(head_of(out), seen)
    assert after < 0.4 * before
    others = [joint for joint in range(NUM_JOINTS) if joint != JOINT["Head"]]
    np.testing.assert_array_equal(out[others], rotations[others])
    np.testing.assert_allclose(out[JOINT["Head"]] @ out[JOINT["Head"]].T, np.eye(3), atol=1e-9)


def test_trust_falls_with_the_scores_and_with_the_distance_from_the_network():
    seen = turned(0, 0, 10)
    turns = [
        apart_deg(head_of(body()), head_of(with_head(body(), picture(seen, score=score), SIZE, blazepose=True)))
        for score in (1.0, 0.5, 0.1)
    ]
    assert turns[0] == pytest.approx(2 * turns[1], rel=0.1)
    assert turns[2] == 0.0
    apart = apart_deg(head_of(body()), turned(170, 0, 10))
    moved = apart_deg(head_of(body()), head_of(with_head(body(), picture(turned(170, 0, 10)), SIZE, blazepose=True)))
    assert moved < TRUST * np.exp(-((np.radians(apart) / DOUBT_RAD) ** 2)) * 200


@pytest.mark.parametrize(("blazepose", "within_deg"), [(False, 1.0), (True, 8.0)])
def test_a_level_head_of_the_simulated_detectors_comes_out_level(blazepose, within_deg):
    pytest.importorskip("torch")
    from models.synth import landmarks

    rows = [landmarks.EVIDENCE_NAMES.index(name) for name in ("nose", "left_eye", "right_eye", "left_ear", "right_ear")]
    simulated = 1.7 * landmarks._OFFSETS[int(blazepose), rows].numpy()
    keypoints = picture(UPRIGHT)
    points = simulated @ UPRIGHT.T + (0.0, 0.0, 4.0)
    keypoints[_FACE, :2] = points[:, :2] / points[:, 2:] / SIZE
    assert apart_deg(head_in_view(keypoints, SIZE, blazepose=blazepose), UPRIGHT) < within_deg
