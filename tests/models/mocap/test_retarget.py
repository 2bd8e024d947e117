"""Retargeting: motion written on other programs' rigs comes back as it was; so do real files, within 5 mm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.kinematics import STATURE, forward_kinematics
from models.mocap.bvh import BvhError, read_bvh
from models.mocap.retarget import first_frame_of, map_joints, retarget, round_trip_error
from models.rotations import geodesic_angle, quaternion_to_matrix
from models.skeleton import JOINT, JOINT_NAMES, LIMBS, NUM_JOINTS, PARENTS, REST_OFFSETS
from tests.models.mocap.rigs import BLENDER, DAZ, MIXAMO, RIGS, UNREAL, Rig, bvh_text, random_motion, write_bvh

HEIGHT_M = 1.7
TRUNK = ("UpperLeg", "UpperArm")
by_rig = pytest.mark.parametrize("rig", RIGS, ids=lambda rig: rig.name)


def opened(path: Path, rig: Rig, **options: float):
    bvh = read_bvh(write_bvh(path / f"{rig.name}.bvh", rig, **options))
    return bvh, retarget(bvh, rig.name)


@by_rig
def test_limb_joints_come_back_within_5_mm(rig, tmp_path):
    bvh, clip = opened(tmp_path, rig, frames=20)
    assert round_trip_error(bvh, clip).shape == (20, 12)
    assert round_trip_error(bvh, clip).max() * HEIGHT_M < 0.005


@by_rig
def test_the_rotations_that_were_written_come_back(rig, tmp_path):
    _, clip = opened(tmp_path, rig, frames=8, seed=3)
    rotations, _ = random_motion(rig, 8, 3)
    angles = np.degrees(geodesic_angle(quaternion_to_matrix(clip.rotations_xyzw), rotations))
    for joint, name in enumerate(JOINT_NAMES):
        assert angles[:, joint].max() < 0.01, name


@by_rig
def test_the_places_of_all_joints_come_back_at_the_right_scale(rig, tmp_path):
    _, clip = opened(tmp_path, rig, frames=8, seed=4)
    rotations, root = random_motion(rig, 8, 4)
    expected, _ = forward_kinematics(rotations, REST_OFFSETS, root)
    found, _ = forward_kinematics(quaternion_to_matrix(clip.rotations_xyzw), clip.rest_offsets, clip.root)
    for joint, name in enumerate(JOINT_NAMES):
        if name in rig.names:
            assert np.abs(found[:, joint] * STATURE - expected[:, joint]).max() < 1e-4, name


@pytest.mark.parametrize("rig", [MIXAMO, UNREAL, BLENDER], ids=lambda rig: rig.name)
def test_the_rest_offsets_are_those_of_the_t_pose_whatever_the_file_rests_in(rig, tmp_path):
    _, clip = opened(tmp_path, rig)
    np.testing.assert_allclose(clip.rest_offsets * STATURE, REST_OFFSETS, atol=1e-5)


def test_a_trunk_leans_as_in_the_file_also_where_the_rig_rests_leaning(tmp_path):
    leaning = Rig("Leaning", MIXAMO.names, trunk_deg=12)
    bvh, clip = opened(tmp_path, leaning, frames=6)
    assert round_trip_error(bvh, clip).max() * HEIGHT_M < 0.005
    ours, _ = forward_kinematics(quaternion_to_matrix(clip.rotations_xyzw), REST_OFFSETS, clip.root)
    found = map_joints(bvh.names, "x")
    directions = []
    for joints, index in ((bvh.world()[0], found), (ours, JOINT)):
        ends = [(joints[:, index[f"Left{name}"]] + joints[:, index[f"Right{name}"]]) / 2 for name in TRUNK]
        directions.append((ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0], axis=-1, keepdims=True))
    assert np.degrees(np.arccos((directions[0] * directions[1]).sum(-1))).max() < 4


def test_joints_that_the_rig_lacks_sit_on_their_parent_and_stay_still(tmp_path):
    _, clip = opened(tmp_path, DAZ)
    np.testing.assert_array_equal(clip.rest_offsets[JOINT["UpperChest"]], 0)
    np.testing.assert_allclose(clip.rotations_xyzw[:, JOINT["UpperChest"]], np.tile([0, 0, 0, 1], (5, 1)), atol=1e-6)


def test_the_end_of_a_foot_stands_in_for_missing_toes(tmp_path):
    bvh, clip = opened(tmp_path, DAZ)
    assert bvh.names[map_joints(bvh.names, "x")["LeftToes"]] == "lFoot_end"
    np.testing.assert_allclose(
        clip.rest_offsets[JOINT["LeftToes"]] * STATURE, REST_OFFSETS[JOINT["LeftToes"]], atol=1e-5
    )


@by_rig
def test_left_is_mapped_to_left(rig):
    found = map_joints(tuple(rig.names.values()), rig.name)
    for ours, theirs in rig.names.items():
        assert tuple(rig.names.values())[found[ours]] == theirs


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("left_upper_arm", "LeftUpperArm"), ("LeftUpperArm", "LeftUpperArm"), ("lShldr", "LeftUpperArm")],
)
def test_spellings_of_one_joint_are_understood(theirs, ours):
    names = tuple(theirs if name == "LeftUpperArm" else name for name in JOINT_NAMES)
    assert names[map_joints(names, "x")[ours]] == theirs


def test_an_unknown_skeleton_names_what_is_missing_and_what_there_is(tmp_path):
    text = bvh_text(MIXAMO, *random_motion(MIXAMO, 2, 0), 30).replace("mixamorig:", "horse").replace("horseHips", "hip")
    (tmp_path / "horse.bvh").write_text(text)
    with pytest.raises(BvhError) as error:
        retarget(read_bvh(tmp_path / "horse.bvh"), "horse.bvh")
    message = str(error.value)
    assert message.startswith("horse.bvh: no joint found for Head, LeftUpperArm")
    assert "horseSpine" in message
    assert "\n" not in message


def test_a_skeleton_without_size_is_refused(tmp_path):
    rig = Rig("Point", MIXAMO.names, scale=0.0)
    with pytest.raises(BvhError, match=r"Point: .*length"):
        opened(tmp_path, rig)


def test_one_frame_can_be_retargeted(tmp_path):
    _, clip = opened(tmp_path, UNREAL, frames=1)
    assert clip.rotations_xyzw.shape == (1, NUM_JOINTS, 4)


def test_the_first_frame_is_dropped_where_it_is_a_t_pose(tmp_path):
    bvh, whole = opened(tmp_path, DAZ, frames=3)
    rest = retarget(bvh, "daz", first_frame=1)
    np.testing.assert_array_equal(rest.rotations_xyzw, whole.rotations_xyzw[1:])
    np.testing.assert_array_equal(rest.root, whole.root[1:])
    assert round_trip_error(bvh, rest, first_frame=1).max() * HEIGHT_M < 0.005


def test_a_file_of_nothing_but_its_t_pose_is_refused(tmp_path):
    bvh, _ = opened(tmp_path, DAZ, frames=1)
    with pytest.raises(BvhError, match="1 frames, expected more than 1"):
        retarget(bvh, "daz", first_frame=1)


def test_only_cmus_daz_files_begin_with_a_t_pose():
    assert first_frame_of(Path("x/cmu_bvh/01/01_01.bvh")) == 1
    assert first_frame_of(Path("x/mesh2motion/walk.bvh")) == 0


def test_every_required_joint_has_a_parent_that_can_be_missing_only_inside_the_body():
    assert all(JOINT_NAMES[PARENTS[joint]] in BLENDER.names for joint in LIMBS)
