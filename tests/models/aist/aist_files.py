"""Writes small data sets in AIST++'s own format, from a motion that is known."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from models.aist.cameras import VIEWS, Camera
from models.aist.skeleton import SMPL_JOINTS
from models.keypoints import KEYPOINT_NAMES, LIMB_KEYPOINTS
from models.kinematics import STATURE, forward_kinematics, ratio_offsets
from models.rotations import quaternion_to_matrix
from models.skeleton import JOINT, NUM_JOINTS, PARENTS
from tests.models.conftest import waving

SCALING = 93.5  # units of the world per metre
HEIGHT_M = 1.64
FRAMES = 120
LENS = [-0.21, 0.09, 0.002, -0.001, 0.01]
SEQUENCES = {
    "gBR_sBM_cAll_d04_mBR0_ch01": "train",
    "gLO_sBM_cAll_d13_mLO2_ch05": "train",
    "gWA_sFM_cAll_d25_mWA3_ch09": "val",
    "gKR_sBM_cAll_d28_mKR1_ch02": "test",
}
FIRST = next(iter(SEQUENCES))
# how far SMPL's limbs are off the axes at rest, about: rotation vectors of our T-pose -> SMPL's
_REST_TURNS = {"UpperLeg": (0.02, 0.0, 0.11), "LowerLeg": (0.08, 0.0, -0.03), "UpperArm": (0.0, 0.1, -0.05)}
_JOINT_OF = {keypoint: bone for bone, keypoint in LIMB_KEYPOINTS.items()}


@dataclass(frozen=True, slots=True)
class Dancer:
    """The truth: local rotations (N, 22, 3, 3) on our T-pose, joints (N, 22, 3) in world units, 60 Hz."""

    rotations: np.ndarray
    joints: np.ndarray
    ratio: np.ndarray
    keypoints: np.ndarray  # (N, 17, 3)

    @property
    def hips_m(self) -> np.ndarray:
        return self.joints[:, 0] / SCALING


def dancer(seed: int) -> Dancer:
    """Somebody with long legs and broad shoulders who waves, steps and leans."""
    quaternions, root = waving(seed)
    rotations = quaternion_to_matrix(quaternions[:FRAMES].astype(np.float64))
    ratio = np.ones(NUM_JOINTS)
    for side in ("Left", "Right"):
        ratio[[JOINT[side + bone] for bone in ("LowerLeg", "Foot", "Toes")]] = 1.06
        ratio[[JOINT[side + bone] for bone in ("Shoulder", "UpperArm")]] = 1.09
        ratio[[JOINT[side + bone] for bone in ("LowerArm", "Hand")]] = 0.95
    ratio[JOINT["LeftFoot"]] = ratio[JOINT["RightFoot"]] = ratio[JOINT["LeftToes"]] = ratio[JOINT["RightToes"]] = 1.03
    offsets = ratio_offsets(ratio) * HEIGHT_M * SCALING
    joints, _ = forward_kinematics(rotations, offsets, root[:FRAMES].astype(np.float64) * STATURE * 80)
    return Dancer(rotations, joints, ratio, _coco(joints))


def _coco(joints: np.ndarray) -> np.ndarray:
    """Shoulders to ankles at the joints; the face at the head."""
    index = []
    for name in KEYPOINT_NAMES[:17]:
        side, _, bare = name.partition("_")
        index.append(JOINT[side.capitalize() + _JOINT_OF[bare]] if bare in _JOINT_OF else JOINT["Head"])
    return joints[:, index]


def smpl_poses(rotations: np.ndarray) -> np.ndarray:
    """(N, 22, 3, 3) on our T-pose -> (N, 72) axis-angle on a rest pose whose limbs are off the axes."""
    _, world = forward_kinematics(rotations, np.zeros((NUM_JOINTS, 3)), np.zeros((len(rotations), 3)))
    for side, sign in (("Left", 1), ("Right", -1)):
        for bone, (x, y, z) in _REST_TURNS.items():
            turn = Rotation.from_rotvec([x, sign * y, sign * z]).as_matrix()
            world[:, JOINT[side + bone]] = world[:, JOINT[side + bone]] @ turn.T
    poses = np.zeros((len(rotations), 24, 3))
    for index, name in enumerate(SMPL_JOINTS):
        joint = JOINT[name]
        local = world[:, joint] if joint == 0 else np.swapaxes(world[:, PARENTS[joint]], -1, -2) @ world[:, joint]
        poses[:, index] = Rotation.from_matrix(local).as_rotvec()
    return poses.reshape(len(rotations), 72)


def cameras() -> dict[str, Camera]:
    """Nine cameras in a circle round the dancer, looking inwards and a little down."""
    matrix = np.array([[1600.0, 0.0, 960.0], [0.0, 1590.0, 540.0], [0.0, 0.0, 1.0]])
    around = {}
    for index, view in enumerate(VIEWS):
        yaw = 2 * np.pi * index / len(VIEWS)
        place = np.array([np.sin(yaw), 0.0, np.cos(yaw)]) * 380 + [0.0, 160.0, 0.0]
        forward = np.array([0.0, 80.0, 0.0]) - place
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0.0, 1.0, 0.0])
        right /= np.linalg.norm(right)
        R = np.stack([right, np.cross(forward, right), forward])
        around[view] = Camera(R, -R @ place, matrix, np.array(LENS))
    return around


def _camera_json(named: dict[str, Camera]) -> str:
    entries = [
        {
            "name": name,
            "size": [1920, 1080],
            "matrix": camera.matrix.tolist(),
            "rotation": Rotation.from_matrix(camera.rotation).as_rotvec().tolist(),
            "translation": camera.translation.tolist(),
            "distortions": camera.distortions.tolist(),
        }
        for name, camera in named.items()
    ]
    return json.dumps(entries)


def put(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content))


def change(path: Path, **arrays: Any) -> None:
    """Replace what a pickle of ours holds under these names; None takes it out."""
    content = pickle.loads(path.read_bytes()) | arrays
    put(path, {name: value for name, value in content.items() if value is not None})


def write_sequence(folder: Path, name: str, truth: Dancer) -> None:
    """The three pickles of a sequence, frames at 60 Hz."""
    frames = len(truth.joints)
    motion = {
        "smpl_poses": smpl_poses(truth.rotations),
        "smpl_scaling": np.array([SCALING]),
        "smpl_trans": truth.joints[:, 0] + np.array([0.2, 20.0, -2.6]),  # the body model's origin is not its hips
    }
    put(folder / "motions" / f"{name}.pkl", motion)
    pixels = np.stack([camera.project(truth.keypoints) for camera in cameras().values()])
    seen = {
        "keypoints2d": np.concatenate([pixels, np.full((*pixels.shape[:3], 1), 0.9)], axis=-1),
        "det_scores": np.ones((9, frames)),
        "timestamps": np.arange(frames) * 16667,
    }
    put(folder / "keypoints2d" / f"{name}.pkl", seen)
    put(
        folder / "keypoints3d" / f"{name}.pkl",
        {"keypoints3d": truth.keypoints + 1.0, "keypoints3d_optim": truth.keypoints},
    )


def write_dataset(folder: Path) -> dict[str, Dancer]:
    """Four dances: two to train on, one for validation, one for the test; one more is ignored."""
    truths = {name: dancer(seed) for seed, name in enumerate(SEQUENCES)}
    for name, truth in truths.items():
        write_sequence(folder, name, truth)
    ignored = "gBR_sBM_cAll_d05_mBR4_ch08"
    write_sequence(folder, ignored, truths[FIRST])
    (folder / "ignore_list.txt").write_text(f"{ignored}\n")
    (folder / "cameras").mkdir()
    lines = [f"{name} setting1" for name in (*SEQUENCES, ignored)]
    (folder / "cameras" / "mapping.txt").write_text("\n".join(lines) + "\n")
    (folder / "cameras" / "setting1.json").write_text(_camera_json(cameras()))
    (folder / "splits").mkdir()
    for split in ("train", "val", "test"):
        own = [name for name, which in SEQUENCES.items() if which == split]
        own += [ignored] if split == "train" else []
        (folder / "splits" / f"pose_{split}.txt").write_text("\n".join(own) + "\n")
    return truths
