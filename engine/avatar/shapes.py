"""Meshes and skins of an avatar file as arrays: each vertex set once, with all its triangles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.avatar.accessors import Accessors, MeshError, entries, index, table
from engine.avatar.humanoid import Humanoid
from engine.avatar.materials import Materials
from engine.avatar.mesh import U32, Joints, Morph, Shape, Surface
from engine.types import F32, F64

_TRIANGLES = 4
_MOST_VERTICES, _MOST_JOINTS, _MOST_MORPHS = 2_000_000, 4096, 1000
_LEAST_MOVE = 1e-7


def read_shapes(
    document: dict[str, Any], accessors: Accessors, humanoid: Humanoid, materials: Materials
) -> tuple[tuple[Shape, ...], Joints]:
    """Return every mesh used by a node, and the joints of its vertices. Raises MeshError and NodeError."""
    reader = _Reader(document, accessors, humanoid, materials)
    shapes = [shape for number, node in enumerate(document["nodes"]) if "mesh" in node for shape in reader.of(number)]
    if not shapes:
        raise MeshError("it has no mesh: export it with one")
    return tuple(shapes), reader.joints()


class _Reader:
    def __init__(
        self, document: dict[str, Any], accessors: Accessors, humanoid: Humanoid, materials: Materials
    ) -> None:
        self._nodes: list[dict[str, Any]] = document["nodes"]
        self._meshes, self._skins = entries(document, "meshes"), entries(document, "skins")
        self._accessors, self._humanoid, self._materials = accessors, humanoid, materials
        self._rows: dict[tuple[int, bytes], int] = {}
        self._bones: list[str] = []
        self._binds: list[F64] = []
        self._skin_rows: dict[int, NDArray[np.int64]] = {}
        self._vertices = 0

    def joints(self) -> Joints:
        """Return all joints used by the shapes read so far."""
        return Joints(tuple(self._bones), np.array(self._binds, np.float32).reshape(-1, 4, 4))

    def of(self, number: int) -> list[Shape]:
        """Return the shapes of one node."""
        node = self._nodes[number]
        mesh = index(node["mesh"], len(self._meshes), "mesh")
        rows = self._of_skin(node["skin"]) if "skin" in node else np.array([self._row(number, np.eye(4))])
        groups: dict[str, list[dict[str, Any]]] = {}
        primitives = self._meshes[mesh].get("primitives")
        for primitive in primitives if isinstance(primitives, list) else ():
            primitive = table(primitive, "primitive")
            if primitive.get("mode", _TRIANGLES) == _TRIANGLES:
                key = repr((primitive.get("attributes"), primitive.get("targets")))
                groups.setdefault(key, []).append(primitive)
        return [self._shape(mesh, rows, group, skinned="skin" in node) for group in groups.values()]

    def _shape(self, mesh: int, rows: NDArray[np.int64], group: list[dict[str, Any]], *, skinned: bool) -> Shape:
        attributes = table(group[0].get("attributes"), "list of attributes")
        positions = self._accessors.floats(attributes.get("POSITION"), 3)
        count = len(positions)
        self._vertices += count
        if self._vertices > _MOST_VERTICES:
            raise MeshError(f"it has more than {_MOST_VERTICES} vertices: reduce them")
        surfaces = tuple(self._surface(primitive, count) for primitive in group)
        joints, weights = np.zeros((count, 4), np.int64), np.tile(np.array([1.0, 0, 0, 0], np.float32), (count, 1))
        if skinned and "JOINTS_0" in attributes:
            joints = self._accessors.integers(attributes["JOINTS_0"], 4, len(rows), "its joints")
            weights = _summing_to_one(self._accessors.floats(attributes.get("WEIGHTS_0"), 4))
        places = np.zeros((count, 2), np.float32)
        if "TEXCOORD_0" in attributes:
            places = self._accessors.floats(attributes["TEXCOORD_0"], 2)
        normals = (
            self._accessors.floats(attributes["NORMAL"], 3)
            if "NORMAL" in attributes
            else _normals(positions, np.concatenate([surface.triangles for surface in surfaces]))
        )
        if not len(normals) == len(places) == len(joints) == len(weights) == count:
            raise MeshError("the attributes of a mesh differ in length")
        morphs = self._morphs(group[0].get("targets"), count)
        return Shape(mesh, positions, normals, places, rows[joints].astype(np.uint16), weights, morphs, surfaces)

    def _surface(self, primitive: dict[str, Any], count: int) -> Surface:
        if "indices" in primitive:
            corners = self._accessors.integers(primitive["indices"], 1, count, "its triangles")[:, 0]
        else:
            corners = np.arange(count)
        triangles: U32 = corners[: len(corners) // 3 * 3].astype(np.uint32)
        return Surface(triangles, self._materials.material(primitive.get("material")))

    def _morphs(self, targets: Any, count: int) -> tuple[Morph, ...]:
        if not isinstance(targets, list):
            return ()
        if len(targets) > _MOST_MORPHS:
            raise MeshError(f"a mesh has {len(targets)} morph targets, at most {_MOST_MORPHS} are read")
        found = []
        for target in targets:
            target = table(target, "morph target")
            offsets = np.zeros((0, 3), np.float32)
            rows: U32 = np.zeros(0, np.uint32)
            if "POSITION" in target:
                whole = self._accessors.floats(target["POSITION"], 3)
                if len(whole) != count:
                    raise MeshError("a morph target and its mesh differ in length")
                rows = np.flatnonzero(np.abs(whole).max(axis=1) > _LEAST_MOVE).astype(np.uint32)
                offsets = whole[rows]
            found.append(Morph(rows, offsets))
        return tuple(found)

    def _of_skin(self, number: Any) -> NDArray[np.int64]:
        """Return the rows (S,) of a skin's joints."""
        number = index(number, len(self._skins), "skin")
        if number not in self._skin_rows:
            nodes = self._skins[number].get("joints")
            if not isinstance(nodes, list) or not nodes:
                raise MeshError(f"skin {number} has no joints")
            inverse: F32 = np.tile(np.eye(4, dtype=np.float32).ravel(), (len(nodes), 1))
            if "inverseBindMatrices" in self._skins[number]:
                inverse = self._accessors.floats(self._skins[number]["inverseBindMatrices"], 16)
            if len(inverse) < len(nodes):
                raise MeshError(f"skin {number} has fewer matrices than joints")
            rows = [self._row(node, matrix.reshape(4, 4).T) for node, matrix in zip(nodes, inverse, strict=False)]
            self._skin_rows[number] = np.array(rows)
        return self._skin_rows[number]

    def _row(self, node: Any, inverse: NDArray[Any]) -> int:
        """Return the row of a joint; skins that share joints share rows."""
        node = self._humanoid.checked(node)
        key = (node, np.round(inverse, 6).tobytes())
        if key not in self._rows:
            if len(self._rows) >= _MOST_JOINTS:
                raise MeshError(f"its skins have more than {_MOST_JOINTS} joints")
            self._rows[key] = len(self._rows)
            self._bones.append(self._humanoid.carrier(node))
            self._binds.append(self._humanoid.world(node) @ inverse)
        return self._rows[key]


def _summing_to_one(weights: F32) -> F32:
    """Normalise weights (V, 4); a vertex without weights is bound to its first joint."""
    weights = np.maximum(weights, 0.0)
    total = weights.sum(axis=1, keepdims=True)
    first = np.array([1.0, 0.0, 0.0, 0.0], np.float32)
    result: F32 = np.where(total > 1e-6, weights / np.maximum(total, 1e-6), first).astype(np.float32)
    return result


def _normals(positions: F32, triangles: U32) -> F32:
    """Return smooth normals (V, 3) for a mesh without them."""
    corners = positions[triangles].reshape(-1, 3, 3)
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(positions)
    np.add.at(normals, triangles, np.repeat(faces, 3, axis=0))
    lengths: F32 = np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12).astype(np.float32)
    unit: F32 = normals / lengths
    return unit
