"""A receiver that applies every local position and rotation to a model's own nodes, read from the file's JSON.

It shares no line with the sender: the tree is walked with SciPy, in the file's own axes, then turned to face +Z.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

Local = tuple[np.ndarray, Rotation]


def bone_nodes(document: dict[str, Any]) -> dict[str, int]:
    """Node of each bone, Unity's names."""
    extensions = document["extensions"]
    if "VRM" in extensions:
        bones = {bone["bone"]: bone["node"] for bone in extensions["VRM"]["humanoid"]["humanBones"]}
    else:
        given = extensions["VRMC_vrm"]["humanoid"]["humanBones"]
        bones = {name: bone["node"] for name, bone in given.items()}
    return {name[0].upper() + name[1:]: node for name, node in bones.items()}


def worlds(document: dict[str, Any], applied: Mapping[str, tuple[Any, Any]] | None = None) -> dict[str, Local]:
    """World place and turn of each bone, our axes.

    applied: local position and quaternion of bones, our axes; without them the model is at rest.
    """
    back = np.array([-1, 1, -1]) if "VRM" in document["extensions"] else np.ones(3)
    locals_ = [
        (np.array(node.get("translation", [0, 0, 0])), Rotation.from_quat(node.get("rotation", [0, 0, 0, 1])))
        for node in document["nodes"]
    ]
    nodes = bone_nodes(document)
    for name, (place, turn) in (applied or {}).items():
        locals_[nodes[name]] = (np.array(place) * back, Rotation.from_quat(np.array(turn) * [*back, 1]))
    found: dict[int, tuple[np.ndarray, Rotation, float]] = {}

    def walk(number: int, place: np.ndarray, turn: Rotation, scale: float) -> None:
        offset, own = locals_[number]
        place, turn = place + scale * turn.apply(offset), turn * own
        scale = scale * float(np.mean(document["nodes"][number].get("scale", 1.0)))
        found[number] = place, turn, scale
        for child in document["nodes"][number].get("children", []):
            walk(child, place, turn, scale)

    children = {child for node in document["nodes"] for child in node.get("children", [])}
    for number in range(len(document["nodes"])):
        if number not in children:
            walk(number, np.zeros(3), Rotation.identity(), 1.0)
    half = Rotation.from_euler("y", 180, degrees=True)
    answer: dict[str, Local] = {}
    for name, node in nodes.items():
        place, turn, _ = found[node]
        answer[name] = (place * back, half * turn * half if back[0] < 0 else turn)
    return answer
