"""The BVH reader: each joint's own channel order, end sites, and one clear line for what is not a whole BVH."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from models.mocap.bvh import BvhError, read_bvh
from tests.models.mocap.rigs import DAZ, write_bvh

SMALL = """HIERARCHY
ROOT Hips
{
  OFFSET 1 2 3
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT Spine
  {
    OFFSET 0 10 0
    CHANNELS 3 Xrotation Zrotation Yrotation
    End Site
    {
      OFFSET 0 5 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.0083333
0 90 0 0 0 0 0 0 0
10 91 -5 30 20 10 40 50 60
"""


@pytest.fixture
def read(tmp_path):
    def from_text(text: str):
        path = tmp_path / "clip.bvh"
        path.write_text(text)
        return read_bvh(path)

    return from_text


def test_names_parents_offsets_and_rate_are_those_of_the_file(read):
    bvh = read(SMALL)
    assert bvh.names == ("Hips", "Spine", "Spine_end")
    assert bvh.parents == (-1, 0, 1)
    np.testing.assert_array_equal(bvh.offsets, [[1, 2, 3], [0, 10, 0], [0, 5, 0]])
    assert bvh.fps == pytest.approx(120, rel=1e-4)
    assert bvh.rotations.shape == (2, 3, 3, 3)


def test_each_joint_keeps_its_own_channel_order(read):
    bvh = read(SMALL)
    x, y, z = np.eye(3)
    root = [Rotation.from_rotvec(np.radians(angle) * axis) for angle, axis in ((30, z), (20, y), (10, x))]
    spine = [Rotation.from_rotvec(np.radians(angle) * axis) for angle, axis in ((40, x), (50, z), (60, y))]
    for joint, (a, b, c) in enumerate((root, spine)):
        np.testing.assert_allclose(bvh.rotations[1, joint], (a * b * c).as_matrix(), atol=1e-12)
    np.testing.assert_array_equal(bvh.rotations[0], np.tile(np.eye(3), (3, 1, 1)))


def test_positions_come_from_the_channels_or_else_from_the_offset(read):
    bvh = read(SMALL)
    np.testing.assert_array_equal(bvh.positions[1, 0], [10, 91, -5])
    np.testing.assert_array_equal(bvh.positions[1, 1], [0, 10, 0])


def test_the_world_places_follow_the_chain(read):
    joints, turned = read(SMALL).world()
    np.testing.assert_allclose(joints[0], [[0, 90, 0], [0, 100, 0], [0, 105, 0]])
    spine = joints[1, 0] + turned[1, 0] @ [0, 10, 0]
    np.testing.assert_allclose(joints[1, 1], spine)
    np.testing.assert_allclose(joints[1, 2], spine + turned[1, 1] @ [0, 5, 0])


def test_position_channels_may_come_after_the_rotations_or_in_another_order(read):
    moved = SMALL.replace(
        "6 Xposition Yposition Zposition Zrotation Yrotation Xrotation",
        "6 Zrotation Yrotation Xrotation Zposition Xposition Yposition",
    ).replace("10 91 -5 30 20 10", "30 20 10 -5 10 91")
    ours, theirs = read(moved), read(SMALL)
    np.testing.assert_allclose(ours.rotations[1], theirs.rotations[1])
    np.testing.assert_array_equal(ours.positions[1], theirs.positions[1])


def test_position_channels_on_an_inner_joint_replace_its_offset(read):
    text = SMALL.replace("CHANNELS 3 Xrot", "CHANNELS 6 Xposition Yposition Zposition Xrot")
    text = text.replace("0 90 0 0 0 0 0 0 0", "0 90 0 0 0 0 1 11 2 0 0 0").replace("40 50 60", "0 10 0 40 50 60")
    np.testing.assert_array_equal(read(text).positions[0, 1], [1, 11, 2])


def test_windows_line_ends_and_tabs_are_read(read):
    np.testing.assert_array_equal(
        read(SMALL.replace("\n", "\r\n").replace("  ", "\t")).positions, read(SMALL).positions
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda _: "", "HIERARCHY"),
        (lambda _: "\x89PNG\r\n\x1a\n\0\0 not text at all", "HIERARCHY"),
        (lambda text: text[: text.index("MOTION")], "MOTION"),
        (lambda text: text[: text.index("JOINT")] + "MOTION\nFrames: 1\nFrame Time: 0.1\n0 0 0 0 0 0", "cut short"),
        (lambda text: text[: text.index("Frame Time")], "cut short"),
        (lambda text: text[:-12], "numbers, expected 2 frames x 9 channels"),
        (lambda text: text.replace("Frames: 2", "Frames: 3"), "numbers, expected 3 frames x 9 channels"),
        (lambda text: text.replace("Frames: 2", "Frames: 0"), "expected 0 frames"),
        (lambda text: text.replace("-5", "nan"), "NaN"),
        (lambda text: text.replace("-5", "inf"), "NaN"),
        (lambda text: text.replace("-5", "five"), "five"),
        (lambda text: text.replace("0.0083333", "0"), "frame time"),
        (lambda text: text.replace("0.0083333", "nan"), "frame time"),
        (lambda text: text.replace("OFFSET 0 10 0", "OFFSET 0 ten 0"), "ten"),
        (lambda text: text.replace("OFFSET 0 10 0", "OFFSET 0 nan 0"), "NaN"),
        (lambda text: text.replace("OFFSET 0 10 0", "SCALE 0 10 0"), "SCALE"),
        (lambda text: text.replace("Zposition", "Wposition"), "Wposition"),
        (lambda text: text.replace("CHANNELS 3 Xrotation", "CHANNELS 3 Zrotation"), "Zrotation Zrotation"),
        (lambda text: text.replace("}\nMOTION", "MOTION"), "cut short"),
    ],
    ids=[
        "empty",
        "binary",
        "no motion",
        "hierarchy cut",
        "no frame time",
        "motion cut",
        "too few frames",
        "zero frames",
        "nan",
        "infinite",
        "word for number",
        "no frame time value",
        "nan frame time",
        "word for offset",
        "nan offset",
        "unknown word",
        "unknown channel",
        "axis twice",
        "brace open",
    ],
)
def test_what_is_not_a_whole_bvh_is_told_in_one_line_that_names_the_file(read, change, told):
    assert change(SMALL) != SMALL
    with pytest.raises(BvhError) as error:
        read(change(SMALL))
    message = str(error.value)
    assert "clip.bvh" in message
    assert told in message
    assert "\n" not in message


def test_one_frame_is_a_whole_file(read):
    bvh = read(SMALL.replace("Frames: 2", "Frames: 1").replace("10 91 -5 30 20 10 40 50 60\n", ""))
    assert bvh.rotations.shape[0] == 1


def test_a_rig_written_by_the_tests_is_read_as_rotations(tmp_path):
    bvh = read_bvh(write_bvh(tmp_path / "daz.bvh", DAZ, frames=4, fps=120))
    np.testing.assert_allclose(np.linalg.det(bvh.rotations), 1)
    assert bvh.names[0] == "hip"
    assert "lFoot_end" in bvh.names
