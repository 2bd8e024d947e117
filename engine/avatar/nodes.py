"""The node tree of a glTF document: local transforms, parents, and rest transforms.

Transforms are in our axes (Y up, the avatar faces +Z, its left at +X) like VRM 1.0's; a VRM 0.x model faces -Z and is
rotated by 180 degrees about Y.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from engine.types import F64
from models.json_text import finite_number

_UNEVEN = 0.01  # tolerance of a scale, relative to the mean of the three axes
_LARGEST = 1e6
_DEEPEST = 1000
_HALF_TURN = np.diag([-1.0, 1.0, -1.0])


class NodeError(ValueError):
    """The tree is invalid for an avatar; a one-line message without the file name."""


class Placed(NamedTuple):
    """A node at rest, our axes. `position = parent position + parent scale * parent rotation @ offset`."""

    position: F64  # (3,) metres
    rotation: F64  # (3, 3)
    scale: float
    offset: F64  # (3,) relative to the node's parent, in the parent's units
    turn: F64  # (3, 3) relative to the node's parent


_WORLD = Placed(np.zeros(3), np.eye(3), 1.0, np.zeros(3), np.eye(3))


class NodeTree:
    """Nodes of a document by index. Every method raises NodeError for errors in the file."""

    def __init__(self, document: dict[str, Any], *, faces_back: bool) -> None:
        """Check that each node has at most one parent. faces_back: the model faces -Z."""
        nodes = document.get("nodes")
        if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
            raise NodeError("its list of nodes is missing or damaged")
        self._nodes: list[dict[str, Any]] = nodes
        self._parents = self._find_parents()
        self._faces_back = faces_back
        self._placed: dict[int, Placed] = {}

    def _find_parents(self) -> dict[int, int]:
        parents: dict[int, int] = {}
        for number, node in enumerate(self._nodes):
            children = node.get("children", [])
            if not isinstance(children, list):
                raise NodeError(f"the children of node {number} are not a list")
            for child in children:
                if self.checked(child) in parents:
                    raise NodeError(f"node {child} has two parents, expected a tree")
                parents[child] = number
        return parents

    def checked(self, number: Any) -> int:
        """Return the number of a node that exists."""
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(self._nodes):
            raise NodeError(f"it names the node {str(number)[:20]}, expected 0 to {len(self._nodes) - 1}")
        return number

    def ancestors(self, number: int) -> list[int]:
        """Return the ancestors of this node, nearest first."""
        found: list[int] = []
        while number in self._parents:
            number = self._parents[number]
            found.append(number)
            if len(found) > len(self._nodes):
                raise NodeError("its nodes form a cycle, expected a tree")
            if len(found) > _DEEPEST:
                raise NodeError(f"its nodes are nested deeper than {_DEEPEST} levels")
        return found

    def parent(self, number: int) -> Placed:
        """Return the node's parent at rest; the world if it has none."""
        return self.at_rest(self._parents[number]) if number in self._parents else _WORLD

    def at_rest(self, number: int) -> Placed:
        """Return the node's rest transform."""
        for node in [*reversed(self.ancestors(number)), number]:
            if node not in self._placed:
                self._placed[node] = self._place(node)
        return self._placed[number]

    def _place(self, number: int) -> Placed:
        above = self._placed[self._parents[number]] if number in self._parents else _WORLD
        offset, turn, scale = self._local(number)
        if self._faces_back:
            offset, turn = _HALF_TURN @ offset, _HALF_TURN @ turn @ _HALF_TURN
        position = above.position + above.scale * above.rotation @ offset
        scale *= above.scale
        if np.abs(position).max() > _LARGEST or not 1 / _LARGEST < scale < _LARGEST:
            raise NodeError(f"node {number} has an unreasonable position or scale")
        return Placed(position, above.rotation @ turn, scale, offset, turn)

    def _local(self, number: int) -> tuple[F64, F64, float]:
        """Return translation, rotation matrix and scale, which must be uniform."""
        node = self._nodes[number]
        if "matrix" in node:
            matrix = _numbers(node["matrix"], 16, f"the matrix of node {number}").reshape(4, 4).T
            return matrix[:3, 3], *_without_scale(matrix[:3, :3], number)
        offset = _numbers(node.get("translation", [0, 0, 0]), 3, f"the translation of node {number}")
        quaternion = _numbers(node.get("rotation", [0, 0, 0, 1]), 4, f"the rotation of node {number}")
        scale = _numbers(node.get("scale", [1, 1, 1]), 3, f"the scale of node {number}")
        if not 0.9 < np.linalg.norm(quaternion) < 1.1:
            raise NodeError(f"the rotation of node {number} is not a unit quaternion")
        return offset, *_without_scale(Rotation.from_quat(quaternion).as_matrix() * scale, number)


def _without_scale(matrix: F64, number: int) -> tuple[F64, float]:
    """Split (3, 3) into a rotation and a uniform scale."""
    lengths = np.linalg.norm(matrix, axis=0)
    scale = float(lengths.mean())
    if not scale > 1 / _LARGEST or np.abs(lengths / scale - 1).max() > _UNEVEN or np.linalg.det(matrix / scale) < 0.9:
        raise NodeError(f"node {number} is mirrored, skewed or scaled unevenly: apply its transform, then export again")
    return Rotation.from_matrix(matrix / lengths).as_matrix(), scale


def _numbers(value: Any, count: int, what: str) -> F64:
    if not isinstance(value, list) or len(value) != count:
        raise NodeError(f"{what} is not {count} numbers")
    numbers = [finite_number(item) for item in value]
    if any(number is None or abs(number) > _LARGEST for number in numbers):
        raise NodeError(f"{what} is not {count} numbers of a reasonable size")
    return np.array(numbers, np.float64)
