"""glTF 2.0 in binary form (.glb): a skeleton in its T-pose with one animation, and a plain visible body.

glTF's axes are ours (right-handed, Y up, metres, the person faces +Z, quaternions x, y, z, w), so nothing is converted.
Keyframes have the take's timestamps. Source: glTF 2.0 specification, Khronos; VRMC_vrm_animation 1.0 for .vrma.
"""

from __future__ import annotations

import json
import struct
from typing import IO, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.errors import OutputError
from engine.motion.gltf_body import body_of, rest_places
from engine.motion.gltf_face import FaceMesh, face_mesh
from engine.motion.resample import HeldMotion, gaps_json, held_motion
from engine.motion.take import MotionTake, Progress, no_progress
from engine.types import F32
from models.detail_skeleton import EYE_NAMES, Skeleton
from models.face import EXPRESSION_NAMES, NUM_EXPRESSIONS
from models.kinematics import stature
from models.skeleton import JOINT, NUM_JOINTS, ROOT
from models.vrm_expressions import VRM1_NAMES, vrm_expressions

Json: TypeAlias = dict[str, Any]

_FLOAT, _UINT16 = 5126, 5123
_TYPES = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_ARRAY_BUFFER, _ELEMENT_BUFFER = 34962, 34963
_MAGIC, _VERSION, _JSON_CHUNK, _BIN_CHUNK = 0x46546C67, 2, 0x4E4F534A, 0x004E4942
_LONGEST_BYTES = 2**32 - 1


def write_glb(file: IO[bytes], take: MotionTake, progress: Progress = no_progress) -> None:
    """Write the take as an animated, visible skeleton. Raises OutputError: no person, or too long for the format."""
    builder, motion = _Builder(), held_motion(take)
    document, keys = _animated_skeleton(motion, builder)
    _add_body(document, builder, motion.skeleton)
    if keys.expression is not None:
        _add_face(document, builder, face_mesh(float(stature(take.rest_offsets_m))), keys.expression)
    _write(file, document, builder, progress)


def write_vrma(file: IO[bytes], take: MotionTake, progress: Progress = no_progress) -> None:
    """Write the take as a VRM animation: rotations of humanoid bones, translation of the hips, expressions, gaze.

    Eyes are not bones here but a direction, and an expression is the x of a node (VRMC_vrm_animation 1.0).
    """
    builder, motion = _Builder(), held_motion(take)
    document, keys = _animated_skeleton(motion, builder, eyes=False)
    names = motion.skeleton.names
    bones = {vrm_bone(name): {"node": node} for node, name in enumerate(names) if name not in EYE_NAMES}
    extension: Json = {"specVersion": "1.0", "humanoid": {"humanBones": bones}}
    if keys.expression is not None:
        extension["expressions"] = {"preset": _add_expressions(document, builder, keys.expression)}
    if keys.eyes is not None:
        node = _add_node(document, {"name": "gaze"})
        _animate(document, node, "rotation", builder.add(keys.eyes[:, 0]))
        offset = motion.skeleton.offsets_m[names.index(EYE_NAMES[0])]
        extension["lookAt"] = {"node": node, "offsetFromHeadBone": [0.0, float(offset[1]), float(offset[2])]}
    document["extensionsUsed"] = ["VRMC_vrm_animation"]
    document["extensions"] = {"VRMC_vrm_animation": extension}
    _write(file, document, builder, progress)


def vrm_bone(name: str) -> str:
    """Return VRM 1.0's name of a bone, whose thumb begins with its metacarpal."""
    if "Thumb" in name:
        name = name.replace("Proximal", "Metacarpal").replace("Intermediate", "Proximal")
    return name[0].lower() + name[1:]


class _Builder:
    """Collects the binary buffer with its views and accessors."""

    def __init__(self) -> None:
        self.arrays: list[NDArray[Any]] = []  # written consecutively, each padded to four bytes
        self.size = 0
        self.views: list[Json] = []
        self.accessors: list[Json] = []

    def add(self, values: NDArray[Any], *, target: int | None = None, bounds: bool = False) -> int:
        """Add an accessor and return its index; (n,) scalars, (n, 3), (n, 4) or (n, 16) float32 or uint16."""
        view: Json = {"buffer": 0, "byteOffset": self.size, "byteLength": values.nbytes}
        if target is not None:
            view["target"] = target
        accessor: Json = {
            "bufferView": len(self.views),
            "componentType": _UINT16 if values.dtype == np.uint16 else _FLOAT,
            "count": len(values),
            "type": _TYPES[1 if values.ndim == 1 else values.shape[1]],
        }
        if bounds:
            accessor["min"] = np.atleast_1d(values.min(axis=0)).tolist()
            accessor["max"] = np.atleast_1d(values.max(axis=0)).tolist()
        self.arrays.append(values)
        self.size += values.nbytes + -values.nbytes % 4
        self.views.append(view)
        self.accessors.append(accessor)
        return len(self.accessors) - 1


class _Keys(NamedTuple):
    """Keyframes: the body's rotations of an hour at 60 Hz take 80 MB."""

    rotations: F32  # (M, J, 4)
    root: F32  # (M, 3)
    expression: F32 | None  # (M, 52)
    eyes: F32 | None  # (M, 2, 4)


def _animated_skeleton(motion: HeldMotion, builder: _Builder, *, eyes: bool = True) -> tuple[Json, _Keys]:
    """Add nodes 0..J-1 for the joints and one animation that rotates all and moves the hips. eyes: also rotate them."""
    skeleton, keys = motion.skeleton, _keyframes(motion)
    times = builder.add(motion.times_s.astype(np.float32), bounds=True)
    turned = [joint for joint, name in enumerate(skeleton.names) if eyes or name not in EYE_NAMES]
    outputs = [(ROOT, "translation", builder.add(keys.root))]
    outputs += [(joint, "rotation", builder.add(keys.rotations[:, joint])) for joint in turned]
    gaps: Json = {"extras": {"gaps": gaps_json(motion.gaps)}} if motion.gaps else {}
    nodes: list[Json] = []
    for joint, name in enumerate(skeleton.names):
        nodes.append({"name": name, "translation": [float(value) for value in skeleton.offsets_m[joint]]})
        if children := skeleton.children(joint):
            nodes[-1]["children"] = children
    document: Json = {
        "asset": {"version": "2.0", "generator": "VTM Live"},
        "scene": 0,
        "scenes": [{"nodes": [ROOT]}],
        "nodes": nodes,
        "animations": [
            {
                "name": "take",
                "samplers": [{"input": times, "output": output} for _, _, output in outputs],
                "channels": [
                    {"sampler": sampler, "target": {"node": joint, "path": path}}
                    for sampler, (joint, path, _) in enumerate(outputs)
                ],
                **gaps,
            }
        ],
    }
    return document, keys


def _keyframes(motion: HeldMotion) -> _Keys:
    """Return all frames at once."""
    skeleton, count = motion.skeleton, len(motion)
    rotations = np.empty((count, len(skeleton.names), 4), np.float32)
    root = np.empty((count, 3), np.float32)
    expression = None if motion.take.expression is None else np.empty((count, NUM_EXPRESSIONS), np.float32)
    for block in motion.blocks():
        frames = slice(block.start, block.start + len(block.root_m))
        rotations[frames, :NUM_JOINTS], root[frames] = block.rotations_xyzw, block.root_m
        rotations[frames, NUM_JOINTS:] = block.details_xyzw
        if expression is not None:
            expression[frames] = block.expression
    eyes = rotations[:, -len(EYE_NAMES) :] if motion.take.eyes_xyzw is not None else None
    return _Keys(rotations, root, expression, eyes)


def _add_node(document: Json, node: Json) -> int:
    """Append a node to the scene; return its number."""
    document["nodes"].append(node)
    document["scenes"][0]["nodes"].append(len(document["nodes"]) - 1)
    return len(document["nodes"]) - 1


def _animate(document: Json, node: int, path: str, output: int) -> None:
    """Add a channel to the animation, with the times of its first one."""
    animation = document["animations"][0]
    animation["channels"].append({"sampler": len(animation["samplers"]), "target": {"node": node, "path": path}})
    animation["samplers"].append({"input": animation["samplers"][0]["input"], "output": output})


def _add_expressions(document: Json, builder: _Builder, scores: F32) -> Json:
    """Add a node per VRM 1.0 expression, whose x is its weight; return where each is found."""
    weights = vrm_expressions(scores).astype(np.float32)  # (M, 12)
    found: Json = {}
    for at, name in enumerate(VRM1_NAMES):
        node = _add_node(document, {"name": name})
        moved = np.zeros((len(weights), 3), np.float32)
        moved[:, 0] = weights[:, at]
        _animate(document, node, "translation", builder.add(moved))
        found[name] = {"node": node}
    return found


def _add_face(document: Json, builder: _Builder, mesh: FaceMesh, scores: F32) -> None:
    """Add a mask on the head with the 52 scores as morph targets."""
    primitive = {
        "attributes": {"POSITION": builder.add(mesh.points_m, target=_ARRAY_BUFFER, bounds=True)},
        "indices": builder.add(mesh.triangles.reshape(-1), target=_ELEMENT_BUFFER),
        "targets": [{"POSITION": builder.add(moves, target=_ARRAY_BUFFER, bounds=True)} for moves in mesh.targets_m],
        "material": len(document["materials"]),
    }
    colour = {"baseColorFactor": [0.1, 0.1, 0.15, 1.0], "metallicFactor": 0.0}
    document["materials"].append({"name": "face", "doubleSided": True, "pbrMetallicRoughness": colour})
    document["meshes"].append(
        {
            "name": "face",
            "primitives": [primitive],
            "weights": [0.0] * NUM_EXPRESSIONS,
            "extras": {"targetNames": list(EXPRESSION_NAMES)},
        }
    )
    document["nodes"].append({"name": "face", "mesh": len(document["meshes"]) - 1})
    node = len(document["nodes"]) - 1
    document["nodes"][JOINT["Head"]].setdefault("children", []).append(node)
    _animate(document, node, "weights", builder.add(scores.reshape(-1)))


def _add_body(document: Json, builder: _Builder, skeleton: Skeleton) -> None:
    """Add a mesh bound to the joints; every part follows one joint."""
    body, joints_in_all = body_of(skeleton), len(skeleton.names)
    inverse = np.tile(np.eye(4, dtype=np.float32), (joints_in_all, 1, 1))
    inverse[:, 3, :3] = -rest_places(skeleton)  # column-major, as glTF has it
    weights = np.zeros((len(body.points_m), 4), np.float32)
    weights[:, 0] = 1.0
    joints = np.zeros((len(body.points_m), 4), np.uint16)
    joints[:, 0] = body.joints
    primitive = {
        "attributes": {
            "POSITION": builder.add(body.points_m, target=_ARRAY_BUFFER, bounds=True),
            "NORMAL": builder.add(body.normals, target=_ARRAY_BUFFER),
            "JOINTS_0": builder.add(joints, target=_ARRAY_BUFFER),
            "WEIGHTS_0": builder.add(weights, target=_ARRAY_BUFFER),
        },
        "indices": builder.add(body.triangles.reshape(-1), target=_ELEMENT_BUFFER),
        "material": 0,
    }
    document["materials"] = [
        {"name": "body", "pbrMetallicRoughness": {"baseColorFactor": [0.55, 0.7, 0.9, 1.0], "metallicFactor": 0.0}}
    ]
    document["meshes"] = [{"name": "body", "primitives": [primitive]}]
    binding = builder.add(inverse.reshape(-1, 16))
    document["skins"] = [{"joints": list(range(joints_in_all)), "skeleton": ROOT, "inverseBindMatrices": binding}]
    _add_node(document, {"name": "body", "mesh": 0, "skin": 0})


def _write(file: IO[bytes], document: Json, builder: _Builder, progress: Progress) -> None:
    document["bufferViews"] = builder.views
    document["accessors"] = builder.accessors
    document["buffers"] = [{"byteLength": builder.size}]
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    length = 12 + 8 + len(text) + 8 + builder.size
    if length > _LONGEST_BYTES:
        raise OutputError("the take is longer than a .glb can hold (4 GiB): use .bvh or .npz")
    file.write(struct.pack("<III", _MAGIC, _VERSION, length))
    file.write(struct.pack("<II", len(text), _JSON_CHUNK) + text)
    file.write(struct.pack("<II", builder.size, _BIN_CHUNK))
    for number, values in enumerate(builder.arrays, start=1):
        file.write(values.tobytes() + bytes(-values.nbytes % 4))
        progress(number / len(builder.arrays))
