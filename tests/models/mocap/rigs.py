"""Rigs as other programs write them, and BVH text of a motion on them: a writer for the reader to read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from models.skeleton import JOINT, JOINT_NAMES, NUM_JOINTS, PARENTS, REST_OFFSETS


@dataclass(frozen=True)
class Rig:
    """How one program names, rests and writes the 22 joints. `names`: ours -> theirs; what is absent is missing."""

    name: str
    names: dict[str, str]
    root_order: str = "ZYX"
    order: str = "ZXY"
    arms_down_deg: float = 0.0  # rest pose: arms lowered from the T-pose
    legs_out_deg: float = 0.0  # rest pose: legs splayed
    trunk_deg: float = 0.0  # rest pose: spine and shoulders leaning forwards
    hips_lift: float = 0.0  # the file's hips joint above the middle of the hip joints, in hips heights
    scale: float = 90.0  # file units per hips height
    positions_first: bool = True


def _sided(pattern: str, bones: dict[str, str]) -> dict[str, str]:
    """{"Hand": "hand"} -> {"LeftHand": "hand_l", ...}; pattern with {bone}, {side} (Left), {letter} (l)."""
    return {
        side + ours: pattern.format(bone=theirs, side=side, letter=side[0].lower(), Letter=side[0])
        for side in ("Left", "Right")
        for ours, theirs in bones.items()
    }


DAZ = Rig(
    "Daz",
    {"Hips": "hip", "Spine": "abdomen", "Chest": "chest", "Neck": "neck", "Head": "head"}
    | _sided(
        "{letter}{bone}",
        {
            "Shoulder": "Collar",
            "UpperArm": "Shldr",
            "LowerArm": "ForeArm",
            "Hand": "Hand",
            "UpperLeg": "Thigh",
            "LowerLeg": "Shin",
            "Foot": "Foot",
        },
    ),
    legs_out_deg=20,
    hips_lift=0.06,
)
MIXAMO = Rig(
    "Mixamo",
    {
        "Hips": "mixamorig:Hips",
        "Spine": "mixamorig:Spine",
        "Chest": "mixamorig:Spine1",
        "UpperChest": "mixamorig:Spine2",
        "Neck": "mixamorig:Neck",
        "Head": "mixamorig:Head",
    }
    | _sided(
        "mixamorig:{side}{bone}",
        {
            "Shoulder": "Shoulder",
            "UpperArm": "Arm",
            "LowerArm": "ForeArm",
            "Hand": "Hand",
            "UpperLeg": "UpLeg",
            "LowerLeg": "Leg",
            "Foot": "Foot",
            "Toes": "ToeBase",
        },
    ),
    root_order="XYZ",
    order="XYZ",
    scale=1.0,
)
UNREAL = Rig(
    "Unreal",
    {
        "Hips": "pelvis",
        "Spine": "spine_01",
        "Chest": "spine_02",
        "UpperChest": "spine_03",
        "Neck": "neck_01",
        "Head": "head",
    }
    | _sided(
        "{bone}_{letter}",
        {
            "Shoulder": "clavicle",
            "UpperArm": "upperarm",
            "LowerArm": "lowerarm",
            "Hand": "hand",
            "UpperLeg": "thigh",
            "LowerLeg": "calf",
            "Foot": "foot",
            "Toes": "ball",
        },
    ),
    root_order="YZX",
    order="YXZ",
    arms_down_deg=50,
    legs_out_deg=6,
    positions_first=False,
)
BLENDER = Rig(
    "Blender",
    {"Hips": "hips", "Spine": "spine", "Chest": "chest", "UpperChest": "upper_chest", "Neck": "neck", "Head": "head"}
    | _sided(
        "{bone}.{Letter}",
        {
            "Shoulder": "shoulder",
            "UpperArm": "upper_arm",
            "LowerArm": "forearm",
            "Hand": "hand",
            "UpperLeg": "thigh",
            "LowerLeg": "shin",
            "Foot": "foot",
            "Toes": "toe",
        },
    ),
    root_order="XZY",
    order="ZYX",
    arms_down_deg=30,
)
RIGS = (DAZ, MIXAMO, UNREAL, BLENDER)


def nearest_parent(rig: Rig, joint: int) -> int:
    """Our index of the closest ancestor that the rig has."""
    parent = PARENTS[joint]
    while JOINT_NAMES[parent] not in rig.names:
        parent = PARENTS[parent]
    return parent


def rest_turns(rig: Rig) -> np.ndarray:
    """(22, 3, 3) how each bone of the rest pose is turned away from the T-pose."""
    turns = np.tile(np.eye(3), (NUM_JOINTS, 1, 1))
    trunk = Rotation.from_euler("x", rig.trunk_deg, degrees=True).as_matrix()
    turns[[JOINT[name] for name in ("Spine", "Chest", "UpperChest")]] = trunk
    for sign, side in ((1, "Left"), (-1, "Right")):
        arm = Rotation.from_euler("z", -sign * rig.arms_down_deg, degrees=True).as_matrix()
        leg = Rotation.from_euler("z", sign * rig.legs_out_deg, degrees=True).as_matrix()
        turns[JOINT[side + "Shoulder"]] = trunk
        for bone in ("UpperArm", "LowerArm", "Hand"):
            turns[JOINT[side + bone]] = arm
        for bone in ("UpperLeg", "LowerLeg"):
            turns[JOINT[side + bone]] = leg
    return turns


def random_motion(rig: Rig, frames: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Local rotations (N, 22, 3, 3) with the Hips in the world, and the root (N, 3) in hips heights."""
    rng = np.random.default_rng(seed)
    start, speed = rng.normal(size=(2, 1, NUM_JOINTS, 3)) * 0.35
    vectors = start + speed * np.linspace(0, 1, frames)[:, None, None]
    for joint, name in enumerate(JOINT_NAMES):
        if name not in rig.names:
            vectors[:, joint] = 0
    rotations = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix().reshape(frames, NUM_JOINTS, 3, 3)
    root = np.array([0.2, 1.0, -0.3]) + np.linspace(0, 1, frames)[:, None] * rng.normal(size=3)
    return rotations, root


def bvh_text(rig: Rig, rotations: np.ndarray, root: np.ndarray, fps: float) -> str:
    """A BVH of our motion (local rotations as in `random_motion`) on the rig."""
    turns = rest_turns(rig)
    world = rotations.copy()
    for joint in range(1, NUM_JOINTS):
        world[:, joint] = world[:, PARENTS[joint]] @ rotations[:, joint]
    file_world = world @ np.swapaxes(turns, -1, -2)
    lines, columns = ["HIERARCHY"], []

    def write(joint: int, depth: int) -> None:
        name, pad = JOINT_NAMES[joint], "\t" * depth
        order = rig.order if depth else rig.root_order
        spins = [f"{axis}rotation" for axis in order]
        channels = spins
        if depth == 0:
            offset, local = np.zeros(3), file_world[:, joint]
            places = ["Xposition", "Yposition", "Zposition"]
            channels = places + spins if rig.positions_first else spins + places
        else:
            parent = nearest_parent(rig, joint)
            offset = _offset(rig, turns, joint, parent)
            local = np.swapaxes(file_world[:, parent], -1, -2) @ file_world[:, joint]
        lines.extend([f"{pad}{'JOINT' if depth else 'ROOT'} {rig.names[name]}", pad + "{"])
        lines.append(f"{pad}\tOFFSET " + " ".join(f"{value:.8f}" for value in offset * rig.scale))
        lines.append(f"{pad}\tCHANNELS {len(channels)} {' '.join(channels)}")
        angles = Rotation.from_matrix(local).as_euler(order, degrees=True)
        if depth == 0:
            lift = file_world[:, joint] @ np.array([0, rig.hips_lift, 0])
            moves = (root + lift) * rig.scale
            angles = np.hstack([moves, angles] if rig.positions_first else [angles, moves])
        columns.append(angles)
        children = [
            child
            for child in range(1, NUM_JOINTS)
            if JOINT_NAMES[child] in rig.names and nearest_parent(rig, child) == joint
        ]
        for child in children:
            write(child, depth + 1)
        if not children:
            end = _offset(rig, turns, joint + 1, joint) if name.endswith("Foot") else np.array([0, 0, 0.05])
            text = " ".join(f"{value:.8f}" for value in end * rig.scale)
            lines.extend([f"{pad}\tEnd Site", f"{pad}\t{{", f"{pad}\t\tOFFSET {text}", f"{pad}\t}}"])
        lines.append(pad + "}")

    write(0, 0)
    values = np.hstack(columns)
    lines += ["MOTION", f"Frames: {len(values)}", f"Frame Time: {1 / fps:.8f}"]
    lines += [" ".join(f"{value:.8f}" for value in row) for row in values]
    return "\n".join(lines) + "\n"


def _offset(rig: Rig, turns: np.ndarray, joint: int, parent: int) -> np.ndarray:
    """Rest offset of a joint to the parent that the rig has, in hips heights."""
    offset, at = np.zeros(3), joint
    while at != parent:
        offset = offset + turns[PARENTS[at]] @ REST_OFFSETS[at]
        at = PARENTS[at]
    return offset - (0, rig.hips_lift if parent == 0 else 0, 0)


def write_bvh(path: Path, rig: Rig, *, frames: int = 5, fps: float = 30.0, seed: int = 0) -> Path:
    """A random motion of a rig as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(bvh_text(rig, *random_motion(rig, frames, seed), fps))
    return path
