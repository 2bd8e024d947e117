"""Mean of two cameras' answers as one valid body: bone lengths are kept, joints only rotate.

A camera measures a position across its picture well and its distance poorly: an answer has less weight along its own
line of sight (DEPTH_TRUST). So two cameras at an angle complement each other. Weights also include each part's
confidence. Bones then point along the mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.viewpoints.fit import F64
from models.kinematics import forward_kinematics
from models.parts import PART_OF_JOINT
from models.rotations import rotation_between
from models.skeleton import JOINT, NUM_JOINTS, PARENTS, ROOT

DEPTH_TRUST = 0.12
"""Weight of an answer along the line of sight relative to across. On rendered pairs 0.05 to 0.2 are equally good."""
_LEAST = 1e-3  # least weight, so that two unseen parts are averaged
_AHEAD = np.array([0.0, 0.0, 1.0])
_PARTS = list(PART_OF_JOINT)
_LIMB_BONES = tuple(
    (JOINT[side + start], JOINT[side + end])
    for side in ("Left", "Right")
    for start, end in (
        ("UpperArm", "LowerArm"),
        ("LowerArm", "Hand"),
        ("UpperLeg", "LowerLeg"),
        ("LowerLeg", "Foot"),
    )
)


@dataclass(frozen=True, slots=True)
class Answer:
    """N moments of one camera, all in the axes of ONE camera."""

    joints_m: F64  # (N, 22, 3) about the hips
    turned: F64  # (N, 22, 3, 3) orientation of every joint
    part_confidence: F64  # (N, 6)
    sight: F64  # (3,) unit vector, viewing direction of this camera


def in_axes_of(answer: Answer, R: F64) -> Answer:
    """Return the answer in other axes; R (3, 3) maps its own to them."""
    return Answer(answer.joints_m @ R.T, R @ answer.turned, answer.part_confidence, R @ answer.sight)


def own_axes(joints_m: F64, turned: F64, part_confidence: F64) -> Answer:
    """Return a camera's answer in its own axes."""
    return Answer(joints_m, turned, part_confidence, _AHEAD)


def fused(a: Answer, b: Answer, rest_offsets_m: F64) -> tuple[F64, F64]:
    """Return the mean of two answers in the same axes as one body.

    rest_offsets_m  (22, 3) bones of the result
    returns         rotations (N, 22, 3, 3) local to the parent, Hips in the outer frame; joints (N, 22, 3) relative to
                    the hips. Orientations are chordal means (sum of matrices, projected to a rotation).
    """
    weight_a, weight_b = (answer.part_confidence[:, _PARTS] + _LEAST for answer in (a, b))  # (N, 22)
    places = weighted_mean(a.joints_m, weight_a, a.sight, b.joints_m, weight_b, b.sight)
    turned = _nearest_rotation(weight_a[..., None, None] * a.turned + weight_b[..., None, None] * b.turned)
    columns = [turned[:, joint] for joint in range(NUM_JOINTS)]
    for start, end in _LIMB_BONES:
        bone = columns[start] @ rest_offsets_m[end]
        columns[start] = rotation_between(bone, places[:, end] - places[:, start]) @ columns[start]
    turned = np.stack(columns, axis=1)
    local = turned.copy()
    for joint in range(NUM_JOINTS):
        if joint != ROOT:
            local[:, joint] = np.swapaxes(turned[:, PARENTS[joint]], -1, -2) @ turned[:, joint]
    joints, _ = forward_kinematics(local, rest_offsets_m, np.zeros((len(local), 3)))
    return local, np.asarray(joints)


def weighted_mean(a: F64, weight_a: F64, sight_a: F64, b: F64, weight_b: F64, sight_b: F64) -> F64:
    """Return the mean of points (..., 3) with weights (...), each weighted low along its own line of sight."""
    precision_a = weight_a[..., None, None] * _across(sight_a)
    precision_b = weight_b[..., None, None] * _across(sight_b)
    both = precision_a @ a[..., None] + precision_b @ b[..., None]
    return np.asarray(np.linalg.solve(precision_a + precision_b, both)[..., 0])


def _across(sight: F64) -> F64:
    """Return the weight (3, 3) of an answer by direction: 1 across the line of sight, DEPTH_TRUST along it."""
    return np.asarray(np.eye(3) - (1 - DEPTH_TRUST) * np.outer(sight, sight))


def _nearest_rotation(matrices: F64) -> F64:
    """Return the rotations nearest to (..., 3, 3) sums of rotations."""
    u, _, vt = np.linalg.svd(matrices)
    u[..., 2] *= np.sign(np.linalg.det(u @ vt))[..., None]
    return np.asarray(u @ vt)
