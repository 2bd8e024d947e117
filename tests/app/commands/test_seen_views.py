"""The angle between two cameras' ups, in the true world."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from app.commands.seen_clips import SeenClip, Truth
from app.commands.seen_views import Ups
from models.camera import Intrinsics

LENS = Intrinsics(500.0, 500.0, 320.0, 240.0)


def view(yaw_deg: float, off_deg: float, cut: str = "waist") -> tuple[SeenClip, Any]:
    """A camera at a yaw, and a take whose up is wrong by a roll of `off_deg`."""
    R_world_cam = Rotation.from_euler("y", yaw_deg, degrees=True).as_matrix() @ np.diag([1.0, -1.0, -1.0])
    joints = np.zeros((1, 22, 3))
    truth = Truth(joints, joints, joints[..., :2], R_world_cam, LENS, 1.7)
    keypoints: Any = None
    clip = SeenClip("clip", Path("clip.mp4"), cut, keypoints, LENS, 1.7, truth=truth)
    rolled = R_world_cam @ Rotation.from_euler("z", off_deg, degrees=True).as_matrix()
    return clip, SimpleNamespace(tracked=np.ones(1, bool), R_world_cam=rolled)


def test_cameras_that_are_right_agree_from_everywhere():
    ups = Ups()
    for yaw_deg in (0, 60, 180):
        ups.add(*view(yaw_deg, 0.0))
    assert ups.figures()["waist"] == pytest.approx({"pairs": 3, "median_deg": 0.0, "most_deg": 0.0}, abs=1e-4)


def test_opposite_rolls_add_up_and_cuts_are_kept_apart():
    ups = Ups()
    for off_deg, cut in ((3.0, "waist"), (-2.0, "waist"), (40.0, "shoulders"), (0.0, "")):
        ups.add(*view(0.0, off_deg, cut))
    figures = ups.figures()
    assert figures["waist"]["most_deg"] == pytest.approx(5.0, abs=1e-4)
    assert list(figures) == ["waist"]
