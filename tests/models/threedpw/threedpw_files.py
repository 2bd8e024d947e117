"""Writes small sequences in 3DPW's own format, from a motion that is known."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from models.aist.skeleton import SMPL_JOINTS
from models.keypoints import LIMB_KEYPOINTS
from models.kinematics import forward_kinematics, person_offsets
from models.rotations import quaternion_to_matrix
from models.skeleton import JOINT, NUM_JOINTS
from models.threedpw.sequence import _OPENPOSE
from tests.models.conftest import waving

FRAMES = 90
HEIGHT_M = 1.74
K = np.array([[1960.0, 0.0, 540.0], [0.0, 1962.0, 960.0], [0.0, 0.0, 1.0]])
_JOINT_OF = {
    f"{side}_{name}": JOINT[side.capitalize() + bone]
    for bone, name in LIMB_KEYPOINTS.items()
    for side in ("left", "right")
}


def camera_poses(frames: int = FRAMES) -> np.ndarray:
    """(N, 4, 4) a camera carried past the person, upright, some 4 m away."""
    poses = np.tile(np.eye(4), (frames, 1, 1))
    turn = Rotation.from_rotvec(np.linspace(-0.3, 0.3, frames)[:, None] * [0.0, 1.0, 0.0]).as_matrix()
    facing = np.diag([1.0, -1.0, -1.0])
    poses[:, :3, :3] = facing @ turn
    poses[:, :3, 3] = np.array([0.1, 0.9, 4.0])
    return poses


def joints_world(seed: int, frames: int = FRAMES) -> np.ndarray:
    """(N, 22, 3) metres."""
    quaternions, root = waving(seed)
    rotations = quaternion_to_matrix(quaternions[:frames].astype(np.float64))
    offsets = person_offsets(np.ones(NUM_JOINTS), HEIGHT_M)
    return forward_kinematics(rotations, offsets, root[:frames] * HEIGHT_M)[0]


def sequence(seeds: tuple[int, ...] = (1,), **changes: Any) -> dict[str, Any]:
    """The content of a sequence's pickle, with what papers never read left out."""
    poses = camera_poses()
    positions, poses2d = [], []
    for seed in seeds:
        world = joints_world(seed)
        smpl = np.zeros((FRAMES, 24, 3))
        smpl[:, : len(SMPL_JOINTS)] = world[:, [JOINT[name] for name in SMPL_JOINTS]]
        positions.append(smpl.reshape(FRAMES, 72))
        seen = np.einsum("nij,nkj->nki", poses[:, :3, :3], world) + poses[:, None, :3, 3]
        pixels = seen[..., :2] / seen[..., 2:] * K[[0, 1], [0, 1]] + K[:2, 2]
        points = np.zeros((FRAMES, 3, 18))
        for column, name in enumerate(_OPENPOSE):
            at = _JOINT_OF.get(name, JOINT["Head"])
            points[:, :2, column], points[:, 2, column] = pixels[:, at], 0.9
        poses2d.append(points)
    content = {
        "sequence": "downtown_walking_00",
        "jointPositions": positions,
        "poses2d": poses2d,
        "cam_poses": poses,
        "cam_intrinsics": K,
        "campose_valid": [np.ones(FRAMES, bool) for _ in seeds],
        "genders": ["m" for _ in seeds],
        "betas": [np.zeros(10) for _ in seeds],
    }
    return content | changes


def write(folder: Path, content: Any, name: str = "downtown_walking_00", split: str = "test") -> Path:
    """FOLDER/sequenceFiles/SPLIT/NAME.pkl, pickled as Python 2 did."""
    path = folder / "sequenceFiles" / split / f"{name}.pkl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content, protocol=2))
    return path
