"""A part of a picture, enlarged, with its own lens."""

from __future__ import annotations

import numpy as np

from engine.bench.cut_picture import WHOLE, Region, region_above
from models.camera import Intrinsics
from models.skeleton import JOINT, NUM_JOINTS

CAMERA = Intrinsics(600.0, 600.0, 320.0, 240.0)


def test_a_ray_meets_the_enlarged_part_where_the_same_pixel_went():
    region = Region(100, 20, 200, 120, 3.2)
    pixel = np.array([180.0, 75.0])
    moved = (pixel - (100, 20)) * 3.2
    assert np.allclose(CAMERA.to_rays(pixel), region.camera(CAMERA).to_rays(moved))


def test_the_picture_ends_at_the_joint_and_lies_round_the_person():
    joints = np.zeros((5, NUM_JOINTS, 2))
    joints[:, JOINT["Hips"], 1], joints[:, JOINT["Neck"], 0] = 180.0, 600.0
    region = region_above(joints, "Hips", (640, 480))
    assert (region.top, region.height, region.width) == (0, 180, 320)
    assert region.left + region.width == 640  # at the edge: moved inside
    picture = region.of(np.zeros((480, 640, 3), np.uint8))
    assert picture.shape == (360, 640, 3)


def test_the_whole_picture_is_left_alone():
    picture = np.zeros((48, 64, 3), np.uint8)
    assert WHOLE.of(picture) is picture
    assert WHOLE.camera(CAMERA) == CAMERA
