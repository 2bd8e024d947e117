"""Avatars with a mesh, made for the tests: a box on every bone, a texture, one morph target for all expressions."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from engine.opencv import cv2
from tests.engine.avatar.made_avatars import made_document
from tests.engine.avatar.raw_receiver import bone_nodes, worlds

_KINDS = {np.dtype(np.uint8): 5121, np.dtype(np.uint16): 5123, np.dtype(np.uint32): 5125, np.dtype(np.float32): 5126}
_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32)
_SIDES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
HALF_M = 0.03
"""Half of a box's edge."""
LIFT_M = 0.2
"""How far the morph target lifts the first box."""


class Packer:
    """Adds arrays to a document and its binary chunk."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document, self.binary = document, bytearray()
        for name in ("accessors", "bufferViews"):
            document.setdefault(name, [])

    def view(self, data: bytes, **fields: Any) -> int:
        """Return the number of a new buffer view."""
        self.binary += bytes(-len(self.binary) % 4)
        view = {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data), **fields}
        self.document["bufferViews"].append(view)
        self.binary += data
        self.document["buffers"] = [{"byteLength": len(self.binary)}]
        return len(self.document["bufferViews"]) - 1

    def accessor(self, array: np.ndarray, **fields: Any) -> int:
        """Return the number of a new accessor for (N, components)."""
        array = np.ascontiguousarray(array)
        accessor = {"componentType": _KINDS[array.dtype], "type": _TYPES[array.shape[1]], "count": len(array)}
        self.document["accessors"].append(accessor | {"bufferView": self.view(array.tobytes())} | fields)
        return len(self.document["accessors"]) - 1

    def file(self) -> bytes:
        """The whole as a .vrm."""
        text = json.dumps(self.document).encode()
        text += b" " * (-len(text) % 4)
        binary = bytes(self.binary) + bytes(-len(self.binary) % 4)
        length = 20 + len(text) + 8 + len(binary)
        head = struct.pack("<5I", 0x46546C67, 2, length, len(text), 0x4E4F534A)
        return head + text + struct.pack("<2I", len(binary), 0x004E4942) + binary


def made_model(colour: tuple[int, int, int] = (200, 40, 40), **options: Any) -> Packer:
    """A model with a box round each of its bones, in the T-pose; its skin's axes are the file's world.

    colour  of its texture, red, green, blue; options: as of made_document
    """
    document = made_document(**options)
    pack = Packer(document)
    nodes, rest = bone_nodes(document), worlds(document)
    back = np.array([-1, 1, -1]) if "VRM" in document["extensions"] else np.ones(3)
    names = list(nodes)
    centres = np.array([rest[name][0] * back for name in names], np.float32)
    points = (centres[:, None] + HALF_M * _CORNERS).reshape(-1, 3)
    normals = np.tile(_CORNERS / np.sqrt(3), (len(names), 1)).astype(np.float32)
    quads = np.array([[a, b, c, a, c, d] for a, b, c, d in _SIDES]).ravel()
    triangles = (quads[None] + 8 * np.arange(len(names))[:, None]).reshape(-1, 1).astype(np.uint16)
    joints = np.zeros((len(points), 4), np.uint8)
    joints[:, 0] = np.repeat(np.arange(len(names)), 8)
    weights = np.tile(np.array([1, 0, 0, 0], np.float32), (len(points), 1))
    lifted = np.zeros_like(points)
    lifted[:8, 1] = LIFT_M
    picture = cv2.imencode(".png", np.full((4, 4, 3), colour[::-1], np.uint8))[1].tobytes()
    inverse = [np.linalg.inv(_node_matrix(document, nodes[name])).T.ravel() for name in names]
    attributes = {
        "POSITION": pack.accessor(points.astype(np.float32)),
        "NORMAL": pack.accessor(normals),
        "TEXCOORD_0": pack.accessor(np.full((len(points), 2), 0.5, np.float32)),
        "JOINTS_0": pack.accessor(joints),
        "WEIGHTS_0": pack.accessor(weights),
    }
    primitive = {
        "attributes": attributes,
        "indices": pack.accessor(triangles),
        "material": 0,
        "targets": [{"POSITION": pack.accessor(lifted)}],
    }
    document["images"] = [{"bufferView": pack.view(picture), "mimeType": "image/png"}]
    document["textures"] = [{"source": 0}]
    document["materials"] = [{"doubleSided": True, "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}]
    document["meshes"] = [{"primitives": [primitive]}]
    document["skins"] = [
        {
            "joints": [nodes[name] for name in names],
            "inverseBindMatrices": pack.accessor(np.array(inverse, np.float32)),
        }
    ]
    document["nodes"].append({"name": "Body", "mesh": 0, "skin": 0})
    document["scenes"][0]["nodes"].append(len(document["nodes"]) - 1)
    _bind_expressions(document)
    return pack


def _bind_expressions(document: dict[str, Any]) -> None:
    if "VRM" in document["extensions"]:
        for group in document["extensions"]["VRM"]["blendShapeMaster"]["blendShapeGroups"]:
            group["binds"] = [{"mesh": 0, "index": 0, "weight": 100}]
        return
    node = len(document["nodes"]) - 1
    for group in document["extensions"]["VRMC_vrm"]["expressions"].values():
        for expression in group.values():
            expression["morphTargetBinds"] = [{"node": node, "index": 0, "weight": 1.0}]


def _node_matrix(document: dict[str, Any], node: int) -> np.ndarray:
    """(4, 4) of a node in the file's world, from translations, rotations and scales."""
    parents = {child: number for number, one in enumerate(document["nodes"]) for child in one.get("children", [])}
    given = document["nodes"][node]
    own = np.eye(4)
    own[:3, :3] = Rotation.from_quat(given.get("rotation", [0, 0, 0, 1])).as_matrix() * given.get("scale", [1, 1, 1])
    own[:3, 3] = given.get("translation", [0, 0, 0])
    return _node_matrix(document, parents[node]) @ own if node in parents else own
