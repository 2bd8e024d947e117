"""The network's head joined with the face's: by expected errors with landmarks, in closed form without."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from models.head import joined
from models.head.closed_form import FACE_POINTS
from models.head.inputs import FACE, FRAMES
from models.head.joined import DOUBT_RAD, TRUST, with_head
from models.head.regressor import HeadGuess
from models.keypoints import NUM_EVIDENCE, NUM_KEYPOINTS
from models.parts import HEAD_LEVER, NUM_PARTS
from models.skeleton import JOINT, NUM_JOINTS, PARENTS

SIZE = 0.2
UPRIGHT = np.diag([1.0, -1.0, -1.0])  # facing the camera, in its axes
NOTHING = np.zeros((FRAMES, NUM_EVIDENCE, 4))
LANDMARKS = np.ones((FRAMES, NUM_EVIDENCE, 4))


def turned(yaw_deg: float, pitch_deg: float, roll_deg: float) -> np.ndarray:
    return UPRIGHT @ Rotation.from_euler("YXZ", [yaw_deg, pitch_deg, roll_deg], degrees=True).as_matrix()


def pictures(head: np.ndarray, score: float = 1.0) -> np.ndarray:
    """(FRAMES, 23, 3) of a head that is still, as people mark it."""
    keypoints = np.zeros((FRAMES, NUM_KEYPOINTS, 3))
    points = FACE_POINTS[False] / 1000 @ head.T + (0.1, -0.5, 3.0)
    keypoints[:, FACE, :2] = points[:, :2] / points[:, 2:] / SIZE
    keypoints[:, FACE, 2] = score
    return keypoints


def apart_deg(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(Rotation.from_matrix(a.T @ b).magnitude()))


def body() -> np.ndarray:
    rotations = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    rotations[0] = UPRIGHT
    rotations[JOINT["Spine"]] = Rotation.from_euler("z", 10, degrees=True).as_matrix()
    return rotations


def head_of(rotations: np.ndarray) -> np.ndarray:
    joint, whole = JOINT["Head"], np.eye(3)
    while joint >= 0:
        whole, joint = rotations[joint] @ whole, PARENTS[joint]
    return whole


def moved_deg(keypoints: np.ndarray) -> float:
    return apart_deg(head_of(body()), head_of(with_head(body(), keypoints, NOTHING, SIZE, None)))


def test_the_head_turns_most_of_the_way_and_nothing_else_moves():
    rotations, seen = body(), turned(25, 0, -20)
    out = with_head(rotations, pictures(seen), NOTHING, SIZE, None)
    before, after = apart_deg(head_of(rotations), seen), apart_deg(head_of(out), seen)
    assert after < 0.4 * before
    others = [joint for joint in range(NUM_JOINTS) if joint != JOINT["Head"]]
    np.testing.assert_array_equal(out[others], rotations[others])
    np.testing.assert_allclose(out[JOINT["Head"]] @ out[JOINT["Head"]].T, np.eye(3), atol=1e-9)


def test_trust_in_the_closed_form_falls_with_scores_and_with_the_distance_from_the_network():
    turns = [moved_deg(pictures(turned(0, 0, 10), score)) for score in (1.0, 0.5, 0.1)]
    assert turns[0] == pytest.approx(2 * turns[1], rel=0.1)
    assert turns[2] == 0.0
    apart = apart_deg(head_of(body()), turned(170, 0, 10))
    assert moved_deg(pictures(turned(170, 0, 10))) < TRUST * np.exp(-((np.radians(apart) / DOUBT_RAD) ** 2)) * 200


class Regressor:
    """Always the same answer."""

    def __init__(self, head: np.ndarray, error_rad: float) -> None:
        self.head, self.error_rad = head, error_rad

    def guess(self, keypoints: np.ndarray, evidence: np.ndarray, size: np.ndarray) -> HeadGuess:
        assert keypoints.shape == (1, FRAMES, NUM_KEYPOINTS, 3)
        assert evidence.shape == (1, FRAMES, NUM_EVIDENCE, 4)
        assert size.tolist() == [SIZE]
        return HeadGuess(self.head[None], np.array([self.error_rad]))


@pytest.mark.parametrize(("error_rad", "share"), [(0.1, 0.985), (0.2, 0.8), (0.2 * 2**0.5, 0.5), (0.4, 0.2)])
def test_with_landmarks_network_and_regressor_count_by_their_expected_errors(monkeypatch, error_rad, share):
    seen = turned(0, 0, 10)
    monkeypatch.setattr(joined, "head_regressor", lambda: Regressor(seen, error_rad))
    log_spread = np.full(NUM_PARTS, np.log(0.2 * HEAD_LEVER * np.pi / 4))  # the network expects 0.2 rad
    rotations = body()
    rotations[JOINT["Spine"]] = np.eye(3)
    out = with_head(rotations, pictures(seen), LANDMARKS, SIZE, log_spread)
    assert apart_deg(head_of(rotations), head_of(out)) == pytest.approx(10 * share, abs=0.2)


def test_a_face_that_is_not_seen_changes_nothing(monkeypatch):
    monkeypatch.setattr(joined, "head_regressor", lambda: Regressor(turned(0, 0, 90), 0.01))
    hidden = pictures(turned(0, 0, 30))
    hidden[-1, FACE[3], 2] = 0.0
    rotations = body()
    assert with_head(rotations, hidden, LANDMARKS, SIZE, None) is rotations
