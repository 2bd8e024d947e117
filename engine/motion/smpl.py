"""SMPL's body pose as AMASS stores it (.npz): axis-angle of each joint in SMPL's order, Z up, betas of zero.

Our T-pose is SMPL's, and its 22 body joints are ours; only their order differs. Fingers follow in SMPL-H's order.
`poses` (N, 156) is AMASS's; `root_orient`, `pose_body` and `pose_hand` hold the same numbers, as SMPL-X files do.
betas are zero, so the body is SMPL's mean one: the travel is scaled to its legs, so that the feet stay on the floor.
"""

from __future__ import annotations

import zipfile
from typing import IO

import numpy as np
from scipy.spatial.transform import Rotation

from engine.motion.resample import even_motion
from engine.motion.take import MotionTake, Progress, no_progress
from engine.types import F64
from models.fingers import FINGER_NAMES, SEGMENTS, SIDES
from models.skeleton import JOINT, ROOT

SMPL_BODY = (
    *("Hips", "LeftUpperLeg", "RightUpperLeg", "Spine", "LeftLowerLeg", "RightLowerLeg", "Chest", "LeftFoot"),
    *("RightFoot", "UpperChest", "LeftToes", "RightToes", "Neck", "LeftShoulder", "RightShoulder", "Head"),
    *("LeftUpperArm", "RightUpperArm", "LeftLowerArm", "RightLowerArm", "LeftHand", "RightHand"),
)
"""Our names of SMPL's 22 body joints, in its order."""
_SMPL_FINGERS = ("Index", "Middle", "Little", "Ring", "Thumb")
SMPL_HANDS = tuple(f"{side}{finger}{segment}" for side in SIDES for finger in _SMPL_FINGERS for segment in SEGMENTS)
"""Our names of SMPL-H's 30 finger joints, in its order."""
PELVIS_M = (0.0, -0.22, 0.03)
"""Pelvis position of SMPL's mean body, rounded: the male, female and neutral models differ by a centimetre."""
PELVIS_HEIGHT_M = 0.93
"""Height of that pelvis above the soles."""
_UPRIGHT_RAD = np.pi / 2  # about X: Y up -> Z up
_NUM_BETAS = 16


def _upright() -> Rotation:
    """Return the rotation from Y up to Z up."""
    return Rotation.from_euler("X", _UPRIGHT_RAD)


def write_smpl(file: IO[bytes], take: MotionTake, progress: Progress = no_progress) -> None:
    """Write at a constant rate (see even_motion). Raises OutputError: no person in the take."""
    motion = even_motion(take)
    order = [JOINT[name] for name in SMPL_BODY]
    fingers = [FINGER_NAMES.index(name) for name in SMPL_HANDS] if take.fingers_xyzw is not None else []
    scale = PELVIS_HEIGHT_M / float(take.rest_offsets_m[ROOT, 1])
    poses = np.zeros((len(motion), 3 * (len(SMPL_BODY) + len(SMPL_HANDS))))
    trans = np.zeros((len(motion), 3))
    for block in motion.blocks():
        rows = slice(block.start, block.start + len(block.root_m))
        body = np.concatenate([block.rotations_xyzw[:, order], block.details_xyzw[:, fingers]], axis=1)
        poses[rows, : 3 * body.shape[1]] = _axis_angles(body)
        trans[rows] = _upright().apply(block.root_m * scale) - PELVIS_M
        progress(0.9 * rows.stop / len(motion))
    rate = np.array(motion.fps)
    arrays = {
        "poses": poses,
        "trans": trans,
        "betas": np.zeros(_NUM_BETAS),
        "gender": np.array("neutral"),
        "mocap_framerate": rate,
        "mocap_frame_rate": rate,
        "root_orient": poses[:, :3],
        "pose_body": poses[:, 3:66],
        "pose_hand": poses[:, 66:],
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asarray(array, order="C"), allow_pickle=False)
    progress(1.0)


def _axis_angles(rotations_xyzw: F64) -> F64:
    """Convert (m, J, 4) to axis-angle (m, 3J), with the root rotated to Z up."""
    count, joints = rotations_xyzw.shape[:2]
    turned = rotations_xyzw.copy()
    turned[:, 0] = (_upright() * Rotation.from_quat(rotations_xyzw[:, 0])).as_quat()
    vectors: F64 = Rotation.from_quat(turned.reshape(-1, 4)).as_rotvec()
    return vectors.reshape(count, 3 * joints)
