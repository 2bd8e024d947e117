"""Slopes of heads whose answer is known: one that follows half of a tilt or a turn, and faces that tell nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.bench.head_figures import head_roll_slope, head_yaw, heads_in_camera
from engine.motion.take import ROW, MotionTake, take_from_rows
from models.keypoints import KEYPOINT
from models.skeleton import JOINT, NUM_JOINTS

FRAMES = 90
SWAY = np.radians(20) * np.sin(np.arange(FRAMES) / 5)


def made_take(axis: str, angle: np.ndarray) -> MotionTake:
    """Somebody before a level camera whose head turns about an axis; the face network read it in every frame."""
    rows = np.zeros(FRAMES, ROW)
    rows["timestamp_s"], rows["tracked"], rows["head_from_face"] = np.arange(FRAMES) / 30, True, True
    rows["rotations_xyzw"] = np.tile([0.0, 0.0, 0.0, 1.0], (FRAMES, NUM_JOINTS, 1))
    rows["rotations_xyzw"][:, JOINT["Head"]] = Rotation.from_euler(axis, angle[:, None]).as_quat()
    rows["R_world_cam"] = np.diag([1.0, -1.0, -1.0])
    rows["keypoint_scores"] = 1.0
    return take_from_rows(rows, fps=30.0)


def with_face(take: MotionTake, tilt: np.ndarray, *, eyes_px: float = 20.0, nose: float = 0.5) -> MotionTake:
    """Draw a face that tilts in the picture: `eyes_px` apart, its nose at a fraction of the way between the ears."""
    along = np.stack([np.cos(tilt), -np.sin(tilt)], axis=-1)
    points = take.keypoints_px.copy()
    for name, off in (("left_eye", 0.5), ("right_eye", -0.5), ("left_ear", 1.0), ("right_ear", -1.0)):
        points[:, KEYPOINT[name]] = 100 + off * eyes_px * along
    points[:, KEYPOINT["nose"]] = 100 + (2 * nose - 1) * eyes_px * along
    return replace(take, keypoints_px=points)


def test_the_head_that_follows_half_of_the_eyes_tilt_has_half_the_slope():
    take = made_take("z", 0.5 * SWAY)
    assert head_roll_slope(with_face(take, SWAY)) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("tilt", "eyes_px", "nose"),
    [(0.05 * SWAY, 20.0, 0.5), (SWAY, 3.0, 0.5), (SWAY, 20.0, 1.4), (SWAY, 20.0, -0.1)],
    ids=["hardly tilts", "eyes three pixels apart", "seen from the left", "seen from the right"],
)
def test_a_face_that_cannot_tell_the_roll_has_no_slope(tilt, eyes_px, nose):
    assert head_roll_slope(with_face(made_take("z", SWAY), tilt, eyes_px=eyes_px, nose=nose)) is None


def test_frames_from_the_side_do_not_spoil_the_others():
    seen = with_face(made_take("z", SWAY), SWAY)
    aside = with_face(seen, -3 * SWAY, nose=1.5)
    points = np.where((np.arange(FRAMES) < 40)[:, None, None], aside.keypoints_px, seen.keypoints_px)
    assert head_roll_slope(replace(seen, keypoints_px=points)) == pytest.approx(1.0, abs=0.02)


def test_the_truth_wins_over_the_eyes_and_its_yaw_is_known():
    true = heads_in_camera(made_take("z", SWAY))
    assert head_roll_slope(with_face(made_take("z", 0.8 * SWAY), 3 * SWAY), true) == pytest.approx(0.8, abs=0.02)
    turned = heads_in_camera(made_take("y", SWAY))
    assert head_yaw(made_take("y", 0.7 * SWAY), turned)[0] == pytest.approx(0.7, abs=0.02)


def test_yaw_is_compared_with_the_face_networks_where_it_read_one():
    take, face = made_take("y", 0.6 * SWAY), made_take("y", SWAY)
    assert head_yaw(take) == (None, None)
    assert head_yaw(take, face_take=face)[0] == pytest.approx(0.6, abs=0.02)
    expected_deg = np.degrees(np.median(np.abs(0.4 * SWAY)))
    assert head_yaw(take, face_take=face)[1] == pytest.approx(expected_deg, abs=0.1)
    assert head_yaw(made_take("y", 0.2 * SWAY), face_take=made_take("y", 0.1 * SWAY))[0] is None  # hardly turns
    unread = replace(face, head_from_face=np.zeros(FRAMES, bool))
    assert head_yaw(take, face_take=unread) == (None, None)


def test_a_head_turned_away_from_the_camera_has_no_slope():
    away = made_take("y", np.pi + SWAY)
    assert head_yaw(away, heads_in_camera(away)) == (None, None)
    assert head_roll_slope(away, heads_in_camera(away)) is None
