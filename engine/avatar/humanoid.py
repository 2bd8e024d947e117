"""Nodes of a document accepted by read_avatar: which of them are bones, and their rest transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from engine.avatar.accessors import LARGEST, MeshError
from engine.avatar.nodes import NodeTree
from engine.avatar.vrm import unity_name
from engine.types import F64
from models.fingers import FINGER_NAMES
from models.skeleton import JOINT_NAMES

EYES = ("LeftEye", "RightEye")
POSED = frozenset((*JOINT_NAMES, *FINGER_NAMES, *EYES))
"""Bones moved by a pose."""
_HALF_TURN = np.diag([-1.0, 1.0, -1.0, 1.0])


def vrm_extension(document: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Return the major version, 0 or 1, and the VRM extension."""
    extensions = document["extensions"]
    return (1, extensions["VRMC_vrm"]) if "VRMC_vrm" in extensions else (0, extensions["VRM"])


class Humanoid:
    """The node tree with its bones. Axes: ours, Y up, facing +Z. Raises MeshError and NodeError."""

    def __init__(self, document: dict[str, Any]) -> None:
        """Find the node of every posed bone."""
        version, vrm = vrm_extension(document)
        self._nodes: list[dict[str, Any]] = document["nodes"]
        self._tree = NodeTree(document, faces_back=version == 0)
        self._start = np.eye(4) if version else _HALF_TURN
        given = vrm["humanoid"]["humanBones"]
        pairs = given.items() if isinstance(given, dict) else [(bone["bone"], bone) for bone in given]
        named = {unity_name(name, version): bone.get("node") for name, bone in pairs}
        self.bones: dict[int, str] = {
            self._tree.checked(node): name for name, node in named.items() if name in POSED and node != -1
        }
        self._worlds: dict[int, F64] = {}

    def carrier(self, node: int) -> str:
        """Return the posed bone that carries a node: itself or the nearest ancestor; "" for none."""
        return next((self.bones[one] for one in (node, *self._tree.ancestors(node)) if one in self.bones), "")

    def world(self, node: int) -> F64:
        """Return the transform (4, 4) from the node's axes to our world, at rest."""
        for one in reversed((node, *self._tree.ancestors(node))):
            if one not in self._worlds:
                above = self._tree.ancestors(one)
                start = self._worlds[above[0]] if above else self._start
                world = self._worlds[one] = start @ self._local(one)
                if not np.abs(world).max() <= LARGEST:
                    raise MeshError(f"node {one} has an unreasonable position or scale")
        return self._worlds[node]

    def checked(self, node: Any) -> int:
        """Return the number of a node that exists."""
        return self._tree.checked(node)

    def _local(self, number: int) -> F64:
        node = self._nodes[number]
        matrix = np.eye(4)
        try:
            if "matrix" in node:
                matrix = np.array(node["matrix"], np.float64).reshape(4, 4).T
            else:
                turn = Rotation.from_quat(node.get("rotation", [0, 0, 0, 1])).as_matrix()
                matrix[:3, :3] = turn * np.array(node.get("scale", [1, 1, 1]), np.float64)
                matrix[:3, 3] = node.get("translation", [0, 0, 0])
        except (TypeError, ValueError) as error:
            raise MeshError(f"the transform of node {number} is damaged") from error
        if not np.abs(matrix).max() <= LARGEST:  # NaN is not, either
            raise MeshError(f"the transform of node {number} is unreasonably large")
        return matrix
