"""Limbs turned to where the detector saw them: a closed-form correction of the network's answer for one frame.

The network is careful: it smooths over what may be a detector's error, and a raised arm comes out half raised. Here
each limb bone keeps its length and how far it reaches in depth, and takes its direction across the picture from the 2D
keypoints, as far as their scores and their distance from the network's answer allow.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from array_api_compat import array_namespace

from models.keypoints import KEYPOINT
from models.kinematics import forward_kinematics, ratio_offsets
from models.rotations import rotation_between
from models.skeleton import JOINT, PARENTS

Array: TypeAlias = Any  # a NumPy array or a torch tensor

TRUST = 1.0  # of a keypoint pair with full scores that agrees with the network
DOUBT = 0.7  # trust falls as exp(-(DOUBT x distance / bone length)^2)
_BONES = tuple(
    (JOINT[side + start], JOINT[side + end], KEYPOINT[f"{side.lower()}_{a}"], KEYPOINT[f"{side.lower()}_{b}"])
    for side in ("Left", "Right")
    for start, end, a, b in (
        ("UpperArm", "LowerArm", "shoulder", "elbow"),
        ("LowerArm", "Hand", "elbow", "wrist"),
        ("UpperLeg", "LowerLeg", "hip", "knee"),
        ("LowerLeg", "Foot", "knee", "ankle"),
    )
)
_START, _END, _FROM, _TO = (list(column) for column in zip(*_BONES, strict=True))
_FEET = (JOINT["LeftFoot"], JOINT["RightFoot"])


def refine_limbs(rotations: Array, log_ratio: Array, depth: Array, keypoints: Array, size: Array) -> Array:
    """Turn the eight limb bones towards their keypoints.

    rotations  (N, 22, 3, 3) local, Hips in the view
    log_ratio  (N, 22) bone ratio
    depth      (N,) z of the Hips in the view, statures
    keypoints  (N, 23, 3) of the same frame: x, y in sizes, score
    size       (N,) ray units
    returns    (N, 22, 3, 3); unchanged where keypoints are missing. Hands keep their angle to the forearm, feet theirs
               to the floor.
    """
    xp = array_namespace(rotations)
    root = xp.zeros_like(rotations[:, 0, :, 0])
    joints, world = forward_kinematics(rotations, ratio_offsets(xp.exp(log_ratio)), root)
    bones = joints[:, _END] - joints[:, _START]  # (N, 8, 3)
    length = xp.sqrt(xp.sum(bones * bones, axis=-1, keepdims=True))
    z = xp.clip(depth[:, None] + joints[..., 2], 0.05, None) * size[:, None]  # ray x z = place
    seen = keypoints[:, _TO, :2] * z[:, _END, None] - keypoints[:, _FROM, :2] * z[:, _START, None]  # (N, 8, 2)
    off = xp.sum((seen - bones[..., :2]) ** 2, axis=-1, keepdims=True) / length**2
    score = xp.minimum(keypoints[:, _FROM, 2:], keypoints[:, _TO, 2:])
    trust = TRUST * score**2 * xp.exp(-(DOUBT**2) * off)
    aimed = xp.concat([bones[..., :2] + trust * (seen - bones[..., :2]), bones[..., 2:]], axis=-1)
    turned = xp.matmul(rotation_between(bones, aimed), world[:, _START])
    return _with_world(rotations, world, turned)


def _with_world(rotations: Array, world: Array, turned: Array) -> Array:
    """Local rotations in which the start joints of the bones have the orientations `turned` (N, 8, 3, 3)."""
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
