"""glTF 2.0 in its binary form (.glb): a skeleton in its T-pose with one animation, and a plain body so that it is seen.

glTF's axes are ours (right-handed, Y up, metres, the person faces +Z, quaternions x, y, z, w), so nothing is converted.
Keyframes lie at the take's own timestamps. Source: glTF 2.0 specification, Khronos; VRMC_vrm_animation 1.0 for .vrma.
"""

from __future__ import annotations

import json
import struct
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.errors import OutputError
from engine.motion.gltf_body import Body, body_of, rest_places
from engine.motion.resample import HeldMotion, gaps_json, held_motion
from engine.motion.take import MotionTake, Progress, no_progress
from engine.types import F32
from models.skeleton import JOINT_NAMES, NUM_JOINTS, PARENTS, ROOT

Json: TypeAlias = dict[str, Any]

_FLOAT, _UINT16 = 5126, 5123
_TYPES = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_ARRAY_BUFFER, _ELEMENT_BUFFER = 34962, 34963
_MAGIC, _VERSION, _JSON_CHUNK, _BIN_CHUNK = 0x46546C67, 2, 0x4E4F534A, 0x004E4942
_LONGEST_BYTES = 2**32 - 1


def write_glb(file: IO[bytes], take: MotionTake, progress: Progress = no_progress) -> None:
    """Write the take as an animated, visible skeleton. Raises OutputError: nobody in it, or too long for the format."""
    builder = _Builder()
    document = _animated_skeleton(take, builder)
    _add_body(document, builder, body_of(take.rest_offsets_m), take)
    _write(file, document, builder, progress)


def write_vrma(file: IO[bytes], take: MotionTake, progress: Progress = no_progress) -> None:
    """Write the take as a VRM animation: rotations of humanoid bones, translation of the hips, nothing else."""
    builder = _Builder()
    document = _animated_skeleton(take, builder)
    bones = {name[0].lower() + name[1:]: {"node": node} for node, name in enumerate(JOINT_NAMES)}
    document["extensionsUsed"] = ["VRMC_vrm_animation"]
    document["extensions"] = {"VRMC_vrm_animation": {"specVersion": "1.0", "humanoid": {"humanBones": bones}}}
    _write(file, document, builder, progress)


class _Builder:
    """Collects the binary buffer with its views and accessors."""

    def __init__(self) -> None:
        self.arrays: list[NDArray[Any]] = []  # written one after the other, each filled up to four bytes
        self.size = 0
        self.views: list[Json] = []
        self.accessors: list[Json] = []

    def add(self, values: NDArray[Any], *, target: int | None = None, bounds: bool = False) -> int:
        """The index of a new accessor; (n,) scalars, (n, 3), (n, 4) or (n, 16) float32 or uint16."""
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


def _animated_skeleton(take: MotionTake, builder: _Builder) -> Json:
    """Nodes 0..21 are the joints; the one animation turns all and moves the hips."""
    motion = held_motion(take)
    rotations, root = _keyframes(motion)
    times = builder.add(motion.times_s.astype(np.float32), bounds=True)
    outputs = [(ROOT, "translation", builder.add(root))]
    outputs += [(joint, "rotation", builder.add(rotations[:, joint])) for joint in range(NUM_JOINTS)]
    gaps: Json = {"extras": {"gaps": gaps_json(motion.gaps)}} if motion.gaps else {}
    nodes: list[Json] = []
    for joint, name in enumerate(JOINT_NAMES):
        nodes.append({"name": name, "translation": [float(value) for value in take.rest_offsets_m[joint]]})
        children = [child for child in range(NUM_JOINTS) if PARENTS[child] == joint]
        if children:
            nodes[-1]["children"] = children
    return {
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


def _keyframes(motion: HeldMotion) -> tuple[F32, F32]:
    """(M, 22, 4), (M, 3): an hour at 60 Hz takes 80 MB."""
    rotations = np.empty((len(motion), NUM_JOINTS, 4), np.float32)
    root = np.empty((len(motion), 3), np.float32)
    for block in motion.blocks():
        frames = slice(block.start, block.start + len(block.root_m))
        rotations[frames], root[frames] = block.rotations_xyzw, block.root_m
    return rotations, root


def _add_body(document: Json, builder: _Builder, body: Body, take: MotionTake) -> None:
    """A mesh bound to the joints; every part follows one joint."""
    inverse = np.tile(np.eye(4, dtype=np.float32), (NUM_JOINTS, 1, 1))
    inverse[:, 3, :3] = -rest_places(take.rest_offsets_m)  # column-major, as glTF has it
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
    document["skins"] = [{"joints": list(range(NUM_JOINTS)), "skeleton": ROOT, "inverseBindMatrices": binding}]
    document["nodes"].append({"name": "body", "mesh": 0, "skin": 0})
    document["scenes"][0]["nodes"].append(NUM_JOINTS)


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
