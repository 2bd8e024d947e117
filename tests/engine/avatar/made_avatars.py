"""Avatars made for the tests, as the bytes of a .vrm: other proportions, missing bones, rest rotations."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from models.skeleton import JOINT_NAMES, PARENTS, REST_OFFSETS

OPTIONAL = ("Chest", "UpperChest", "Neck", "LeftShoulder", "RightShoulder", "LeftToes", "RightToes")


def made_document(
    *,
    version: str = "1.0",
    without: tuple[str, ...] = (),
    leg: float = 1.0,
    shin: float = 1.0,
    arm: float = 1.0,
    hip_joints_m: float = -0.03,
    tilted: bool = False,
    root_scale: float = 1.0,
    between: tuple[str, ...] = (),
) -> dict[str, Any]:
    """A glTF document: a tree of nodes and a VRM humanoid.

    leg, arm      factor on the lengths of thighs and shins, of arms; shin: of shins besides
    hip_joints_m  height of the hip joints over the hips
    tilted        every node has a rest rotation of its own, the root, too
    between       bones that hang on a plain node of their own, half-way to the bone above
    """
    names = [name for name in JOINT_NAMES if name not in without]
    places = rest_places(leg, arm, hip_joints_m, shin)
    random = np.random.default_rng(7)
    nodes: list[dict[str, Any]] = []
    worlds: list[tuple[np.ndarray, Rotation]] = []

    def add(name: str, parent: int | None, place: np.ndarray) -> int:
        turn = Rotation.from_rotvec(random.uniform(-2, 2, 3)) if tilted else Rotation.identity()
        origin, above = (np.zeros(3), Rotation.identity()) if parent is None else worlds[parent]
        scale = 1.0 if parent is None else root_scale
        offset, local = above.inv().apply(place - origin) / scale, (above.inv() * turn).as_quat()
        if version == "0.x":  # the model faces -Z
            offset, local = offset * [-1, 1, -1], local * [-1, 1, -1, 1]
        nodes.append({"name": name, "translation": offset.tolist(), "rotation": local.tolist()})
        worlds.append((place, turn))
        if parent is not None:
            nodes[parent].setdefault("children", []).append(len(nodes) - 1)
        return len(nodes) - 1

    root = add("Root", None, np.array([0.0, 0.01, 0.02]) if tilted else np.zeros(3))
    nodes[root]["scale"] = [root_scale] * 3
    index: dict[str, int] = {}
    for name in names:
        parent = PARENTS[JOINT_NAMES.index(name)]
        while parent >= 0 and JOINT_NAMES[parent] not in index:
            parent = PARENTS[parent]
        above = root if parent < 0 else index[JOINT_NAMES[parent]]
        if name in between:
            above = add(f"{name}_helper", above, (worlds[above][0] + places[name]) / 2)
        index[name] = add(name, above, places[name])
    return {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [root]}], "nodes": nodes} | _vrm(
        version, index
    )


def rest_places(leg: float, arm: float, hip_joints_m: float, shin: float = 1.0) -> dict[str, np.ndarray]:
    """World places of all joints in the T-pose, our axes, hips 0.9 m high for leg 1."""
    offsets = REST_OFFSETS * 0.9
    for joint, name in enumerate(JOINT_NAMES):
        if name.endswith(("LowerLeg", "Foot")):
            offsets[joint] *= leg * (shin if name.endswith("Foot") else 1.0)
        elif name.endswith(("LowerArm", "Hand")):
            offsets[joint] *= arm
        elif name.endswith("UpperLeg"):
            offsets[joint, 1] = hip_joints_m
    below = ("LeftUpperLeg", "LeftLowerLeg", "LeftFoot")
    offsets[0] = [0, 0.08 - sum(offsets[JOINT_NAMES.index(name), 1] for name in below), 0]  # ankles at 80 mm
    places: dict[str, np.ndarray] = {}
    for joint, name in enumerate(JOINT_NAMES):
        parent = PARENTS[joint]
        places[name] = offsets[joint] + (places[JOINT_NAMES[parent]] if parent >= 0 else 0)
    return places


def _vrm(version: str, index: dict[str, int]) -> dict[str, Any]:
    bones = {name[0].lower() + name[1:]: node for name, node in index.items()}
    if version == "0.x":
        humanoid = {"humanBones": [{"bone": name, "node": node} for name, node in bones.items()]}
        clips = [{"name": "Smile", "presetName": "joy"}, {"name": "Pout", "presetName": "unknown"}]
        return {
            "extensions": {
                "VRM": {
                    "humanoid": humanoid,
                    "blendShapeMaster": {"blendShapeGroups": clips},
                    "meta": {"title": "Made", "licenseName": "CC0"},
                }
            }
        }
    vrm = {
        "specVersion": "1.0",
        "humanoid": {"humanBones": {name: {"node": node} for name, node in bones.items()}},
        "expressions": {"preset": {"happy": {}, "aa": {}}, "custom": {"Pout": {}}},
        "meta": {"name": "Made", "licenseUrl": "https://vrm.dev/licenses/1.0/"},
    }
    return {"extensions": {"VRMC_vrm": vrm}}


def glb(document: dict[str, Any] | bytes) -> bytes:
    """The document as the only chunk of a binary glTF file."""
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<5I", 0x46546C67, 2, 20 + len(text), len(text), 0x4E4F534A) + text
