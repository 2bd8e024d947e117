"""BVH: the skeleton with the person's own bone lengths, then one line of Euler angles per frame.

Right-handed, Y up. The format names no unit: centimetres unless told. Channels Z, X, Y: R = Rz @ Rx @ Ry. The root's
position is absolute (floor at 0) and its OFFSET zero: readers which add the offset agree with those which do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine.motion.atomic import replacing
from engine.motion.bvh_styles import BVH_STYLES, BvhStyle
from engine.motion.resample import EvenMotion, even_motion
from engine.motion.take import MotionTake
from engine.osc.euler import continuous_deg, euler_zxy_deg
from engine.types import F64
from models.rotations import quaternion_to_matrix
from models.skeleton import HEAD_TOP, JOINT_NAMES, NUM_JOINTS, PARENTS, ROOT

_HAND_LENGTH = 0.10  # wrist to knuckles, s̄ units (hips height 1); only drawn, never tracked
_TOE_LENGTH = 0.06
_CHILDREN = tuple(tuple(j for j in range(NUM_JOINTS) if PARENTS[j] == parent) for parent in range(NUM_JOINTS))
_END_SITES: dict[str, tuple[float, float, float]] = {
    "Head": (0.0, HEAD_TOP, 0.0),
    "LeftHand": (_HAND_LENGTH, 0.0, 0.0),
    "RightHand": (-_HAND_LENGTH, 0.0, 0.0),
    "LeftToes": (0.0, 0.0, _TOE_LENGTH),
    "RightToes": (0.0, 0.0, _TOE_LENGTH),
}


def write_bvh(path: Path, take: MotionTake, style: BvhStyle | None = None) -> None:
    """Write atomically, at a constant rate (see even_motion). Raises OutputError."""
    style = BVH_STYLES["default"] if style is None else style
    motion = even_motion(take)
    offsets = take.rest_offsets_m.astype(np.float64) * style.units_per_metre
    with replacing(path) as file:
        file.write(b"HIERARCHY\n")
        for line in _joint(ROOT, offsets, style, 0):
            file.write(f"{line}\n".encode())
        for line in _motion(motion, style.units_per_metre):
            file.write(f"{line}\n".encode())


def _joint(joint: int, offsets: F64, style: BvhStyle, depth: int) -> Iterator[str]:
    """One joint with all below it; the order of the channels is the order of these blocks."""
    indent = "\t" * depth
    name = JOINT_NAMES[joint]
    offset = np.zeros(3) if joint == ROOT else offsets[joint]
    yield f"{indent}{'ROOT' if joint == ROOT else 'JOINT'} {style.names.get(name, name)}"
    yield indent + "{"
    yield f"{indent}\tOFFSET {_numbers(offset)}"
    if joint == ROOT:
        yield f"{indent}\tCHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
    else:
        yield f"{indent}\tCHANNELS 3 Zrotation Xrotation Yrotation"
    for child in _CHILDREN[joint]:
        yield from _joint(child, offsets, style, depth + 1)
    if name in _END_SITES:
        end = np.array(_END_SITES[name]) * offsets[ROOT, 1]
        yield f"{indent}\tEnd Site"
        yield indent + "\t{"
        yield f"{indent}\t\tOFFSET {_numbers(end)}"
        yield indent + "\t}"
    yield indent + "}"


def _numbers(values: F64) -> str:
    return " ".join(f"{value + 0.0:.6f}" for value in values)


def channel_order() -> tuple[int, ...]:
    """Joints in the order of the hierarchy, depth first."""

    def below(joint: int) -> Iterator[int]:
        yield joint
        for child in _CHILDREN[joint]:
            yield from below(child)

    return tuple(below(ROOT))


def _motion(motion: EvenMotion, units_per_metre: float) -> Iterator[str]:
    """The lines of the MOTION section."""
    matrices = quaternion_to_matrix(motion.rotations_xyzw[:, channel_order()])
    angles = continuous_deg(euler_zxy_deg(matrices))  # (M, 22, 3)
    channels = np.concatenate([motion.root_m * units_per_metre, angles.reshape(len(motion), -1)], axis=1)
    yield "MOTION"
    yield f"Frames: {len(motion)}"
    yield f"Frame Time: {1.0 / motion.fps:.9f}"
    template = " ".join(["%.6f"] * channels.shape[1])
    for values in channels:
        yield template % tuple(values)
