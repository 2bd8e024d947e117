"""Files for certain programs: LAFAN1's rig for robots' retargeting, SMPL's body pose as AMASS has it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.errors import UsageError
from engine.motion.bvh_styles import BVH_STYLES
from engine.motion.formats import write_motion
from engine.motion.smpl import PELVIS_HEIGHT_M, PELVIS_M, SMPL_BODY, SMPL_HANDS
from engine.motion.take import MotionTake
from models.fingers import FINGER_NAMES
from models.kinematics import forward_kinematics
from models.skeleton import JOINT, JOINT_NAMES
from tests.engine.motion.bvh_reader import BvhReader

TakeMaker = Callable[..., MotionTake]
SMPL_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
"""Published with SMPL: kintree_table of its 22 body joints."""
LAFAN1_TREE = {
    "LeftUpLeg": "Hips", "LeftLeg": "LeftUpLeg", "LeftFoot": "LeftLeg", "LeftToe": "LeftFoot",
    "RightUpLeg": "Hips", "RightLeg": "RightUpLeg", "RightFoot": "RightLeg", "RightToe": "RightFoot",
    "Spine": "Hips", "Spine1": "Spine", "Spine2": "Spine1", "Neck": "Spine2", "Head": "Neck",
    "LeftShoulder": "Spine2", "LeftArm": "LeftShoulder", "LeftForeArm": "LeftArm", "LeftHand": "LeftForeArm",
    "RightShoulder": "Spine2", "RightArm": "RightShoulder", "RightForeArm": "RightArm", "RightHand": "RightForeArm",
}  # fmt: skip


def _t_pose(take: MotionTake) -> MotionTake:
    rest = np.zeros_like(take.rotations_xyzw)
    rest[..., 3] = 1
    root = np.tile(take.rest_offsets_m[0], (len(take), 1))
    return dataclasses.replace(take, rotations_xyzw=rest, root_m=root)


def _lafan1(tmp_path: Path, take: MotionTake, style: str = "lafan1") -> BvhReader:
    return BvhReader(write_motion(tmp_path / "a.bvh", take, style=style, overwrite=True).read_text())


def test_lafan1_has_that_rigs_names_and_tree_and_our_joints(make_take: TakeMaker, tmp_path: Path) -> None:
    take = make_take(np.arange(20) / 30)
    bvh = _lafan1(tmp_path, take)
    assert bvh.names == ["Hips", *LAFAN1_TREE], "in that rig's order"
    assert {name: bvh.names[parent] for name, parent in zip(bvh.names, bvh.parents, strict=True) if parent >= 0} == (
        LAFAN1_TREE
    )
    places = bvh.joints() / 100
    for joint, name in enumerate(JOINT_NAMES):
        at = bvh.names.index(BVH_STYLES["lafan1"].names[name])
        np.testing.assert_allclose(places[:, at], take.joints_world_m[:, joint], atol=1e-4)
    assert "CHANNELS 3 Zrotation Yrotation Xrotation" in (tmp_path / "a.bvh").read_text()
    assert _lafan1(tmp_path, take, "gmr").joints() == pytest.approx(bvh.joints())


def test_lafan1s_bones_lie_along_x_at_rest(make_take: TakeMaker, tmp_path: Path) -> None:
    bvh = _lafan1(tmp_path, _t_pose(make_take(np.arange(2) / 30)))
    offsets = dict(zip(bvh.names, bvh.offsets, strict=True))
    for name in ("Leg", "Foot", "Toe", "ForeArm", "Hand"):
        for side in ("Left", "Right"):
            along = offsets[side + name] / np.linalg.norm(offsets[side + name])
            assert along[0] > 0.97, (side + name, along)
    for name in ("Spine1", "Spine2", "Neck", "Head"):
        assert offsets[name][0] > 0.8 * np.linalg.norm(offsets[name])
    assert offsets["LeftUpLeg"][2] > 0.05
    assert offsets["RightUpLeg"][2] < -0.05


def test_lafan1_turns_each_bone_of_the_t_pose_as_that_rig_does(make_take: TakeMaker, tmp_path: Path) -> None:
    bvh = _lafan1(tmp_path, _t_pose(make_take(np.arange(2) / 30)))
    world = dict(zip(bvh.names, bvh.worlds()[0], strict=True))  # columns: the joint's x, y, z axes in the world
    expected = {
        "Hips": ([0, 1, 0], [0, 0, 1]),
        "Spine2": ([0, 1, 0], [0, 0, 1]),
        "Head": ([0, 1, 0], [0, 0, 1]),
        "LeftUpLeg": ([0, -1, 0], [0, 0, 1]),
        "RightLeg": ([0, -1, 0], [0, 0, 1]),
        "LeftToe": ([0, 0, 1], [0, 1, 0]),
        "LeftForeArm": ([1, 0, 0], [0, 0, -1]),
        "RightHand": ([-1, 0, 0], [0, 0, -1]),
    }
    for name, (x, y) in expected.items():
        np.testing.assert_allclose(world[name][:, 0], x, atol=1e-4, err_msg=name)
        np.testing.assert_allclose(world[name][:, 1], y, atol=1e-4, err_msg=name)


def test_lafan1_has_thirty_frames_a_second_whatever_the_take(make_take: TakeMaker, tmp_path: Path) -> None:
    take = make_take(np.arange(61) / 60)
    bvh = _lafan1(tmp_path, take)
    assert bvh.frame_time_s == pytest.approx(1 / 30)
    np.testing.assert_allclose(bvh.joints()[:, 0] / 100, take.joints_world_m[::2, 0], atol=1e-4)


@pytest.fixture
def amass(tmp_path: Path) -> Callable[[MotionTake], dict[str, np.ndarray]]:
    """Writes a take in SMPL's style and reads it as anybody would."""

    def read(take: MotionTake) -> dict[str, np.ndarray]:
        path = write_motion(tmp_path / "a.npz", take, style="smpl", overwrite=True)
        with np.load(path) as file:
            return {name: file[name] for name in file.files}

    return read


def test_smpls_own_kinematics_turn_each_joint_as_ours_with_z_up(make_take: TakeMaker, amass: Callable) -> None:
    take = make_take(np.arange(20) / 30)
    file = amass(take)
    assert file["poses"].shape == (20, 156)
    assert file["mocap_framerate"] == pytest.approx(30)
    assert str(file["gender"]) == "neutral"
    assert not file["betas"].any()
    vectors = file["poses"].reshape(20, 52, 3)
    world: list[Rotation] = []
    for joint, parent in enumerate(SMPL_PARENTS):
        own = Rotation.from_rotvec(vectors[:, joint])
        world.append(own if parent < 0 else world[parent] * own)
    matrices = Rotation.from_quat(take.rotations_xyzw.reshape(-1, 4)).as_matrix().reshape(20, 22, 3, 3)
    _, ours = forward_kinematics(matrices, take.rest_offsets_m, take.root_m)
    z_up = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # our left stays x, up becomes z, forward -y
    for joint, name in enumerate(SMPL_BODY):
        np.testing.assert_allclose(world[joint].as_matrix(), z_up @ ours[:, JOINT[name]], atol=1e-5, err_msg=name)
    scale = PELVIS_HEIGHT_M / take.rest_offsets_m[0, 1]
    np.testing.assert_allclose(file["trans"] + PELVIS_M, scale * take.root_m @ z_up.T, atol=1e-6)


def test_smpls_parts_are_those_of_the_whole_and_fingers_come_in_its_order(
    make_take: TakeMaker, amass: Callable
) -> None:
    take = make_take(np.arange(4) / 30)
    fingers = Rotation.random(4 * 30, random_state=3).as_quat(canonical=True).reshape(4, 30, 4).astype(np.float32)
    file = amass(dataclasses.replace(take, fingers_xyzw=fingers))
    np.testing.assert_array_equal(
        np.concatenate([file["root_orient"], file["pose_body"], file["pose_hand"]], axis=1), file["poses"]
    )
    hands = file["pose_hand"].reshape(4, 30, 3)
    assert SMPL_HANDS[:4] == ("LeftIndexProximal", "LeftIndexIntermediate", "LeftIndexDistal", "LeftMiddleProximal")
    for at, name in enumerate(SMPL_HANDS):
        expected = Rotation.from_quat(fingers[:, FINGER_NAMES.index(name)])
        assert (Rotation.from_rotvec(hands[:, at]).inv() * expected).magnitude().max() < 1e-5
    assert not amass(take)["pose_hand"].any()


@pytest.mark.parametrize(("name", "style"), [("a.fbx", "smpl"), ("a.npz", "gmr"), ("a.glb", "mixamo")])
def test_a_style_for_another_kind_of_file_is_one_line(
    make_take: TakeMaker, tmp_path: Path, name: str, style: str
) -> None:
    with pytest.raises(UsageError, match=f"--style {style} is for .* files"):
        write_motion(tmp_path / name, make_take(np.arange(2) / 30), style=style)
    assert not list(tmp_path.iterdir())
