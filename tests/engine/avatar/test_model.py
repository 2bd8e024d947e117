"""What is drawn of an avatar file: meshes, skins, morphs, pictures; one line for every bad file."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.avatar.mesh import Model
from engine.avatar.model import read_model
from engine.errors import InputError
from tests.engine.avatar.made_avatars import glb, made_document, rest_places
from tests.engine.avatar.made_models import HALF_M, Packer, made_model
from tests.engine.mutations import CASES, MOST_BYTES, measured, mutate_bytes, mutate_json

DATA = Path(__file__).with_name("data")
MADE: dict[str, dict[str, Any]] = {
    "1.0": {},
    "0.x": {"version": "0.x"},
    "rest rotations": {"tilted": True},
    "rest rotations 0.x": {"tilted": True, "version": "0.x"},
    "scaled root, nodes between": {"root_scale": 0.01, "between": ("Chest", "LeftUpperArm"), "tilted": True},
}


def _read(tmp_path: Path, content: bytes) -> Model:
    path = tmp_path / "a.vrm"
    path.write_bytes(content)
    return read_model(path)


def _at_rest(model: Model) -> np.ndarray:
    """(V, 3) all vertices in our world with the model at rest."""
    found = []
    for shape in model.shapes:
        points = np.concatenate([shape.positions, np.ones((len(shape.positions), 1))], axis=1)
        found.append(np.einsum("vk,vkij,vj->vi", shape.weights, model.joints.binds[shape.joints], points)[:, :3])
    return np.concatenate(found)


@pytest.mark.parametrize("case", MADE)
def test_at_rest_every_box_lies_round_its_bone(tmp_path: Path, case: str) -> None:
    model = _read(tmp_path, made_model(**MADE[case]).file())
    places = rest_places(1.0, 1.0, -0.03)
    boxes = _at_rest(model).reshape(-1, 8, 3)
    expected = np.array([places[name] for name in model.avatar.bones])
    np.testing.assert_allclose(boxes.mean(axis=1), expected, atol=1e-5)
    np.testing.assert_allclose(np.ptp(boxes, axis=1), 2 * HALF_M, atol=1e-4)
    assert set(model.joints.bones) == set(model.avatar.bones)


@pytest.mark.parametrize("name", ["adult_1.0", "child_0.0"])
def test_models_of_blender_stand_on_the_floor_and_face_forward(name: str) -> None:
    model = read_model(DATA / f"{name}.vrm")
    vertices = _at_rest(model)
    assert abs(vertices[:, 1].min()) < 0.08
    assert vertices[:, 1].max() > 1.5 * model.avatar.hips_height_m
    nose = next(s for shape in model.shapes for s in shape.surfaces if s.material.colour[0] > 0.94)
    shape = next(shape for shape in model.shapes if nose in shape.surfaces)
    first = sum(len(one.positions) for one in model.shapes[: model.shapes.index(shape)])
    assert vertices[first + nose.triangles][:, 2].mean() > 0.05, "the nose points forward"
    assert "LeftIndexProximal" in model.rest
    assert model.left_out == ()


def test_a_texture_a_morph_and_its_expressions_are_read(tmp_path: Path) -> None:
    model = _read(tmp_path, made_model(version="0.x").file())
    (shape,) = model.shapes
    assert shape.surfaces[0].material.picture == 0
    assert model.pictures[0].startswith(b"\x89PNG")
    assert shape.morphs[0].rows.tolist() == list(range(8))
    assert {name: one.binds[0].target for name, one in model.expressions.items()} == {"Joy": 0, "Pout": 0}


def test_sparse_morphs_as_blender_writes_them_are_read(tmp_path: Path) -> None:
    pack = made_model()
    rows, offsets = pack.view(np.array([3, 5], np.uint16).tobytes()), pack.view(np.ones((2, 3), np.float32).tobytes())
    count = pack.document["accessors"][0]["count"]
    sparse = {
        "count": 2,
        "indices": {"bufferView": rows, "componentType": 5123},
        "values": {"bufferView": offsets},
    }
    pack.document["accessors"].append({"componentType": 5126, "type": "VEC3", "count": count, "sparse": sparse})
    pack.document["meshes"][0]["primitives"][0]["targets"] = [{"POSITION": len(pack.document["accessors"]) - 1}]
    (morph,) = _read(tmp_path, pack.file()).shapes[0].morphs
    assert morph.rows.tolist() == [3, 5]
    np.testing.assert_array_equal(morph.offsets, 1.0)


def test_interleaved_vertices_and_normalised_numbers_are_read(tmp_path: Path) -> None:
    plain = _read(tmp_path, made_model().file()).shapes[0]
    pack = made_model()
    attributes = pack.document["meshes"][0]["primitives"][0]["attributes"]
    row = np.concatenate([plain.positions, plain.normals], axis=1).astype(np.float32)
    view = pack.view(row.tobytes(), byteStride=24)
    for name, offset in (("POSITION", 0), ("NORMAL", 12)):
        pack.document["accessors"][attributes[name]] |= {"bufferView": view, "byteOffset": offset}
    weights = np.tile(np.array([255, 0, 0, 0], np.uint8), (len(row), 1))
    attributes["WEIGHTS_0"] = pack.accessor(weights, normalized=True)
    other = _read(tmp_path, pack.file()).shapes[0]
    np.testing.assert_array_equal(other.positions, plain.positions)
    np.testing.assert_array_equal(other.normals, plain.normals)
    np.testing.assert_array_equal(other.weights, plain.weights)


def test_a_mesh_without_normals_gets_them_and_one_without_a_skin_hangs_on_its_node(tmp_path: Path) -> None:
    pack = made_model()
    primitive = pack.document["meshes"][0]["primitives"][0]
    del primitive["attributes"]["NORMAL"], primitive["attributes"]["JOINTS_0"], primitive["attributes"]["WEIGHTS_0"]
    del pack.document["nodes"][-1]["skin"]
    body, head = pack.document["nodes"].pop(), next(n for n in pack.document["nodes"] if n["name"] == "Head")
    head["mesh"] = body["mesh"]
    pack.document["scenes"][0]["nodes"].pop()
    model = _read(tmp_path, pack.file())
    (shape,) = model.shapes
    np.testing.assert_allclose(np.linalg.norm(shape.normals, axis=1), 1.0, atol=1e-5)
    assert model.joints.bones == ("Head",)


def test_textures_in_other_files_are_never_opened_and_said(tmp_path: Path) -> None:
    (tmp_path / "skin.png").write_bytes(b"\x89PNG secret")
    pack = made_model()
    pack.document["images"] = [{"uri": "skin.png"}, {"uri": "file:///etc/passwd"}]
    model = _read(tmp_path, pack.file())
    assert model.pictures == (b"", b"")
    assert model.left_out == ("2 of its 2 textures lie in other files, which are not opened",)


@pytest.mark.parametrize("version", ["0.x", "1.0"])
def test_blended_materials_are_drawn_in_the_models_order_and_hide_what_the_model_says(
    tmp_path: Path, version: str
) -> None:
    pack = made_model(version=version)
    first = pack.document["materials"][0] | {"alphaMode": "BLEND"}
    pack.document["materials"] = [first, dict(first), {"alphaMode": "MASK", "alphaCutoff": 0.3}]
    if version == "0.x":
        hidden = {"renderQueue": 3001, "floatProperties": {"_ZWrite": 1}}
        pack.document["extensions"]["VRM"]["materialProperties"] = [hidden, {"renderQueue": 2999}, {}]
    else:
        mtoon = {"transparentWithZWrite": True, "renderQueueOffsetNumber": 3}
        pack.document["materials"][0] = first | {"extensions": {"VRMC_materials_mtoon": mtoon}}
    primitives = pack.document["meshes"][0]["primitives"]
    pack.document["meshes"][0]["primitives"] = [primitives[0] | {"material": number} for number in range(3)]
    (shape,) = _read(tmp_path, pack.file()).shapes
    hair, glass, lashes = (surface.material for surface in shape.surfaces)
    assert (hair.alpha, hair.hides, glass.hides) == ("blend", True, False)
    assert hair.order > glass.order
    assert (lashes.alpha, lashes.cutoff, lashes.hides) == ("mask", 0.3, True)


def _with(**fields: Any) -> Callable[[Packer], None]:
    return lambda pack: pack.document.update(fields)


def _primitive(**fields: Any) -> Callable[[Packer], None]:
    return lambda pack: pack.document["meshes"][0]["primitives"][0].update(fields)


BAD: dict[str, tuple[Callable[[Packer], None], str]] = {
    "no mesh": (lambda pack: pack.document["nodes"].pop(), "it has no mesh"),
    "meshes are no list": (_with(meshes="all"), "list of meshes is damaged"),
    "another file": (_with(buffers=[{"byteLength": 9, "uri": "body.bin"}]), "lies in another file"),
    "Draco": (_with(extensionsRequired=["KHR_draco_mesh_compression"]), r"compressed \(Draco\)"),
    "no such accessor": (_primitive(indices=99), "accessor 99"),
    "triangles of fractions": (_primitive(indices=0), "another type than its use"),
    "material that is not there": (_primitive(material=7), "material 7"),
    "a view behind the end": (
        lambda pack: pack.document["bufferViews"][0].update(byteLength=1 << 30),
        "ends at byte",
    ),
    "an accessor behind the end": (lambda pack: pack.document["accessors"][0].update(count=1_000_000), "ends at byte"),
    "huge": (lambda pack: pack.document["accessors"][0].update(count=100_000_000), "at most 4000000"),
    "joints that are not there": (
        lambda pack: pack.document["skins"][0].update(joints=pack.document["skins"][0]["joints"][:2]),
        "its joints go up to",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_mesh_that_cannot_be_drawn_is_one_line(tmp_path: Path, case: str) -> None:
    damage, words = BAD[case]
    pack = made_model()
    damage(pack)
    with pytest.raises(InputError, match=words) as told:
        _read(tmp_path, pack.file())
    assert "\n" not in str(told.value)


def test_a_model_of_bones_alone_is_told_apart_from_a_broken_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be drawn: it has no mesh"):
        _read(tmp_path, glb(made_document()))
    whole = made_model().file()
    with pytest.raises(InputError, match="cut off"):
        _read(tmp_path, whole[:-100])


def test_models_gone_wrong_are_read_or_refused(tmp_path: Path) -> None:
    pack = made_model(without=("UpperChest", "LeftToes"))
    text, whole, refused = json.dumps(pack.document).encode(), pack.file(), 0
    for seed in range(CASES):
        rng = random.Random(seed)
        content = mutate_bytes(whole, rng) if seed % 2 else _whole(mutate_json(text, rng), bytes(pack.binary))
        result, used = measured(lambda content=content: _read(tmp_path, content))
        assert used < MOST_BYTES
        if isinstance(result, Exception):
            assert isinstance(result, InputError), (seed, result)
            refused += 1
        else:
            assert np.isfinite(_at_rest(result)).all()
    assert refused > CASES // 8


def _whole(text: bytes, binary: bytes) -> bytes:
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    head = struct.pack("<5I", 0x46546C67, 2, 28 + len(text) + len(binary), len(text), 0x4E4F534A)
    return head + text + struct.pack("<2I", len(binary), 0x004E4942) + binary
