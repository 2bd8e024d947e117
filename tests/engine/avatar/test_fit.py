"""Poses on an avatar's own skeleton, judged by a receiver that moves the model's raw nodes."""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.avatar.avatar import Avatar
from engine.avatar.fit import AvatarFit, Fitted, RawNodes
from engine.avatar.vrm import read_avatar
from engine.osc.demo_pose import t_pose
from engine.types import Pose
from models.kinematics import forward_kinematics
from models.skeleton import FEET, JOINT, NUM_JOINTS, PARENTS, TOES
from tests.engine.avatar.made_avatars import glb, made_document
from tests.engine.avatar.raw_receiver import Local, worlds

PoseMaker = Callable[..., Pose]
DATA = Path(__file__).with_name("data")
SHOULDERS = ("LeftShoulder", "RightShoulder")
MADE: dict[str, dict[str, Any]] = {
    "whole": {},
    "whole 0.x": {"version": "0.x"},
    "rest rotations": {"tilted": True, "without": ("UpperChest",)},
    "rest rotations 0.x": {"tilted": True, "version": "0.x"},
    "nodes between, scaled root": {"tilted": True, "between": ("Chest", "LeftUpperArm", "Hips"), "root_scale": 0.01},
    "no shoulders": {"without": (*SHOULDERS, "UpperChest")},
    "least bones": {"without": ("Chest", "UpperChest", "Neck", *SHOULDERS, "LeftToes", "RightToes"), "tilted": True},
    "very short legs": {"leg": 0.3, "version": "0.x"},
    "short shins": {"shin": 0.6, "version": "0.x"},
    "long shins": {"shin": 1.5, "tilted": True, "without": ("LeftToes", "RightToes")},
    "long legs, high hips": {"leg": 1.4, "arm": 1.2, "hip_joints_m": 0.09, "tilted": True},
}
MOST_OFF_M = 0.0091
"""Of a planted sole: less than the 10 mm that receivers are judged by."""
ALL = ("adult_1.0", "child_0.0", *MADE)


def _document(case: str) -> dict[str, Any]:
    if case in MADE:
        return made_document(**MADE[case])
    data = (DATA / f"{case}.vrm").read_bytes()
    document: dict[str, Any] = json.loads(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]])
    return document


def _model(case: str, tmp_path: Path) -> tuple[dict[str, Any], Avatar]:
    document = _document(case)
    path = tmp_path / "a.vrm"
    path.write_bytes(glb(document))
    return document, read_avatar(path)


def _fitted(fit: AvatarFit, pose: Pose) -> Fitted:
    return fit(pose, pose.rotations_xyzw.ravel().tolist(), pose.joints_world_m.ravel().tolist())


def _applied(fit: AvatarFit, pose: Pose) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What is sent: local position and quaternion of each bone."""
    raw, fitted = RawNodes(fit), _fitted(fit, pose)
    turns = np.array(raw.quaternions(fitted.quaternions)).reshape(-1, 4)
    places = np.array(raw.offsets, np.float64)
    places[0] = raw.hips(list(fitted.hips))
    return {name: (places[row], turns[row]) for row, name in enumerate(fit.names)}


def _orientations(pose: Pose) -> list[Rotation]:
    rotations = Rotation.from_quat(pose.rotations_xyzw).as_matrix()
    _, turned = forward_kinematics(rotations, pose.rest_offsets_m.astype(np.float64), pose.root_m.astype(np.float64))
    return [Rotation.from_matrix(matrix) for matrix in turned]


def _off_deg(a: Rotation, b: Rotation) -> float:
    return float(np.degrees((a.inv() * b).magnitude()))


def _turns(shown: dict[str, Local], rest: dict[str, Local], name: str) -> Rotation:
    """How a bone is turned in the world against the T-pose."""
    return shown[name][1] * rest[name][1].inv()


def _sole_m(shown: dict[str, Local], rest: dict[str, Local], side: str) -> float:
    """Height of the lower of ankle and toes over where they are in the T-pose."""
    names = [name for name in (f"{side}Foot", f"{side}Toes") if name in shown]
    return float(min(shown[name][0][1] - rest[name][0][1] for name in names))


def _standing(
    pitch: float = 0.0,
    roll: float = 0.0,
    knees: tuple[float, float] = (0.0, 0.0),
    yaw: float = 0.0,
    left_toes_down: float = 0.0,
) -> Pose:
    """A performer with level soles, the lower one on the floor; degrees."""
    pose = t_pose(1.7)
    turns = [Rotation.identity()] * NUM_JOINTS
    hips = Rotation.from_euler("YXZ", [yaw, pitch, roll], degrees=True)
    turns[0] = hips
    for side, foot, knee in zip(("Left", "Right"), FEET, knees, strict=True):
        thigh = Rotation.from_euler("YX", [yaw, -knee], degrees=True)  # in the world
        shin = Rotation.from_euler("YX", [yaw, knee], degrees=True)
        turns[JOINT[f"{side}UpperLeg"]], turns[JOINT[f"{side}LowerLeg"]] = hips.inv() * thigh, thigh.inv() * shin
        down = left_toes_down if side == "Left" else 0.0
        turns[foot] = shin.inv() * Rotation.from_euler("YX", [yaw, down], degrees=True)
    turns[JOINT["UpperChest"]] = Rotation.from_euler("X", 20, degrees=True)
    turns[JOINT["LeftShoulder"]] = Rotation.from_euler("Z", 12, degrees=True)
    turns[JOINT["LeftUpperArm"]] = Rotation.from_euler("Z", -60, degrees=True)
    quaternions = np.array([turn.as_quat() for turn in turns])
    offsets, root = pose.rest_offsets_m.astype(np.float64), np.array([0.4, 0.0, 0.7])
    joints, _ = forward_kinematics(Rotation.from_quat(quaternions).as_matrix(), offsets, root)
    rest = pose.joints_world_m
    root[1] = -min(joints[row, 1] - rest[row, 1] for row in (*FEET, *TOES))
    joints[:, 1] += root[1]
    return dataclasses.replace(
        pose,
        rotations_xyzw=quaternions.astype(np.float32),
        root_m=root.astype(np.float32),
        joints_world_m=joints.astype(np.float32),
    )


POSTURES: dict[str, dict[str, Any]] = {
    "bow": {"pitch": 40},
    "squat": {"knees": (60, 60), "pitch": 25},
    "half squat, turned": {"knees": (30, 30), "yaw": 130},
    "weight on one leg": {"roll": 8, "knees": (0, 15)},
    "one knee up": {"knees": (70, 5), "roll": -5},
    "step": {"knees": (25, 10), "yaw": -45},
}


@pytest.mark.parametrize("case", ALL)
def test_a_t_pose_leaves_the_model_as_the_file_has_it(tmp_path: Path, case: str) -> None:
    document, avatar = _model(case, tmp_path)
    rest = worlds(document)
    for height_m in (1.5, 1.9):
        shown = worlds(document, _applied(AvatarFit(avatar), t_pose(height_m)))
        for name, (place, turn) in rest.items():
            np.testing.assert_allclose(shown[name][0], place, atol=1e-5)
            assert _off_deg(shown[name][1], turn) < 0.01


@pytest.mark.parametrize("case", ALL)
@pytest.mark.parametrize("seed", range(3))
def test_every_bone_is_turned_in_the_world_as_the_performers(
    make_pose: PoseMaker, tmp_path: Path, case: str, seed: int
) -> None:
    document, avatar = _model(case, tmp_path)
    pose = make_pose(seed, 0.4)
    pose = dataclasses.replace(pose, joints_world_m=pose.joints_world_m + np.array([0, 3, 0], np.float32))  # a jump
    rest, shown = worlds(document), worlds(document, _applied(AvatarFit(avatar), pose))
    performer = _orientations(pose)
    trunk = ["Spine", "Chest", "UpperChest"]
    for name in avatar.bones:
        joint = name
        while joint in trunk[:-1] and trunk[trunk.index(joint) + 1] not in avatar.bones:
            joint = trunk[trunk.index(joint) + 1]
        assert _off_deg(_turns(shown, rest, name), performer[JOINT[joint]]) < 0.02, name


@pytest.mark.parametrize("case", ALL)
@pytest.mark.parametrize("posture", POSTURES)
def test_soles_on_the_floor_stay_there_and_bones_keep_their_lengths(tmp_path: Path, case: str, posture: str) -> None:
    document, avatar = _model(case, tmp_path)
    pose = _standing(**POSTURES[posture])
    rest, shown = worlds(document), worlds(document, _applied(AvatarFit(avatar), pose))
    performer, own = _orientations(pose), t_pose(1.7).joints_world_m
    planted = 0
    for side, foot, toes in zip(("Left", "Right"), FEET, TOES, strict=True):
        if min(pose.joints_world_m[row, 1] - own[row, 1] for row in (foot, toes)) < 0.002:
            planted += 1
            assert abs(_sole_m(shown, rest, side)) < MOST_OFF_M
        for bone in ("UpperLeg", "LowerLeg"):
            assert _off_deg(_turns(shown, rest, side + bone), performer[JOINT[side + bone]]) < 0.5
        assert _off_deg(_turns(shown, rest, f"{side}Foot"), performer[foot]) < 0.02
    assert planted >= 1
    for name in avatar.bones:
        above = next((bone for bone in _above(name) if bone in avatar.bones), None)
        if above is not None:
            length = np.linalg.norm(rest[name][0] - rest[above][0])
            assert np.linalg.norm(shown[name][0] - shown[above][0]) == pytest.approx(length, abs=1e-4)


def _both_feet_down(seed: int) -> Pose:
    """A stance with both soles on the floor, the left heel raised, hips rolled and pitched."""
    random = np.random.default_rng(seed)
    roll, pitch, heel, knee = random.uniform([-6, 0, 0, 0], [6, 30, 45, 50])
    own = t_pose(1.7).joints_world_m
    least, most = 0.0, 100.0
    for _ in range(30):  # the left knee that puts the left sole on the floor, too
        left = (least + most) / 2
        pose = _standing(roll=roll, pitch=pitch, knees=(left, knee), left_toes_down=heel)
        soles = [
            min(pose.joints_world_m[row, 1] - own[row, 1] for row in rows) for rows in zip(FEET, TOES, strict=True)
        ]
        least, most = (left, most) if soles[0] < soles[1] else (least, left)
    return pose


@pytest.mark.parametrize("case", ALL)
def test_with_both_feet_down_limbs_keep_their_directions_and_soles_their_places(tmp_path: Path, case: str) -> None:
    document, avatar = _model(case, tmp_path)
    fit, rest, own = AvatarFit(avatar), worlds(document), t_pose(1.7).joints_world_m
    both = 0
    for seed in range(12):
        pose = _both_feet_down(seed)
        shown, performer = worlds(document, _applied(fit, pose)), _orientations(pose)
        for name in ("LeftUpperLeg", "RightUpperLeg", "LeftLowerLeg", "RightLowerLeg"):
            assert _off_deg(_turns(shown, rest, name), performer[JOINT[name]]) < 0.5, (name, seed)
        for name in ("LeftToes", "RightToes", "Hips", "Head"):
            if name in shown:
                assert _off_deg(_turns(shown, rest, name), performer[JOINT[name]]) < 0.02, (name, seed)
        down = [
            side
            for side, rows in zip(("Left", "Right"), zip(FEET, TOES, strict=True), strict=True)
            if min(pose.joints_world_m[row, 1] - own[row, 1] for row in rows) < 0.002
        ]
        both += len(down) == 2
        for side in down:
            if side == "Right" or "LeftToes" in shown:  # a raised heel without toes says nothing about the sole
                assert abs(_sole_m(shown, rest, side)) < MOST_OFF_M, (side, seed)
    assert both >= 8


def _above(name: str) -> list[str]:
    names, joint = [], PARENTS[JOINT[name]]
    while joint >= 0:
        names.append(list(JOINT)[joint])
        joint = PARENTS[joint]
    return names


@pytest.mark.parametrize("case", ["whole", "very short legs", "long legs, high hips"])
@pytest.mark.parametrize("posture", ["bow", "squat", "half squat, turned"])
def test_legs_of_the_same_proportions_need_no_correction(tmp_path: Path, case: str, posture: str) -> None:
    document, avatar = _model(case, tmp_path)
    pose = _standing(**POSTURES[posture])
    rest, shown = worlds(document), worlds(document, _applied(AvatarFit(avatar), pose))
    performer = _orientations(pose)
    for name in ("LeftUpperLeg", "RightLowerLeg"):
        assert _off_deg(_turns(shown, rest, name), performer[JOINT[name]]) < 0.5


@pytest.mark.parametrize("case", ["adult_1.0", "child_0.0", "very short legs", "short shins"])
@pytest.mark.parametrize("roll", [-8.0, 6.0])
def test_the_leg_one_stands_on_keeps_its_direction(tmp_path: Path, case: str, roll: float) -> None:
    document, avatar = _model(case, tmp_path)
    pose = _standing(roll=roll, pitch=15, knees=(60, 8))
    rest, shown = worlds(document), worlds(document, _applied(AvatarFit(avatar), pose))
    performer = _orientations(pose)
    assert abs(_sole_m(shown, rest, "Right")) < 0.002
    for name in ("RightUpperLeg", "RightLowerLeg"):
        assert _off_deg(_turns(shown, rest, name), performer[JOINT[name]]) < 0.1


@pytest.mark.parametrize("case", ["child_0.0", "very short legs"])
def test_long_feet_that_point_down_do_not_sink_into_the_floor(tmp_path: Path, case: str) -> None:
    document, avatar = _model(case, tmp_path)
    rest = worlds(document)
    for knee in range(0, 80, 5):
        pose = _standing(knees=(float(knee), 0.0), left_toes_down=min(60.0, 2.0 * knee))
        shown = worlds(document, _applied(AvatarFit(avatar), pose))
        for side in ("Left", "Right"):
            assert _sole_m(shown, rest, side) > -MOST_OFF_M


def test_travel_scales_with_the_legs_and_planted_feet_do_not_slide(tmp_path: Path) -> None:
    document, avatar = _model("child_0.0", tmp_path)
    fit = AvatarFit(avatar)
    feet = [
        worlds(document, _applied(fit, _standing(pitch=pitch)))["LeftFoot"][0][[0, 2]] for pitch in (0.0, 10.0, 20.0)
    ]
    performer = [_standing(pitch=pitch).joints_world_m[FEET[0], [0, 2]] for pitch in (0.0, 10.0, 20.0)]
    legs = (0.5315 - 0.0525) / (0.905 * t_pose(1.7).rest_offsets_m[0, 1])
    for moved, seen in zip(feet[1:], performer[1:], strict=True):
        np.testing.assert_allclose(moved - feet[0], legs * (seen - performer[0]), atol=2e-3)


def test_hips_follow_smoothly_when_a_foot_leaves_the_floor(tmp_path: Path) -> None:
    _, avatar = _model("adult_1.0", tmp_path)
    fit, steps = AvatarFit(avatar), np.linspace(0, 60, 241)
    sent = []
    for knee in steps:
        fitted = _fitted(fit, _standing(knees=(float(knee), 0.0), roll=float(knee) / 8))
        sent.append([*fitted.hips, *fitted.quaternions])
    changes = np.abs(np.diff(np.array(sent), axis=0)).max(axis=1)
    assert changes.max() < 0.012  # a quarter of a degree a step, and no jump


def test_a_bone_that_the_receiver_does_not_know_is_folded_like_one_that_is_missing(tmp_path: Path) -> None:
    document, avatar = _model("rest rotations 0.x", tmp_path)
    fit, pose = AvatarFit(avatar, folded=frozenset({"UpperChest", *SHOULDERS})), _standing(pitch=30)
    assert not {"UpperChest", *SHOULDERS} & set(fit.names)
    rest, shown = worlds(document), worlds(document, _applied(fit, pose))
    performer = _orientations(pose)
    for name, joint in (("Chest", "UpperChest"), ("Neck", "Neck"), ("LeftUpperArm", "LeftUpperArm")):
        assert _off_deg(_turns(shown, rest, name), performer[JOINT[joint]]) < 0.02


def test_without_legs_only_the_hips_are_left_of_them(tmp_path: Path) -> None:
    _, avatar = _model("whole", tmp_path)
    fit = AvatarFit(avatar, legs=False)
    assert not [name for name in fit.names if "Leg" in name or "Foot" in name or "Toes" in name]
    fitted = _fitted(fit, t_pose(1.7))
    assert len(fitted.quaternions) == 4 * len(fit.names)
    assert fitted.hips[1] == pytest.approx(avatar.hips_height_m, abs=1e-5)


def test_normalised_offsets_build_the_t_pose(tmp_path: Path) -> None:
    _, avatar = _model("nodes between, scaled root", tmp_path)
    fit = AvatarFit(avatar)
    places = {"Hips": avatar.bones["Hips"].position}
    for name, offset in zip(fit.names, fit.offsets(), strict=True):
        if name != "Hips":
            places[name] = places[_above(name)[0]] + offset
            np.testing.assert_allclose(places[name], avatar.bones[name].position, atol=1e-6)
