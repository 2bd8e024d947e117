"""Retargeting of a BVH to the 22 joints: world orientations relative to the T-pose, limbs by bone directions.

The file's rest pose (all rotations zero) must be upright and face +Z; limbs may hang or be splayed. For each limb bone
a correction C turns s̄'s T-pose direction into the file's rest direction; a joint's world orientation is then
(orientation in the file) x C, so that every limb bone points exactly where the file's bone points. The trunk, from hips
to shoulders, is treated as one such bone, because rigs differ in where its joints lie front to back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.kinematics import REST_JOINTS, STATURE, forward_kinematics, hips_height
from models.mocap.bvh import Bvh, BvhError
from models.rotations import matrix_to_quaternion, quaternion_to_matrix, rotation_between
from models.skeleton import JOINT, JOINT_NAMES, LIMBS, NUM_JOINTS, PARENTS

F64 = NDArray[np.float64]

_CENTRE_ALIASES: dict[str, tuple[str, ...]] = {
    "Hips": ("hips", "hip", "pelvis", "root"),
    "Spine": ("spine01", "spine001", "lowerback", "abdomen", "spine"),
    "Chest": ("spine02", "spine002", "chest", "spine", "spine1"),
    "UpperChest": ("spine03", "spine003", "upperchest", "chest2", "spine3", "spine2", "spine1"),
    "Neck": ("neck01", "neck"),
    "Head": ("head",),
}
_SIDE_ALIASES: dict[str, tuple[str, ...]] = {
    "Shoulder": ("collar", "clavicle", "shoulder"),
    "UpperArm": ("shldr", "upperarm", "arm", "shoulder"),
    "LowerArm": ("forearm", "lowerarm", "elbow"),
    "Hand": ("hand", "wrist"),
    "UpperLeg": ("thigh", "upleg", "upperleg", "hip"),
    "LowerLeg": ("shin", "calf", "leg", "lowerleg", "knee"),
    "Foot": ("foot", "ankle"),
    "Toes": ("toebase", "ball", "toes", "toe", "footend"),
}
_SIDED = re.compile(
    r"(?:(?P<word>[Ll]eft|[Rr]ight)(?P<after_word>.+?)|(?P<letter>[lr])(?P<after_letter>[A-Z].*?)"
    r"|(?P<before>.+?)[._](?P<suffix>[lLrR]))(?P<end>_end)?"
)
_BARE = re.compile(r"[._ ]")
_OPTIONAL = ("Spine", "Chest", "UpperChest", "Neck", "LeftShoulder", "RightShoulder", "LeftToes", "RightToes")
_LIMB_DIRECTIONS: dict[str, tuple[float, float, float]] = {
    **{f"Left{bone}": (1.0, 0.0, 0.0) for bone in ("UpperArm", "LowerArm")},
    **{f"Right{bone}": (-1.0, 0.0, 0.0) for bone in ("UpperArm", "LowerArm")},
    **{f"{side}{bone}": (0.0, -1.0, 0.0) for side in ("Left", "Right") for bone in ("UpperLeg", "LowerLeg")},
}
_TRUNK = ("Spine", "Chest", "UpperChest", "LeftShoulder", "RightShoulder")
_CHILD = {"UpperArm": "LowerArm", "LowerArm": "Hand", "UpperLeg": "LowerLeg", "LowerLeg": "Foot"}


@dataclass(frozen=True, slots=True)
class Retargeted:
    """A clip on the 22 joints, scaled to body height 1."""

    name: str
    fps: float
    rotations_xyzw: F64  # (N, 22, 4) local, Hips in the world
    root: F64  # (N, 3) Hips joint (centre of the hip joints), body heights
    rest_offsets: F64  # (22, 3) T-pose offsets of the source skeleton, body heights


def _plain(name: str) -> tuple[str, str]:
    """Split a joint's name into side ("left", "right" or "") and bare lower-case name. Understands LeftUpLeg, thigh_l,
    lShldr, upper_arm.L and the like."""
    bare = name.split(":")[-1]
    match = _SIDED.fullmatch(bare)
    if match is None:
        return "", _BARE.sub("", bare.lower())
    letter = match["word"] or match["letter"] or match["suffix"]
    rest = (match["after_word"] or match["after_letter"] or match["before"]) + (match["end"] or "")
    return "left" if letter.lower().startswith("l") else "right", _BARE.sub("", rest.lower())


def map_joints(names: tuple[str, ...], path: str) -> dict[str, int]:
    """Return the file's index of each of our joints; optional ones may be missing. Raises BvhError for others."""
    known = {_plain(name): index for index, name in reversed(list(enumerate(names)))}
    found: dict[str, int] = {}
    for joint in JOINT_NAMES:
        side = "left" if joint.startswith("Left") else "right" if joint.startswith("Right") else ""
        bare = joint[len(side) :]
        aliases = _SIDE_ALIASES[bare] if side else _CENTRE_ALIASES[bare]
        for alias in aliases:
            index = known.get((side, alias))
            if index is not None and index not in found.values():
                found[joint] = index
                break
    missing = [joint for joint in JOINT_NAMES if joint not in found and joint not in _OPTIONAL]
    if missing:
        raise BvhError(
            f"{path}: no joint found for {', '.join(missing)}; names in the file: {', '.join(names[:12])} ..."
        )
    return found


def _rest_joints(bvh: Bvh) -> F64:
    """Return joint positions (J, 3) with all rotations zero."""
    rest = np.zeros_like(bvh.offsets)
    for joint, parent in enumerate(bvh.parents):
        if parent >= 0:
            rest[joint] = rest[parent] + bvh.offsets[joint]
    return rest


def _trunk(rest: F64, index: dict[str, int]) -> F64:
    """Return the vector (3,) from the middle of the hip joints to the middle of the shoulder joints."""
    ends = [(rest[index[f"Left{name}"]] + rest[index[f"Right{name}"]]) / 2 for name in ("UpperLeg", "UpperArm")]
    return np.asarray(ends[1] - ends[0])


def rest_corrections(rest: F64, found: dict[str, int]) -> F64:
    """Return the correction C of each joint (22, 3, 3), from T-pose direction to the file's rest direction. Hands
    follow the forearms."""
    corrections = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    for joint, direction in _LIMB_DIRECTIONS.items():
        side = "Left" if joint.startswith("Left") else "Right"
        child = side + _CHILD[joint[len(side) :]]
        bone = rest[found[child]] - rest[found[joint]]
        corrections[JOINT[joint]] = rotation_between(np.array(direction), bone)
    trunk = rotation_between(_trunk(REST_JOINTS, JOINT), _trunk(rest, found))
    corrections[[JOINT[name] for name in _TRUNK]] = trunk
    for side in ("Left", "Right"):
        corrections[JOINT[f"{side}Hand"]] = corrections[JOINT[f"{side}LowerArm"]]
    return corrections


def own_offsets(rest: F64, found: dict[str, int], corrections: F64) -> F64:
    """Return the source's offsets (22, 3) in the T-pose, file units. A missing joint coincides with its parent."""
    places = np.zeros((NUM_JOINTS, 3))
    for joint, name in enumerate(JOINT_NAMES):
        if name == "Hips":
            places[joint] = (rest[found["LeftUpperLeg"]] + rest[found["RightUpperLeg"]]) / 2
        elif name in found:
            places[joint] = rest[found[name]]
        else:
            places[joint] = places[PARENTS[joint]]
    offsets = np.zeros((NUM_JOINTS, 3))
    for joint in range(1, NUM_JOINTS):
        parent = PARENTS[joint]
        offsets[joint] = corrections[parent].T @ (places[joint] - places[parent])
    offsets[0, 1] = hips_height(offsets)
    return offsets


def retarget(bvh: Bvh, name: str, *, first_frame: int = 0) -> Retargeted:
    """Retarget a BVH to the 22 joints. Frames before `first_frame` are dropped (CMU: 1; frame 0 is a T-pose).

    Raises BvhError when required joints are missing, bones have no length or nothing is left after `first_frame`.
    """
    if len(bvh.rotations) <= first_frame:
        raise BvhError(f"{name}: {len(bvh.rotations)} frames, expected more than {first_frame}")
    found = map_joints(bvh.names, name)
    rest = _rest_joints(bvh)
    corrections = rest_corrections(rest, found)
    offsets = own_offsets(rest, found, corrections)
    if offsets[0, 1] <= 0:
        raise BvhError(f"{name}: the legs have length {offsets[0, 1]:g}; expected a skeleton with OFFSETs")
    joints, turned = (part[first_frame:] for part in bvh.world())
    world = np.empty((len(joints), NUM_JOINTS, 3, 3))
    for joint, joint_name in enumerate(JOINT_NAMES):
        source = found.get(joint_name)
        world[:, joint] = turned[:, source] @ corrections[joint] if source is not None else world[:, PARENTS[joint]]
    local = world.copy()
    for joint in range(1, NUM_JOINTS):
        local[:, joint] = np.swapaxes(world[:, PARENTS[joint]], -1, -2) @ world[:, joint]
    scale = 1.0 / (offsets[0, 1] * STATURE)  # hips height = 1 / STATURE of the body height
    root = (joints[:, found["LeftUpperLeg"]] + joints[:, found["RightUpperLeg"]]) / 2 * scale
    return Retargeted(name, bvh.fps, matrix_to_quaternion(local), root, offsets * scale)


def round_trip_error(bvh: Bvh, clip: Retargeted, *, first_frame: int = 0) -> F64:
    """Return distances (N, 12) in body heights between the file's limb joints and the clip's forward kinematics."""
    found = map_joints(bvh.names, clip.name)
    joints, _ = bvh.world()
    ours, _ = forward_kinematics(quaternion_to_matrix(clip.rotations_xyzw), clip.rest_offsets, clip.root)
    scale = np.linalg.norm(clip.rest_offsets[LIMBS[1]]) / np.linalg.norm(
        _rest_joints(bvh)[found[JOINT_NAMES[LIMBS[1]]]] - _rest_joints(bvh)[found[JOINT_NAMES[PARENTS[LIMBS[1]]]]]
    )
    theirs = joints[first_frame:, [found[JOINT_NAMES[j]] for j in LIMBS]] * scale
    return np.asarray(np.linalg.norm(ours[:, list(LIMBS)] - theirs, axis=-1))


def first_frame_of(path: Path) -> int:
    """Return 1 for CMU's Daz-friendly files, whose first frame is a T-pose; else 0."""
    return 1 if "cmu_bvh" in path.parts else 0
