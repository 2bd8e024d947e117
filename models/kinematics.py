"""Forward kinematics of the 22-joint skeleton, and the person's own skeleton: s̄ × bone ratio × height.

Works on NumPy arrays and torch tensors (array API standard).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.array_library import array_namespace
from models.skeleton import HEAD_TOP, JOINT, NUM_JOINTS, PARENTS, REST_OFFSETS, ROOT, SOLE

Array: TypeAlias = Any  # a NumPy array or a torch tensor
_F64: TypeAlias = NDArray[np.float64]

REST_LENGTHS: NDArray[np.float64] = np.linalg.norm(REST_OFFSETS, axis=1)
"""(22,) bone lengths of s̄; [0] is the hips height, 1."""


def _rest_joints() -> NDArray[np.float64]:
    joints = np.array(REST_OFFSETS)
    for joint in range(1, NUM_JOINTS):
        joints[joint] += joints[PARENTS[joint]]
    return joints


REST_JOINTS: NDArray[np.float64] = _rest_joints()
"""(22, 3) joints of s̄ in the T-pose, floor at y = 0."""

_STANDING = tuple(
    JOINT[name]
    for name in ("Spine", "Chest", "UpperChest", "Neck", "Head", "LeftUpperLeg", "LeftLowerLeg", "LeftFoot", "LeftToes")
)
_SIGN = np.array([1.0 if REST_OFFSETS[j, 1] > 0 else -1.0 for j in _STANDING])


def forward_kinematics(rotations: Array, offsets: Array, root: Array) -> tuple[Array, Array]:
    """Return joint positions and orientations in the frame of the Hips rotation.

    rotations  (..., 22, 3, 3) local to the parent, Hips in the outer frame
    offsets    (..., 22, 3) rest offset of each joint to its parent (row 0 is not used)
    root       (..., 3) position of Hips
    returns    joints (..., 22, 3), joint orientations (..., 22, 3, 3), both in the outer frame
    """
    xp = array_namespace(rotations)
    turned = [rotations[..., 0, :, :]]
    places = [root]
    for joint in range(1, NUM_JOINTS):
        parent = PARENTS[joint]
        step = xp.matmul(turned[parent], offsets[..., joint, :, None])[..., 0]
        places.append(places[parent] + step)
        turned.append(xp.matmul(turned[parent], rotations[..., joint, :, :]))
    return xp.stack(places, axis=-2), xp.stack(turned, axis=-3)


def _by_level() -> tuple[list[int], list[tuple[slice, list[int]]]]:
    """Return all joints, level by level below the root, and for each level its slice and the positions of the
    parents."""
    depth = [0] * NUM_JOINTS
    for joint in range(1, NUM_JOINTS):
        depth[joint] = depth[PARENTS[joint]] + 1
    order = sorted(range(NUM_JOINTS), key=depth.__getitem__)
    levels: list[tuple[slice, list[int]]] = []
    for level in range(1, max(depth) + 1):
        places = [place for place, joint in enumerate(order) if depth[joint] == level]
        parents = [order.index(PARENTS[order[place]]) for place in places]
        levels.append((slice(places[0], places[-1] + 1), parents))
    return order, levels


_ORDER, _LEVELS = _by_level()
_PLACES = np.argsort(_ORDER)


def posed(rotations: _F64, offsets: _F64, roots: _F64) -> tuple[_F64, _F64]:
    """Compute `forward_kinematics` of a few bodies in NumPy, for live use: seven small products, a third of the time.

    rotations (B, 22, 3, 3), offsets (22, 3), roots (B, 3) -> joints (B, 22, 3), orientations (B, 22, 3, 3)
    """
    transforms = np.zeros((len(rotations), NUM_JOINTS, 4, 4))  # to the parent, then to the outer frame
    transforms[..., :3, :3] = rotations[:, _ORDER]
    transforms[..., :3, 3] = offsets[_ORDER]
    transforms[:, ROOT, :3, 3] = roots
    transforms[..., 3, 3] = 1.0
    for level, parents in _LEVELS:
        np.matmul(transforms[:, parents], transforms[:, level], out=transforms[:, level])
    transforms = transforms[:, _PLACES]
    return transforms[..., :3, 3], transforms[..., :3, :3]


def stature(offsets: Array) -> Array:
    """Return the standing height (...,), sole to top of the head, for rest offsets (..., 22, 3), in their unit.

    Parts beyond the joints (sole, top of the head) scale with the skeleton, in s̄'s proportion.
    """
    xp = array_namespace(offsets)
    signs = xp.asarray(_SIGN, dtype=offsets.dtype, device=getattr(offsets, "device", None))
    between = xp.sum(xp.stack([offsets[..., j, 1] for j in _STANDING], axis=-1) * signs, axis=-1)
    return between * (1 + (HEAD_TOP + SOLE) / _BETWEEN)


_BETWEEN = float((REST_OFFSETS[list(_STANDING), 1] * _SIGN).sum())
STATURE = float(stature(REST_OFFSETS))
"""Standing height of s̄ (hips height = 1)."""


def hips_height(offsets: Array) -> Array:
    """Return the height (...,) of the Hips above the sole in the T-pose for rest offsets (..., 22, 3), in their
    unit."""
    legs = ("LeftUpperLeg", "LeftLowerLeg", "LeftFoot", "LeftToes")
    drop = -sum(offsets[..., JOINT[name], 1] for name in legs)
    return drop + SOLE / _BETWEEN * stature(offsets) / (1 + (HEAD_TOP + SOLE) / _BETWEEN)


def ratio_offsets(bone_ratio: Array) -> Array:
    """Return rest offsets (..., 22, 3) scaled to body height 1 for bone lengths relative to s̄'s (..., 22).

    Only the proportions matter: a common factor in the ratio cancels. Row 0 is (0, hips height, 0).
    """
    xp = array_namespace(bone_ratio)
    rest = xp.asarray(np.array(REST_OFFSETS), dtype=bone_ratio.dtype, device=getattr(bone_ratio, "device", None))
    offsets = rest * bone_ratio[..., None]
    offsets = offsets / stature(offsets)[..., None, None]
    zero = xp.zeros_like(offsets[..., 0, 0])
    root = xp.stack([zero, hips_height(offsets), zero], axis=-1)
    return xp.concat([root[..., None, :], offsets[..., 1:, :]], axis=-2)


def person_offsets(bone_ratio: Array, height_m: float) -> Array:
    """Return the person's rest offsets (..., 22, 3) in metres for a bone ratio (..., 22) and a standing height."""
    return ratio_offsets(bone_ratio) * height_m
