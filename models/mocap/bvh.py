"""BVH reader: any channel order, any joint names, end sites kept as joints. Units are the file's own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

F64 = NDArray[np.float64]
_CHANNELS = tuple(axis + kind for kind in ("position", "rotation") for axis in "XYZ")


class BvhError(ValueError):
    """The file is not a BVH this reader can use; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Bvh:
    """One BVH file. `rotations` are local to the parent; `positions`: the channels or, without any, the offset."""

    names: tuple[str, ...]  # end sites are "<parent>_end"
    parents: tuple[int, ...]
    offsets: F64  # (J, 3)
    fps: float
    rotations: F64  # (N, J, 3, 3)
    positions: F64  # (N, J, 3) local to the parent

    def world(self) -> tuple[F64, F64]:
        """Return joints (N, J, 3) and orientations (N, J, 3, 3) in the file's world (forward kinematics)."""
        joints = np.empty_like(self.positions)
        turned = np.empty_like(self.rotations)
        for joint, parent in enumerate(self.parents):
            if parent < 0:
                joints[:, joint], turned[:, joint] = self.positions[:, joint], self.rotations[:, joint]
            else:
                step = np.einsum("nij,nj->ni", turned[:, parent], self.positions[:, joint])
                joints[:, joint] = joints[:, parent] + step
                turned[:, joint] = turned[:, parent] @ self.rotations[:, joint]
        return joints, turned


@dataclass(slots=True)
class _Hierarchy:
    names: list[str]
    parents: list[int]
    offsets: list[list[float]]
    channels: list[list[str]]


def _parse_hierarchy(text: str, path: Path) -> _Hierarchy:
    """Parse the part before MOTION, token by token."""
    tree = _Hierarchy([], [], [], [])
    stack: list[int] = []
    words = iter(text.split())
    for word in words:
        if word in ("ROOT", "JOINT", "End"):
            name = next(words)
            parent = stack[-1] if stack else -1
            tree.names.append(f"{tree.names[parent]}_end" if word == "End" else name)
            tree.parents.append(parent)
            tree.offsets.append([0.0, 0.0, 0.0])
            tree.channels.append([])
        elif word == "{":
            stack.append(len(tree.names) - 1)
        elif word == "}":
            stack.pop()
        elif word == "OFFSET":
            tree.offsets[-1] = [float(next(words)) for _ in range(3)]
        elif word == "CHANNELS":
            tree.channels[-1] = [next(words) for _ in range(int(next(words)))]
            _check_channels(tree.names[-1], tree.channels[-1], path)
        elif word != "HIERARCHY":
            raise BvhError(f"{path}: unexpected word {word!r} in HIERARCHY; expected ROOT, JOINT, OFFSET or CHANNELS")
    if stack:
        raise BvhError(f"{path}: the hierarchy ends in the middle; is the file cut short?")
    if not np.isfinite(tree.offsets).all():
        raise BvhError(f"{path}: an OFFSET holds NaN")
    return tree


def _check_channels(joint: str, names: list[str], path: Path) -> None:
    unknown = sorted(set(names) - set(_CHANNELS))
    axes = [name[0] for name in names if name.endswith("rotation")]
    if unknown or any(first == second for first, second in pairwise(axes)) or len(axes) > 3:
        raise BvhError(f"{path}: {joint} has the channels {' '.join(names)}; expected {', '.join(_CHANNELS)}")


def _parse_motion(text: str, channels: int, path: Path) -> tuple[F64, float]:
    """Parse the part after MOTION: values (N, channels) and the frame time in seconds."""
    head, _, body = text.partition("Frame Time:")
    words = head.split()
    if len(words) != 2 or words[0] != "Frames:" or not body:
        raise BvhError(f"{path}: no 'Frames:' and 'Frame Time:' after MOTION; is the file cut short?")
    numbers = np.array(body.split(), dtype=np.float64)
    frame_time_s, values = float(numbers[0]), numbers[1:]
    frames = int(words[1])
    if frames < 1 or values.size != frames * channels:
        raise BvhError(f"{path}: {values.size} numbers, expected {frames} frames x {channels} channels")
    if not np.isfinite(values).all() or not 1e-4 < frame_time_s < 1.0:
        raise BvhError(f"{path}: the motion holds NaN or a frame time of {frame_time_s} s")
    return values.reshape(frames, channels), frame_time_s


def read_bvh(path: str | Path) -> Bvh:
    """Read one BVH file. Raises BvhError with a one-line message when it is not a complete BVH."""
    path = Path(path)
    text = path.read_text(errors="replace")
    hierarchy, separator, motion = text.partition("MOTION")
    if "HIERARCHY" not in hierarchy or not separator:
        raise BvhError(f"{path}: no HIERARCHY and MOTION; expected a BVH file")
    try:
        tree = _parse_hierarchy(hierarchy, path)
        values, frame_time_s = _parse_motion(motion, sum(map(len, tree.channels)), path)
    except (StopIteration, IndexError, RuntimeError) as error:
        raise BvhError(f"{path}: the hierarchy ends in the middle; is the file cut short?") from error
    except ValueError as error:
        if isinstance(error, BvhError):
            raise
        raise BvhError(f"{path}: a number cannot be read ({error})") from error
    return _assemble(tree, values, 1.0 / frame_time_s)


def _assemble(tree: _Hierarchy, values: F64, fps: float) -> Bvh:
    """Convert channel columns to local rotations and positions, in each joint's own channel order."""
    frames, joints = len(values), len(tree.names)
    offsets = np.array(tree.offsets)
    rotations = np.tile(np.eye(3), (frames, joints, 1, 1))
    positions = np.tile(offsets, (frames, 1, 1))
    column = 0
    for joint, names in enumerate(tree.channels):
        block = values[:, column : column + len(names)]
        column += len(names)
        for index, name in enumerate(names):
            if name.endswith("position"):
                positions[:, joint, "XYZ".index(name[0])] = block[:, index]
        turns = [index for index, name in enumerate(names) if name.endswith("rotation")]
        if turns:
            order = "".join(names[index][0] for index in turns)
            rotations[:, joint] = Rotation.from_euler(order, block[:, turns], degrees=True).as_matrix()
    return Bvh(tuple(tree.names), tuple(tree.parents), offsets, fps, rotations, positions)
