"""SMPL's rotations and COCO's keypoints on our 22 joints, without SMPL's body model.

SMPL's 22 body joints correspond to ours one to one. Its rest pose is ours, too (T-pose, facing +Z), but its limbs are
not parallel to the axes: thighs point outwards by a few degrees, shins backwards. The body model, which holds these
angles, is not available here, but the data contain them: the 3D keypoints give each limb bone's direction, the
rotations its joint's orientation; the direction in the joint's frame is the bone's direction at rest. With these, SMPL
is a rig like any other (models.mocap).
"""

from __future__ import annotations

import numpy as np

from models.aist.pickles import F64, AistError
from models.keypoints import KEYPOINT, LIMB_KEYPOINTS
from models.kinematics import REST_JOINTS, REST_LENGTHS, forward_kinematics
from models.mocap.retarget import rest_corrections
from models.rotations import axis_angle_to_matrix
from models.skeleton import JOINT, NUM_JOINTS, PARENTS, REST_OFFSETS

SMPL_JOINTS = (
    "Hips",
    *("LeftUpperLeg", "RightUpperLeg", "Spine"),
    *("LeftLowerLeg", "RightLowerLeg", "Chest"),
    *("LeftFoot", "RightFoot", "UpperChest"),
    *("LeftToes", "RightToes", "Neck"),
    *("LeftShoulder", "RightShoulder", "Head"),
    *("LeftUpperArm", "RightUpperArm"),
    *("LeftLowerArm", "RightLowerArm"),
    *("LeftHand", "RightHand"),
)
"""Our names in SMPL's order, without its last two joints, the fingers."""
_NEXT = {"UpperArm": "LowerArm", "LowerArm": "Hand", "UpperLeg": "LowerLeg", "LowerLeg": "Foot"}
_SIDES = ("Left", "Right")
_FIT_RAD = 0.8  # SMPL's rest limbs are within 0.2 rad of the axes
_TRUNK = tuple(JOINT[name] for name in ("Spine", "Chest", "UpperChest"))


def smpl_local(poses: F64) -> F64:
    """Convert smpl_poses (N, 72), axis-angle, to local rotations (N, 22, 3, 3) on SMPL's rest pose, in our order."""
    vectors = poses.reshape(len(poses), 24, 3)
    order = [SMPL_JOINTS.index(name) for name in JOINT]
    return np.asarray(axis_angle_to_matrix(vectors[:, order]))


def limb_points(keypoints: F64) -> F64:
    """Return the limb joints (N, 22, 3) of COCO keypoints (N, 17, 3); NaN at the other joints."""
    points = np.full((len(keypoints), NUM_JOINTS, 3), np.nan)
    for side in _SIDES:
        for bone, name in LIMB_KEYPOINTS.items():
            points[:, JOINT[side + bone]] = keypoints[:, KEYPOINT[f"{side.lower()}_{name}"]]
    return points


def rest_turns(local: F64, points: F64) -> F64:
    """Return the rotations (22, 3, 3) from our T-pose to SMPL's rest pose.

    local   (N, 22, 3, 3) SMPL's local rotations
    points  (N, 22, 3) limb joints

    Raises AistError when limbs and rotations do not match.
    """
    world = _world(local)
    rest = REST_JOINTS.copy()
    for side in _SIDES:
        for bone, after in _NEXT.items():
            joint, child = JOINT[side + bone], JOINT[side + after]
            along = np.einsum("nji,nj->ni", world[:, joint], points[:, child] - points[:, joint])
            direction = (along / np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-9)).mean(0)
            direction /= max(float(np.linalg.norm(direction)), 1e-9)
            straight = REST_OFFSETS[child] / REST_LENGTHS[child]
            if not direction @ straight > np.cos(_FIT_RAD):
                raise AistError(f"the 3D keypoints of {side}{bone} do not match the rotations of the motion")
            rest[child] = rest[joint] + direction * REST_LENGTHS[child]
    return rest_corrections(rest, JOINT)


def on_our_joints(local: F64, turns: F64) -> F64:
    """Convert SMPL's local rotations (N, 22, 3, 3) to local rotations on our T-pose."""
    turned = _world(local) @ turns
    ours = turned.copy()
    for joint in range(1, NUM_JOINTS):
        ours[:, joint] = np.swapaxes(turned[:, PARENTS[joint]], -1, -2) @ turned[:, joint]
    return ours


def _world(local: F64) -> F64:
    return np.asarray(forward_kinematics(local, np.zeros((NUM_JOINTS, 3)), np.zeros((len(local), 3)))[1])


def bone_ratio_m(ours: F64, points: F64) -> F64:
    """Return each bone's length in metres relative to s̄'s (22,).

    ours    (N, 22, 3, 3) local rotations on our T-pose
    points  (N, 22, 3) limb joints, metres

    Median over time, left = right. COCO has no joints inside the trunk: collars are found from the shoulders' width,
    the spine from their height above the hips, both with the trunk bent as in each frame; neck and head scale with the
    spine, feet with the shins. [0] equals the legs' ratio and has no meaning of its own.
    """
    ratio = np.full(NUM_JOINTS, np.nan)
    for bone in _NEXT.values():
        pair = [JOINT[side + bone] for side in _SIDES]
        along = points[:, pair] - points[:, [PARENTS[joint] for joint in pair]]
        ratio[pair] = np.median(np.linalg.norm(along, axis=-1), axis=0).mean() / REST_LENGTHS[pair[0]]
    hips = [JOINT[side + "UpperLeg"] for side in _SIDES]
    width = np.linalg.norm(points[:, hips[0]] - points[:, hips[1]], axis=-1)
    ratio[hips] = np.median(width) / REST_LENGTHS[hips].sum()
    ratio[[JOINT[side + "Toes"] for side in _SIDES]] = ratio[JOINT["LeftFoot"]]
    ratio[0] = ratio[JOINT["LeftFoot"]]
    return _with_trunk(ratio, ours, points, hips)


def _with_trunk(ratio: F64, ours: F64, points: F64, hips: list[int]) -> F64:
    """Fill in collars and spine: the lengths with which s̄, bent as in each frame, matches the observed shoulders."""
    arms = [JOINT[side + "UpperArm"] for side in _SIDES]
    collars = [JOINT[side + "Shoulder"] for side in _SIDES]
    zero = np.zeros((len(ours), 3))

    def grown(joints: list[int]) -> F64:
        """Return joints (N, 22, 3) with the lengths of all other bones set to 0."""
        offsets = np.zeros((NUM_JOINTS, 3))
        offsets[joints] = REST_OFFSETS[joints]
        return np.asarray(forward_kinematics(ours, offsets, zero)[0])

    collar, spine = grown([*collars, *arms]), grown(list(_TRUNK))
    across = points[:, arms[0]] - points[:, arms[1]]
    shoulders = _scale(collar[:, arms[0]] - collar[:, arms[1]], across)
    risen = points[:, arms].mean(1) - points[:, hips].mean(1) - shoulders * collar[:, arms].mean(1)
    height = _scale(spine[:, arms].mean(1), risen)
    ratio[[*collars, *arms]] = shoulders
    ratio[[*_TRUNK, JOINT["Neck"], JOINT["Head"]]] = height
    return ratio


def _scale(shape: F64, found: F64) -> float:
    """Return the median over N of the factor that scales `shape` (N, 3) to the projection of `found` (N, 3) onto it."""
    return float(np.median((shape * found).sum(-1) / np.maximum((shape * shape).sum(-1), 1e-12)))
