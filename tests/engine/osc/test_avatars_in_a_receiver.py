"""Whole avatars, from the pose to the datagrams and on to a receiver that applies every local position and rotation to
the model's raw nodes: the two of the project and four made here.

The receiver shares no line with the sender. The motion is the receiver test: T-pose, step, squat, turn, hand up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.osc.receiver_check import DURATION_S, STEP_S, walking_test
from engine.osc.targets import parse_target
from engine.types import Pose
from models.kinematics import forward_kinematics
from models.skeleton import FEET, JOINT, TOES
from tests.engine.avatar.made_avatars import glb, made_document
from tests.engine.avatar.raw_receiver import Local, worlds
from tests.engine.osc.test_avatar_target import ADULT, CHILD, _applied, _document, _heard

MADE: dict[str, dict[str, Any]] = {
    "with UpperChest, 0.x": {"version": "0.x"},
    "without shoulders": {"without": ("UpperChest", "LeftShoulder", "RightShoulder"), "arm": 1.1},
    "very short legs": {"leg": 0.3, "version": "0.x", "hip_joints_m": -0.02},
    "1.0 with rest rotations": {"tilted": True, "between": ("Chest", "LeftUpperArm"), "root_scale": 0.01},
}
TIMES = np.linspace(0.1, DURATION_S - 0.1, 25)
LIMBS = (("UpperArm", "LowerArm"), ("LowerArm", "Hand"), ("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot"))


def _model(name: str, tmp_path: Path) -> tuple[dict[str, Any], Path]:
    if name in ("adult", "child"):
        path = ADULT if name == "adult" else CHILD
        return _document(path), path
    document, path = made_document(**MADE[name]), tmp_path / "made.vrm"
    path.write_bytes(glb(document))
    return document, path


def _orientations(pose: Pose) -> np.ndarray:
    rotations = Rotation.from_quat(pose.rotations_xyzw).as_matrix()
    return forward_kinematics(rotations, pose.rest_offsets_m.astype(float), pose.root_m.astype(float))[1]


def _angle_deg(a: np.ndarray, b: np.ndarray) -> float:
    cosine = (a @ b) / np.linalg.norm(a) / np.linalg.norm(b)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def _limbs(shown: dict[str, Local], rest: dict[str, Local], world: np.ndarray) -> dict[str, float]:
    """How far each limb points from where the performer's does, degrees."""
    found = {}
    for side in ("Left", "Right"):
        for start, end in LIMBS:
            now = shown[side + end][0] - shown[side + start][0]
            at_rest = rest[side + end][0] - rest[side + start][0]
            found[side + start] = _angle_deg(now, world[JOINT[side + start]] @ at_rest)
    return found


@pytest.mark.parametrize("name", ["adult", "child", *MADE])
def test_the_model_moves_as_the_performer_on_its_own_bones_with_its_soles_on_the_floor(
    tmp_path: Path, name: str
) -> None:
    document, path = _model(name, tmp_path)
    encoder = parse_target(f"vmc://127.0.0.1?avatar={quote(str(path))}").encoder()
    rest = worlds(document)
    standing = walking_test(1.7, 0.0)
    t_pose = worlds(document, _applied(_heard(encoder, walking_test(1.7, STEP_S / 2))))
    assert t_pose["Hips"][0] == pytest.approx(rest["Hips"][0], abs=1e-3)
    for time_s in TIMES:
        pose = walking_test(1.7, float(time_s))
        shown = worlds(document, _applied(_heard(encoder, pose)))
        world = _orientations(pose)
        for limb, off in _limbs(shown, rest, world).items():
            assert off < 0.5, (limb, time_s)
        for bone in ("Spine", "Head", "LeftHand", "RightFoot"):
            turned = Rotation.from_matrix(world[JOINT[bone]]) * rest[bone][1]
            assert np.degrees((shown[bone][1].inv() * turned).magnitude()) < 1.0, (bone, time_s)
        _assert_lengths(shown, rest)
        _assert_soles(pose, standing, shown, rest)


def _assert_lengths(shown: dict[str, Local], rest: dict[str, Local]) -> None:
    for side in ("Left", "Right"):
        for start, end in LIMBS:
            lengths = [np.linalg.norm(one[side + end][0] - one[side + start][0]) for one in (shown, rest)]
            assert lengths[0] == pytest.approx(lengths[1], abs=1e-3)


def _assert_soles(pose: Pose, standing: Pose, shown: dict[str, Local], rest: dict[str, Local]) -> None:
    """While a foot of the performer is on the floor, the avatar's is."""
    for side, foot, toes in zip(("Left", "Right"), FEET, TOES, strict=True):
        rises = [pose.joints_world_m[row, 1] - standing.joints_world_m[row, 1] for row in (foot, toes)]
        names = [bone for bone in (f"{side}Foot", f"{side}Toes") if bone in rest]
        lowest = min(shown[bone][0][1] - rest[bone][0][1] for bone in names)
        assert lowest > -0.01
        if min(rises) < 0.002:
            assert abs(lowest) < 0.01
