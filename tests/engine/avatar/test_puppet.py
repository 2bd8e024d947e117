"""The model on screen moves as a receiver of the stream moves it; fingers, eyes and face follow the pose."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.avatar.fit import AvatarFit, RawNodes
from engine.avatar.humanoid import Humanoid
from engine.avatar.mesh import Model
from engine.avatar.model import read_model
from engine.avatar.puppet import Puppet
from engine.osc.demo_pose import wave_pose
from engine.types import Pose
from models.face import EXPRESSION, NUM_EXPRESSIONS
from models.fingers import FINGER_NAMES
from tests.engine.avatar.made_models import LIFT_M, Packer, made_model
from tests.engine.avatar.raw_receiver import worlds

DATA = Path(__file__).with_name("data")
MADE: dict[str, dict[str, Any]] = {
    "1.0": {},
    "0.x": {"version": "0.x"},
    "rest rotations, least bones": {"tilted": True, "without": ("Chest", "UpperChest", "Neck", "LeftShoulder")},
    "scaled root, nodes between": {"root_scale": 0.01, "between": ("Chest", "LeftUpperArm"), "tilted": True},
    "short legs 0.x": {"leg": 0.4, "version": "0.x", "tilted": True},
}


def _read(tmp_path: Path, pack: Packer) -> Model:
    path = tmp_path / "a.vrm"
    path.write_bytes(pack.file())
    return read_model(path)


def _moved(model: Model, puppet: Puppet, pose: Pose) -> np.ndarray:
    """(V, 3) vertices in our world, morph targets and all."""
    joints, morphs = puppet.joints(pose), puppet.morphs(pose)
    found = []
    for shape in model.shapes:
        points = shape.positions.astype(np.float64)
        for (mesh, target), weight in morphs.items():
            if mesh == shape.mesh:
                points[shape.morphs[target].rows] += weight * shape.morphs[target].offsets
        points = np.concatenate([points, np.ones((len(points), 1))], axis=1)
        found.append(np.einsum("vk,vkij,vj->vi", shape.weights, joints[shape.joints], points)[:, :3])
    vertices: np.ndarray = np.concatenate(found)
    return vertices


def _sent(model: Model, pose: Pose) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Local position and quaternion of each bone, as the stream has them."""
    fit = AvatarFit(model.avatar)
    raw, fitted = RawNodes(fit), fit(pose, pose.rotations_xyzw.ravel().tolist(), pose.joints_world_m.ravel().tolist())
    turns = np.array(raw.quaternions(fitted.quaternions)).reshape(-1, 4)
    places = np.array(raw.offsets, np.float64)
    places[0] = raw.hips(list(fitted.hips))
    return {name: (places[row], turns[row]) for row, name in enumerate(fit.names)}


@pytest.mark.parametrize("case", MADE)
def test_every_box_is_where_a_receiver_of_the_stream_has_its_bone(tmp_path: Path, case: str) -> None:
    pack = made_model(**MADE[case])
    model = _read(tmp_path, pack)
    pose = wave_pose(1.6, 0.8)
    boxes = _moved(model, Puppet(model), pose).reshape(-1, 8, 3).mean(axis=1)
    received = worlds(pack.document, _sent(model, pose))
    for name, box in zip(model.avatar.bones, boxes, strict=True):
        np.testing.assert_allclose(box, received[name][0], atol=2e-4, err_msg=name)


def _turned(axis: str, degrees: float) -> np.ndarray:
    return Rotation.from_euler(axis, degrees, degrees=True).as_quat().astype(np.float32)


def _still() -> Pose:
    return dataclasses.replace(wave_pose(1.7, 0.0))


@pytest.mark.parametrize("name", ["adult_1.0", "child_0.0"])
def test_a_bent_finger_moves_its_own_vertices_and_no_others(name: str) -> None:
    model = read_model(DATA / f"{name}.vrm")
    puppet = Puppet(model)
    fingers = np.tile(np.array([0, 0, 0, 1], np.float32), (len(FINGER_NAMES), 1))
    straight = dataclasses.replace(_still(), fingers_xyzw=fingers)
    bent = fingers.copy()
    bent[FINGER_NAMES.index("LeftIndexProximal")] = _turned("z", -70)
    before, after = puppet.joints(straight).copy(), puppet.joints(dataclasses.replace(_still(), fingers_xyzw=bent))
    moved = {
        bone for bone, a, b in zip(model.joints.bones, before, after, strict=True) if not np.allclose(a, b, atol=1e-5)
    }
    assert moved == {"LeftIndexProximal", "LeftIndexIntermediate", "LeftIndexDistal"}


def test_bones_that_a_hand_lacks_give_their_bend_to_the_next_one() -> None:
    model = read_model(DATA / "adult_1.0.vrm")
    less = dataclasses.replace(
        model, rest={name: place for name, place in model.rest.items() if name != "LeftIndexProximal"}
    )
    fingers = np.tile(np.array([0, 0, 0, 1], np.float32), (len(FINGER_NAMES), 1))
    fingers[FINGER_NAMES.index("LeftIndexProximal")] = _turned("z", -30)
    fingers[FINGER_NAMES.index("LeftIndexIntermediate")] = _turned("z", -40)
    pose = dataclasses.replace(_still(), fingers_xyzw=fingers)
    row = model.joints.bones.index("LeftIndexIntermediate")
    whole, folded = Puppet(model).joints(pose)[row], Puppet(less).joints(pose)[row]
    np.testing.assert_allclose(whole[:3, :3], folded[:3, :3], atol=1e-5)


def test_eyes_turn_within_the_range_that_the_model_gives() -> None:
    model = read_model(DATA / "child_0.0.vrm")
    puppet, row = Puppet(model), model.joints.bones.index("LeftEye")
    looking = dataclasses.replace(_still(), eyes_xyzw=np.stack([_turned("y", 30)] * 2))
    ahead = dataclasses.replace(_still(), eyes_xyzw=np.stack([_turned("y", 0)] * 2))
    before, after = puppet.joints(ahead)[row][:3, :3].copy(), puppet.joints(looking)[row][:3, :3]
    turn = Rotation.from_matrix(after @ before.T)
    assert np.degrees(turn.magnitude()) == pytest.approx(30 / 90 * 12, abs=0.05), "12 degrees outwards for 90"
    assert turn.as_rotvec()[1] > 0, "to the person's left"


def test_an_expression_lifts_what_its_morph_target_lifts(tmp_path: Path) -> None:
    model = _read(tmp_path, made_model())
    puppet = Puppet(model)
    scores = np.zeros(NUM_EXPRESSIONS, np.float32)
    calm = dataclasses.replace(_still(), expression=scores.copy())
    scores[EXPRESSION["jawOpen"]] = 1.0
    speaking = dataclasses.replace(_still(), expression=scores)
    lifted = _moved(model, puppet, speaking) - _moved(model, puppet, calm)
    assert np.linalg.norm(lifted[:8], axis=1) == pytest.approx(LIFT_M, abs=1e-4)
    assert np.abs(lifted[8:]).max() < 1e-6


def test_feet_and_hips_are_told_where_the_model_has_them(tmp_path: Path) -> None:
    model = _read(tmp_path, made_model(leg=0.4))
    puppet = Puppet(model)
    pose = wave_pose(1.8, 0.5)
    boxes = dict(zip(model.avatar.bones, _moved(model, puppet, pose).reshape(-1, 8, 3).mean(axis=1), strict=True))
    np.testing.assert_allclose(puppet.hips_m, boxes["Hips"], atol=1e-4)
    np.testing.assert_allclose(puppet.feet_m[1], (boxes["RightFoot"] + boxes["RightToes"]) / 2, atol=1e-4)


def test_a_node_that_hangs_on_no_bone_stays(tmp_path: Path) -> None:
    pack = made_model()
    document = pack.document
    document["nodes"].append({"name": "Prop", "translation": [0, 1, 0]})
    document["scenes"][0]["nodes"].append(len(document["nodes"]) - 1)
    assert Humanoid(document).carrier(len(document["nodes"]) - 1) == ""
    document["skins"][0]["joints"].append(len(document["nodes"]) - 1)
    del document["skins"][0]["inverseBindMatrices"]
    model = _read(tmp_path, pack)
    np.testing.assert_allclose(Puppet(model).joints(wave_pose(1.7, 0.3))[-1][:3, 3], model.joints.binds[-1][:3, 3])
