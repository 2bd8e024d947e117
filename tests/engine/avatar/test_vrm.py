"""Avatar files: what is read of a good one, and one clear line for every bad one."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.avatar.avatar import Avatar
from engine.avatar.glb import MAX_FILE_BYTES, MAX_JSON_BYTES
from engine.avatar.vrm import read_avatar
from engine.errors import InputError
from models.skeleton import JOINT_NAMES
from tests.engine.avatar.made_avatars import glb, made_document, rest_places
from tests.engine.mutations import CASES, MOST_BYTES, measured, mutate_bytes, mutate_json

DATA = Path(__file__).with_name("data")


def _read(tmp_path: Path, content: dict[str, Any] | bytes) -> Avatar:
    path = tmp_path / "a.vrm"
    path.write_bytes(content if isinstance(content, bytes) else glb(content))
    return read_avatar(path)


def test_a_vrm_1_0_file_of_blender_is_read() -> None:
    avatar = read_avatar(DATA / "adult_1.0.vrm")
    assert (avatar.version, avatar.name) == ("1.0", "adult")
    assert avatar.licence == "https://vrm.dev/licenses/1.0/"
    assert set(JOINT_NAMES) - set(avatar.bones) == {"UpperChest"}
    assert {"LeftThumbProximal", "LeftThumbIntermediate", "LeftThumbDistal", "RightEye"} <= avatar.humanoid
    assert "LeftThumbMetacarpal" not in avatar.humanoid
    assert avatar.hips_height_m == pytest.approx(0.8367, abs=1e-4)
    assert {"happy", "blinkLeft", "aa"} <= set(avatar.expressions)
    assert np.abs(avatar.bones["LeftUpperArm"].rotation - np.eye(3)).max() > 0.5


def test_a_vrm_0_x_file_is_turned_to_face_forward() -> None:
    avatar = read_avatar(DATA / "child_0.0.vrm")
    assert (avatar.version, avatar.licence) == ("0.x", "Redistribution_Prohibited")
    assert avatar.hips_height_m == pytest.approx(0.4331, abs=1e-4)
    assert avatar.bones["LeftHand"].position[0] > 0.3
    assert avatar.bones["LeftToes"].position[2] > 0.1
    assert {"Joy", "Blink_L", "A", "LookUp"} <= set(avatar.expressions)
    assert all(np.allclose(bone.rotation, np.eye(3)) for bone in avatar.bones.values())


@pytest.mark.parametrize("version", ["0.x", "1.0"])
@pytest.mark.parametrize("scale", [1.0, 0.01])
def test_rest_rotations_nodes_between_bones_and_a_scaled_root_leave_the_places_alone(
    tmp_path: Path, version: str, scale: float
) -> None:
    document = made_document(version=version, tilted=True, root_scale=scale, between=("Spine", "LeftUpperArm"))
    avatar = _read(tmp_path, document)
    assert tuple(avatar.bones) == JOINT_NAMES
    for name, place in rest_places(1.0, 1.0, -0.03).items():
        np.testing.assert_allclose(avatar.bones[name].position, place, atol=1e-9)


def test_a_matrix_places_a_node_as_well(tmp_path: Path) -> None:
    document = made_document()
    place = document["nodes"][1].pop("translation")
    del document["nodes"][1]["rotation"]
    document["nodes"][1]["matrix"] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, *place, 1]
    assert _read(tmp_path, document).hips_height_m == pytest.approx(place[1])


def test_own_expressions_keep_their_names(tmp_path: Path) -> None:
    assert _read(tmp_path, made_document(version="0.x")).expressions == ("Joy", "Pout")
    assert _read(tmp_path, made_document()).expressions == ("happy", "aa", "Pout")


def _humanoid(document: dict[str, Any]) -> dict[str, Any]:
    bones: dict[str, Any] = document["extensions"]["VRMC_vrm"]["humanoid"]["humanBones"]
    return bones


def _node(name: str, **fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: next(node for node in document["nodes"] if node["name"] == name).update(fields)


BROKEN: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no VRM": (lambda d: d.pop("extensions"), "glTF without a VRM humanoid"),
    "VRM 2.0": (lambda d: d["extensions"]["VRMC_vrm"].update(specVersion="2.0"), "'2.0', expected 0.x or 1.0"),
    "no humanoid": (lambda d: d["extensions"]["VRMC_vrm"].pop("humanoid"), "humanoid is missing"),
    "no head": (lambda d: _humanoid(d).pop("head"), "no Head"),
    "a node that is not there": (lambda d: _humanoid(d)["head"].update(node=999), "node 999, expected 0 to 22"),
    "two bones, one node": (lambda d: _humanoid(d)["chest"].update(node=2), "same node"),
    "a hand on the head": (lambda d: _humanoid(d)["leftHand"].update(_humanoid(d)["neck"]), "same node"),
    "arms swapped": (
        lambda d: _humanoid(d).update(leftHand=_humanoid(d)["rightHand"], rightHand=_humanoid(d)["leftHand"]),
        "LeftHand hangs on RightLowerArm, expected LeftLowerArm",
    ),
    "a cycle": (lambda d: d["nodes"][6].update(children=[0]), "cycle"),
    "two parents": (lambda d: d["nodes"][0]["children"].append(3), "two parents"),
    "a long name": (_node("Hips", translation=[0, "x", 0]), "translation of node 1 is not 3 numbers"),
    "far away": (_node("Hips", translation=[0, 1e30, 0]), "translation of node 1"),
    "in centimetres": (_node("Root", scale=[100, 100, 100]), "hips are 92.45 m above the floor"),
    "tiny": (_node("Root", scale=[0.01, 0.01, 0.01]), "hips are 0.009"),
    "no scale": (_node("Root", scale=[0, 0, 0]), "node 0 is mirrored, skewed or scaled unevenly"),
    "stretched": (_node("Chest", scale=[1, 2, 1]), "scaled unevenly"),
    "mirrored": (_node("Chest", scale=[-1, 1, 1]), "mirrored"),
    "no rotation": (_node("Chest", rotation=[0, 0, 0, 0]), "not a unit quaternion"),
    "legs up": (_node("LeftLowerLeg", translation=[0, 0.4, 0]), "left leg does not reach down"),
    "no nodes": (lambda d: d.update(nodes=3), "list of nodes"),
    "deep": (lambda d: _deep(d), "deeper than 1000"),
}


def _deep(document: dict[str, Any]) -> None:
    first = len(document["nodes"])
    document["nodes"] += [{"children": [first + n + 1]} for n in range(2000)]
    document["nodes"].append({"children": [0]})


@pytest.mark.parametrize("case", BROKEN)
def test_a_bad_model_is_one_line(tmp_path: Path, case: str) -> None:
    document = made_document()
    change, says = BROKEN[case]
    change(document)
    with pytest.raises(InputError) as caught:
        _read(tmp_path, document)
    assert says in str(caught.value)
    assert str(tmp_path / "a.vrm") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bone_that_comes_twice_is_told(tmp_path: Path) -> None:
    document = made_document(version="0.x")
    bones = document["extensions"]["VRM"]["humanoid"]["humanBones"]
    bones.append({"bone": "head", "node": 1})
    with pytest.raises(InputError, match="bone 'head' twice"):
        _read(tmp_path, document)
    text = json.dumps(made_document()).replace('"head": {', '"hips": {"node": 1}, "head": {').encode()
    with pytest.raises(InputError, match="holds 'hips' twice"):
        _read(tmp_path, glb(text))


GOOD = glb(made_document())
NO_FILES = {
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "not an avatar: expected a .vrm file"),
    "empty": (b"", "not an avatar"),
    "cut in the header": (GOOD[:14], "cut off: it has 14 bytes"),
    "cut in the JSON": (GOOD[:900], "cut off: it has 900 of its"),
    "glTF 1": (GOOD[:4] + struct.pack("<I", 1) + GOOD[8:], "glTF version 1, expected 2"),
    "JSON longer than the file": (GOOD[:12] + struct.pack("<I", len(GOOD)) + GOOD[16:], "not JSON within the file"),
    "binary first": (GOOD[:16] + b"BIN\0" + GOOD[20:], "not JSON within the file"),
    "not a number": (glb(json.dumps(made_document()).replace("0.9", "NaN").encode()), "holds NaN"),
    "not an object": (glb(b"[]"), "its JSON is not an object"),
    "not JSON": (glb(b"{{{{"), "it is not JSON"),
}


@pytest.mark.parametrize("case", NO_FILES)
def test_what_is_no_avatar_is_one_line(tmp_path: Path, case: str) -> None:
    content, says = NO_FILES[case]
    with pytest.raises(InputError) as caught:
        _read(tmp_path, content)
    assert says in str(caught.value)


def test_files_too_large_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.vrm"
    with path.open("wb") as file:
        file.write(GOOD)
        file.truncate(300 << 20)
    assert MAX_FILE_BYTES < 300 << 20
    result, used = measured(lambda: read_avatar(path))
    assert isinstance(result, InputError)
    assert "has 300 MB, an avatar may have 256" in str(result)
    assert used < 1 << 20
    length = MAX_JSON_BYTES + 4
    with path.open("wb") as file:
        file.write(struct.pack("<5I", 0x46546C67, 2, 20 + length, length, 0x4E4F534A))
        file.truncate(20 + length)
    with pytest.raises(InputError, match="16 MB of JSON"):
        read_avatar(path)


def test_a_missing_file_and_a_folder_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the avatar"):
        read_avatar(tmp_path / "none.vrm")
    with pytest.raises(InputError, match="is not a file"):
        read_avatar(tmp_path)
    with pytest.raises(InputError, match="cannot read the avatar"):
        read_avatar(Path("a\0b.vrm"))


@pytest.mark.parametrize("version", ["0.x", "1.0"])
def test_files_gone_wrong_are_read_or_refused(tmp_path: Path, version: str) -> None:
    text = json.dumps(made_document(version=version)).encode()
    refused = 0
    for seed in range(CASES):
        rng = random.Random(seed)
        content = mutate_bytes(glb(text), rng) if seed % 4 == 0 else glb(mutate_json(text, rng))
        result, used = measured(lambda content=content: _read(tmp_path, content))
        assert used < MOST_BYTES
        if isinstance(result, Exception):
            assert isinstance(result, InputError), (seed, result)
            refused += 1
            continue
        for bone in result.bones.values():
            assert np.isfinite(bone.position).all()
            np.testing.assert_allclose(bone.rotation @ bone.rotation.T, np.eye(3), atol=1e-6)
    assert refused > CASES // 8
