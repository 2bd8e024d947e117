"""Refine the network's answer for one frame with the keypoints of that frame, in closed form.

The network is cautious: it smooths over possible detector errors, so a raised arm is only half raised and a walker lags
behind. The root moves to where the paper reads it, the 2D hips (and shoulders). Each limb bone keeps its length and its
extent in depth, but takes its direction in the picture from the keypoints, weighted by their scores and their distance
from the network's answer. Left and right are exchanged if that fits the network's answer much better: the network has
seen the whole window, the detector one frame.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from models.array_library import array_namespace
from models.keypoints import KEYPOINT, LIMB_KEYPOINTS, MIRROR_KEYPOINTS, NUM_KEYPOINTS
from models.kinematics import forward_kinematics, ratio_offsets
from models.rotations import rotation_between
from models.skeleton import JOINT, PARENTS

Array: TypeAlias = Any  # a NumPy array or a torch tensor

TRUST = 0.6  # weight of keypoints with full score, which have errors, too
DOUBT = 1.2  # weight of a keypoint falls as exp(-(DOUBT x distance from the network's answer / bone length)^2)
SWAPPED = 0.5  # left and right are exchanged if that reduces the squared distance below this fraction
_JOINT_OF = {keypoint: joint for joint, keypoint in LIMB_KEYPOINTS.items()}
_SIDES = ("left", "right")
_POINTS = [KEYPOINT[f"{side}_{name}"] for name in _JOINT_OF for side in _SIDES]
_JOINTS = [JOINT[side.capitalize() + joint] for joint in _JOINT_OF.values() for side in _SIDES]
_CONFUSED = (("shoulder",), ("elbow", "wrist"), ("hip",), ("knee", "ankle"))  # keypoints that go together
_GROUPS = tuple(
    (points, [_JOINTS[_POINTS.index(point)] for point in points])
    for points in ([KEYPOINT[f"{side}_{name}"] for name in group for side in _SIDES] for group in _CONFUSED)
)
"""Keypoints that a detector confuses together, and their joints."""
_BONES = tuple(
    (KEYPOINT[f"{side}_{start}"], KEYPOINT[f"{side}_{end}"])
    for side in _SIDES
    for start, end in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
)
_FROM, _TO = (list(column) for column in zip(*_BONES, strict=True))
_START, _END = ([_JOINTS[_POINTS.index(point)] for point in points] for points in (_FROM, _TO))
_TRUNK_POINTS = [KEYPOINT[f"{side}_{name}"] for name in ("shoulder", "hip") for side in _SIDES]
_TRUNK = [_JOINTS[_POINTS.index(point)] for point in _TRUNK_POINTS]
_FEET = (JOINT["LeftFoot"], JOINT["RightFoot"])


def refine(
    rotations: Array, log_ratio: Array, depth: Array, place: Array, keypoints: Array, size: Array
) -> tuple[Array, Array]:
    """Move root and limbs towards the keypoints of the same frame.

    rotations  (N, 22, 3, 3) local, Hips in the view
    log_ratio  (N, 22) bone ratio
    depth      (N,) z of the Hips in the view, body heights
    place      (N, 2) of the Hips in the view, box units
    keypoints  (N, 23, 3) x, y in box units, score
    size       (N,) ray units
    returns    rotations (N, 22, 3, 3), place (N, 2); unchanged where keypoints are missing. Hands keep their angle to
               the forearm, feet theirs to the floor.
    """
    xp = array_namespace(rotations)
    root = xp.zeros_like(rotations[:, 0, :, 0])
    joints, world = forward_kinematics(rotations, ratio_offsets(xp.exp(log_ratio)), root)
    z = xp.clip(depth[:, None] + joints[..., 2], 0.05, None) * size[:, None]  # box units x z = body heights across
    place = _root_place(place, joints, depth * size, z, keypoints)
    drawn = (joints[..., :2] + (place * (depth * size)[:, None])[:, None]) / z[..., None]  # (N, 22, 2) box units
    keypoints = _sides_sorted(keypoints, drawn)
    bones = joints[:, _END] - joints[:, _START]  # (N, 8, 3)
    seen = keypoints[:, _TO, :2] * z[:, _END, None] - keypoints[:, _FROM, :2] * z[:, _START, None]  # (N, 8, 2)
    squared = xp.clip(xp.sum(bones**2, axis=-1, keepdims=True), 1e-12, None)
    off = xp.sum((seen - bones[..., :2]) ** 2, axis=-1, keepdims=True) / squared
    score = xp.minimum(keypoints[:, _FROM, 2:], keypoints[:, _TO, 2:])
    trust = TRUST * score**2 * xp.exp(-(DOUBT**2) * off)
    aimed = xp.concat([bones[..., :2] + trust * (seen - bones[..., :2]), bones[..., 2:]], axis=-1)
    turned = xp.matmul(rotation_between(bones, aimed), world[:, _START])
    return _with_world(rotations, world, turned), place


def _root_place(place: Array, joints: Array, root_z: Array, z: Array, keypoints: Array) -> Array:
    """Return (N, 2) moved so that hips and shoulders match their keypoints on average; the sides may be exchanged."""
    xp = array_namespace(place)
    points = keypoints[:, _TRUNK_POINTS]
    drawn = (joints[:, _TRUNK, :2] + (place * root_z[:, None])[:, None]) / z[:, _TRUNK, None]
    weight = points[..., 2:] ** 2
    shift = xp.sum((points[..., :2] - drawn) * weight * z[:, _TRUNK, None], axis=1) / root_z[:, None]
    total = xp.sum(weight, axis=1)  # (N, 1) of 4 points
    return place + shift / xp.clip(total, 1e-6, None) * xp.clip(total, 0.0, 1.0)


def _sides_sorted(keypoints: Array, drawn: Array) -> Array:
    """Return keypoints (N, 23, 3) with left and right of a group exchanged where the network's answer says so."""
    xp = array_namespace(keypoints)
    mirrored = keypoints[:, list(MIRROR_KEYPOINTS)]
    never = xp.zeros_like(keypoints[:, 0, 2]) > 0  # (N,)
    exchange = [never] * NUM_KEYPOINTS
    for points, joints in _GROUPS:
        places = drawn[:, joints]
        score = xp.minimum(keypoints[:, points, 2], mirrored[:, points, 2])
        straight = xp.sum(xp.sum((keypoints[:, points, :2] - places) ** 2, axis=-1) * score, axis=-1)
        crossed = xp.sum(xp.sum((mirrored[:, points, :2] - places) ** 2, axis=-1) * score, axis=-1)
        for point in points:
            exchange[point] = crossed < SWAPPED * straight
    return xp.where(xp.stack(exchange, axis=1)[..., None], mirrored, keypoints)


def _with_world(rotations: Array, world: Array, turned: Array) -> Array:
    """Return local rotations that give the bones' start joints the orientations `turned` (N, 8, 3, 3)."""
    xp = array_namespace(rotations)
    of = {joint: turned[:, index] for index, joint in enumerate(_START)}
    of |= {foot: world[:, foot] for foot in _FEET}
    columns = []
    for joint in range(rotations.shape[1]):
        parent = PARENTS[joint]
        if joint in of:
            above = of.get(parent, world[:, parent])
            columns.append(xp.matmul(xp.matrix_transpose(above), of[joint]))
        else:
            columns.append(rotations[:, joint])
    return xp.stack(columns, axis=1)
