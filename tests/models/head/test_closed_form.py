"""The head from five points of the face: exact for a true picture."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from models.head.closed_form import FACE_POINTS, head_in_view
from models.head.inputs import FACE
from models.keypoints import NUM_KEYPOINTS

SIZE = 0.2
UPRIGHT = np.diag([1.0, -1.0, -1.0])  # facing the camera, in its axes


def turned(yaw_deg: float, pitch_deg: float, roll_deg: float) -> np.ndarray:
    return UPRIGHT @ Rotation.from_euler("YXZ", [yaw_deg, pitch_deg, roll_deg], degrees=True).as_matrix()


def picture(head: np.ndarray, at_m: tuple[float, float, float] = (0.1, -0.5, 3.0), score: float = 1.0) -> np.ndarray:
    """(23, 3) of a head at a place before the camera."""
    keypoints = np.zeros((NUM_KEYPOINTS, 3))
    points = FACE_POINTS[True] / 1000 @ head.T + at_m
    keypoints[FACE, :2] = points[:, :2] / points[:, 2:] / SIZE
    keypoints[FACE, 2] = score
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
    flat[FACE, 1] = 0.3
    assert head_in_view(flat, SIZE, blazepose=True) is None
    flat[FACE, :2] = 0.3
    assert head_in_view(flat, SIZE, blazepose=True) is None


@pytest.mark.parametrize(("blazepose", "within_deg"), [(False, 1.0), (True, 8.0)])
def test_a_level_head_of_the_simulated_detectors_comes_out_level(blazepose, within_deg):
    pytest.importorskip("torch")
    from models.synth import landmarks

    rows = [landmarks.EVIDENCE_NAMES.index(name) for name in ("nose", "left_eye", "right_eye", "left_ear", "right_ear")]
    simulated = 1.7 * landmarks._OFFSETS[int(blazepose), rows].numpy()
    keypoints = picture(UPRIGHT)
    points = simulated @ UPRIGHT.T + (0.0, 0.0, 4.0)
    keypoints[FACE, :2] = points[:, :2] / points[:, 2:] / SIZE
    assert apart_deg(head_in_view(keypoints, SIZE, blazepose=blazepose), UPRIGHT) < within_deg
