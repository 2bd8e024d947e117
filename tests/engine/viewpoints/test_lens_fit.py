"""How far the figure's joints are from where the detector sees them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine.osc.demo_pose import wave_pose
from engine.types import Keypoints2D, NoPerson
from engine.viewpoints.lens_fit import _PAIRS, fit_px
from models.camera import Intrinsics
from models.keypoints import NUM_KEYPOINTS

LENS = Intrinsics.from_hfov((640, 480), 1.0)


def seen(off_px=(0.0, 0.0), scores=0.9):
    """A pose 3 m before the camera and the keypoints that a perfect detector sees of it, moved by off_px."""
    R = np.diag([1.0, -1.0, -1.0]).astype(np.float32)
    t = np.array([0.0, 1.0, 3.0], np.float32)
    pose = dataclasses.replace(wave_pose(1.7, 0.0), tracked=True, R_world_cam=R, t_world_cam=t, intrinsics=LENS)
    points = np.zeros((NUM_KEYPOINTS, 2), np.float32)
    for joint, keypoint in _PAIRS:
        points[keypoint] = LENS.to_pixels((pose.joints_world_m[joint] - t) @ R) + off_px
    return pose, Keypoints2D(pose.frame_id, 0.0, (640, 480), points, np.full(NUM_KEYPOINTS, scores, np.float32))


def test_a_figure_that_covers_the_person_is_off_by_nothing():
    assert fit_px(*seen()) == pytest.approx(0, abs=1e-3)
    assert fit_px(*seen((3.0, 4.0))) == pytest.approx(5.0, abs=1e-3)


def test_a_wrong_lens_shows():
    pose, keypoints = seen()
    wide = dataclasses.replace(pose, intrinsics=Intrinsics.from_hfov((640, 480), 1.4))
    assert fit_px(wide, keypoints) > 20


def test_without_a_person_or_with_another_frame_there_is_no_figure():
    pose, keypoints = seen()
    assert fit_px(None, keypoints) is None
    assert fit_px(pose, NoPerson(0, 0.0, (640, 480))) is None
    assert fit_px(dataclasses.replace(pose, tracked=False), keypoints) is None
    assert fit_px(dataclasses.replace(pose, frame_id=pose.frame_id + 1), keypoints) is None
    assert fit_px(*seen(scores=0.1)) is None
