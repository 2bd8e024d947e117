"""BVH: the skeleton with the person's own bone lengths, then one line of Euler angles per frame.

Right-handed, Y up. The format has no unit: centimetres by default. Channels Z, X, Y: R = Rz @ Rx @ Ry, unless the style
has others. The root's position is absolute (floor at 0) and its OFFSET zero, so that readers agree whether or not they
add the offset. Fingers and eyes are joints if the take has them; the format cannot store expressions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import numpy as np

from engine.motion.bvh_styles import BVH_STYLES, BvhStyle
from engine.motion.euler import continuous_deg, euler_deg
from engine.motion.resample import EvenMotion, MotionBlock, even_motion
from engine.motion.rig import Rig
from engine.motion.take import MotionTake, Progress, no_progress
from engine.types import F32, F64
from models.detail_skeleton import EYE_NAMES, Skeleton
from models.skeleton import HEAD_TOP, ROOT

_HAND_LENGTH = 0.10  # wrist to knuckles, s̄ units (hips height 1); only drawn, never tracked
_TOE_LENGTH = 0.06
_TIP = 0.75  # length of a fingertip's bone relative to the one before it
_EYE_LENGTH_M = 0.012
_END_SITES: dict[str, tuple[float, float, float]] = {
    "Head": (0.0, HEAD_TOP, 0.0),
    "LeftHand": (_HAND_LENGTH, 0.0, 0.0),
    "RightHand": (-_HAND_LENGTH, 0.0, 0.0),
    "LeftToes": (0.0, 0.0, _TOE_LENGTH),
    "RightToes": (0.0, 0.0, _TOE_LENGTH),
}


def write_bvh(
    file: IO[bytes], take: MotionTake, progress: Progress = no_progress, style: BvhStyle | None = None
) -> None:
    """Write at a constant rate (see even_motion), block by block. Raises OutputError."""
    style = BVH_STYLES["default"] if style is None else style
    motion = even_motion(take, style.fps)
    rig = Rig(motion.held.skeleton, style)
    file.write(b"HIERARCHY\n")
    for line in _joint(ROOT, rig, style, 0):
        file.write(f"{line}\n".encode())
    file.write(f"MOTION\nFrames: {len(motion)}\nFrame Time: {1.0 / motion.fps:.9f}\n".encode())
    for block, lines in _frames(motion, rig, style):
        file.write("".join(lines).encode())
        progress((block.start + len(lines)) / len(motion))


def _joint(joint: int, rig: Rig, style: BvhStyle, depth: int) -> Iterator[str]:
    """Yield a joint with all its descendants; this is also the order of the channels."""
    indent = "\t" * depth
    skeleton = rig.skeleton
    channels = " ".join(f"{axis}rotation" for axis in style.channels)
    name, children = skeleton.names[joint], rig.children(joint)
    offset = np.zeros(3) if joint == ROOT else skeleton.offsets_m[joint] * style.units_per_metre
    yield f"{indent}{'ROOT' if joint == ROOT else 'JOINT'} {style.names.get(name, name)}"
    yield indent + "{"
    yield f"{indent}\tOFFSET {_numbers(offset)}"
    if joint == ROOT:
        yield f"{indent}\tCHANNELS 6 Xposition Yposition Zposition {channels}"
    else:
        yield f"{indent}\tCHANNELS 3 {channels}"
    for child in children:
        yield from _joint(child, rig, style, depth + 1)
    if name == "Head" or not children:
        end = rig.in_joint(joint, _end_site(joint, rig.given)) * style.units_per_metre
        yield f"{indent}\tEnd Site"
        yield indent + "\t{"
        yield f"{indent}\t\tOFFSET {_numbers(end)}"
        yield indent + "\t}"
    yield indent + "}"


def _end_site(joint: int, skeleton: Skeleton) -> F64:
    """Return the end of a chain's last bone, metres."""
    end: F64
    name = skeleton.names[joint]
    if name in _END_SITES:
        end = np.array(_END_SITES[name]) * float(skeleton.offsets_m[ROOT, 1])
        return end
    if name in EYE_NAMES:
        return np.array([0.0, 0.0, _EYE_LENGTH_M])
    along = skeleton.offsets_m[joint].astype(np.float64)  # as long as the finger's previous bone
    end = along * _TIP
    return end


def _numbers(values: F64 | F32) -> str:
    return " ".join(f"{value + 0.0:.6f}" for value in values)


def _frames(motion: EvenMotion, rig: Rig, style: BvhStyle) -> Iterator[tuple[MotionBlock, list[str]]]:
    """Yield the lines of the MOTION section, one per frame; angles are continuous, also between blocks."""
    last: F64 | None = None
    order = list(rig.order())
    for block in motion.blocks():
        rotations = np.concatenate([block.rotations_xyzw, block.details_xyzw], axis=1)
        angles = euler_deg(rig.turned(rotations)[:, order], style.channels)  # (m, J, 3)
        angles = continuous_deg(angles) if last is None else continuous_deg(np.concatenate([last, angles]))[1:]
        last = angles[-1:]
        channels = np.concatenate([block.root_m * style.units_per_metre, angles.reshape(len(angles), -1)], axis=1)
        template = " ".join(["%.6f"] * channels.shape[1]) + "\n"
        yield block, [template % tuple(values) for values in channels]
