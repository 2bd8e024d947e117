"""Fingers, eyes and face of a take, read back out of every format by a reader that shares no line with the writer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.motion.formats import write_motion
from engine.motion.take import MotionTake, row_of, take_from_rows
from engine.types import Keypoints2D, Pose
from models.detail_skeleton import DETAIL_NAMES, EYE_NAMES
from models.face import EXPRESSION_NAMES
from models.fingers import FINGER_NAMES
from models.vrm_expressions import VRM0_NAMES, vrm_expressions
from tests.engine.detailed_poses import with_details
from tests.engine.motion.bvh_reader import BvhReader
from tests.engine.motion.fbx_reader import FbxReader
from tests.engine.motion.test_gltf_and_csv import Glb

FRAMES, FPS = 12, 30
UNITY = np.array([1, -1, -1, 1])
"""A quaternion in Unity's axes, which mirror x."""
Turns = dict[str, Rotation]


@pytest.fixture
def take(make_pose: Callable[..., Pose], make_detection: Callable[[Pose], Keypoints2D]) -> MotionTake:
    poses = [with_details(make_pose(1, frame / FPS, frame_id=frame)) for frame in range(FRAMES)]
    return take_from_rows(np.concatenate([row_of(pose, make_detection(pose)) for pose in poses]))


def of_bvh(path: Path) -> Turns:
    bvh = BvhReader(path.read_text())
    worlds = bvh.worlds()
    local = worlds.copy()
    for joint, parent in enumerate(bvh.parents):
        if parent >= 0:
            local[:, joint] = worlds[:, parent].transpose(0, 2, 1) @ worlds[:, joint]
    return {name: Rotation.from_matrix(local[:, joint]) for joint, name in enumerate(bvh.names)}


def of_fbx(path: Path) -> Turns:
    fbx = FbxReader(path.read_bytes())
    return {name: Rotation.from_euler("xyz", fbx.angles_deg[:, at], degrees=True) for at, name in enumerate(fbx.names)}


def of_gltf(path: Path) -> Turns:
    glb = Glb(path.read_bytes())
    _, _, worlds = glb.animated()
    nodes = glb.json["nodes"]
    above = {nodes[child]["name"]: info["name"] for info in nodes for child in info.get("children", [])}
    return {name: worlds[above[name]].inv() * turn for name, turn in worlds.items() if name in above}


@pytest.mark.parametrize(
    ("suffix", "read", "bones"),
    [
        (".bvh", of_bvh, DETAIL_NAMES),
        (".fbx", of_fbx, DETAIL_NAMES),
        (".glb", of_gltf, DETAIL_NAMES),
        (".vrma", of_gltf, FINGER_NAMES),  # the gaze is a node of its own there
    ],
)
def test_every_finger_and_eye_turns_in_its_parent_as_in_the_take(
    take: MotionTake, tmp_path: Path, suffix: str, read: Callable[[Path], Turns], bones: tuple[str, ...]
) -> None:
    """The last bones and the eyes have no joint behind them: only their own turns tell."""
    write_motion(tmp_path / f"a{suffix}", take)
    found = read(tmp_path / f"a{suffix}")
    for name, row in zip(bones, range(len(bones)), strict=True):
        expected = turns_of(take, row)
        assert np.degrees((expected.inv() * found[name]).magnitude()).max() < 0.01, name
    assert np.degrees((found["LeftIndexDistal"][:-1].inv() * found["LeftIndexDistal"][1:]).magnitude()).max() > 0.1


def turns_of(take: MotionTake, row: int) -> Rotation:
    """Turns of one of DETAIL_NAMES."""
    assert take.fingers_xyzw is not None
    assert take.eyes_xyzw is not None
    return Rotation.from_quat(np.concatenate([take.fingers_xyzw, take.eyes_xyzw], axis=1)[:, row])


def test_an_osc_log_has_every_bone_and_expression_of_every_frame(take: MotionTake, tmp_path: Path) -> None:
    write_motion(tmp_path / "a.jsonl", take)
    frames = frames_of(tmp_path / "a.jsonl")
    assert len(frames) == FRAMES
    assert take.expression is not None
    expected = vrm_expressions(take.expression)
    for frame, (bones, blends) in enumerate(frames):
        for row, name in enumerate((*FINGER_NAMES, *EYE_NAMES)):
            wanted = turns_of(take, row).as_quat()[frame] * UNITY
            assert abs(float(np.dot(bones[name], wanted))) == pytest.approx(1.0, abs=1e-5), name
        assert blends == pytest.approx(dict(zip(VRM0_NAMES, expected[frame], strict=True)), abs=1e-6)
    assert not {name[:1].upper() + name[1:] for name in EXPRESSION_NAMES} & set(frames[0][1])  # never both


def frames_of(path: Path) -> list[tuple[dict[str, list[float]], dict[str, float]]]:
    """Quaternion by bone and value by expression, up to each Apply."""
    frames: list[tuple[dict[str, list[float]], dict[str, float]]] = []
    bones: dict[str, list[float]] = {}
    blends: dict[str, float] = {}
    for line in path.read_text().splitlines()[1:]:
        messages: list[dict[str, Any]] = json.loads(line)["messages"]
        for message in messages:
            values = message["arguments"]
            if message["address"] == "/VMC/Ext/Bone/Pos":
                bones[values[0]] = values[4:]
            elif message["address"] == "/VMC/Ext/Blend/Val":
                blends[values[0]] = values[1]
            elif message["address"] == "/VMC/Ext/Blend/Apply":
                frames.append((bones, blends))
                bones, blends = {}, {}
    return frames


def test_fbx_has_the_joints_and_no_face(take: MotionTake, tmp_path: Path) -> None:
    """A known limit: the scores are in .npz, .csv, .glb, .vrma and .jsonl."""
    write_motion(tmp_path / "a.fbx", take)
    data = (tmp_path / "a.fbx").read_bytes()
    assert b"LeftIndexDistal" in data
    assert b"jawOpen" not in data
