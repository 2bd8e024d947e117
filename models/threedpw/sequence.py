"""One person of a 3DPW sequence: 2D keypoints, camera and true joints, from the data set's own pickles.

sequenceFiles/SPLIT/NAME.pkl holds for each of P people, per frame: `poses2d` (3, 18), x, y, confidence in OpenPose's
COCO order; `jointPositions` (72,), SMPL's 24 joints in the world, metres. For the moving camera:
`cam_poses` (N, 4, 4) world -> camera, `cam_intrinsics` (3, 3), `campose_valid` (N,) per person. Frames are at 30 Hz.
The pickles were written by Python 2. They are read by an unpickler that loads only NumPy arrays and plain containers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.aist.pickles import F64, AistError, read_content
from models.aist.skeleton import SMPL_JOINTS
from models.evaluation.sequences import Sequence2D
from models.keypoints import KEYPOINT, NUM_EVIDENCE, NUM_KEYPOINTS
from models.kinematics import REST_LENGTHS, STATURE
from models.skeleton import JOINT, NUM_JOINTS, PARENTS

RATE_HZ = 30.0
SPLITS = ("train", "validation", "test")
MIN_POINTS = 6
"""Minimum number of keypoints in a measured frame."""
_OPENPOSE = (
    *("nose", "", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist"),
    *("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
    *("right_eye", "left_eye", "right_ear", "left_ear"),
)
"""Our keypoints in the order of the 18; "" for the neck, which we do not have."""
_ORDER = [SMPL_JOINTS.index(name) for name in JOINT]
_FIELDS = ("poses2d", "jointPositions", "cam_poses", "cam_intrinsics", "campose_valid")


class ThreeDPWError(ValueError):
    """The data set or a file of it cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Actor:
    """One person of a sequence in the moving camera's frame."""

    name: str
    sequence: Sequence2D
    measured: NDArray[np.bool_]  # (N,) the camera is known and the person has MIN_POINTS keypoints


def find_sequences(folder: Path, split: str = "test") -> list[Path]:
    """Return the pickles of a split, sorted. Raises ThreeDPWError when there are none."""
    if split not in SPLITS:
        raise ThreeDPWError(f"split {split!r}; expected one of {', '.join(SPLITS)}")
    root = folder / "sequenceFiles" if (folder / "sequenceFiles").is_dir() else folder
    files = sorted((root / split).glob("*.pkl"))
    if not files:
        raise ThreeDPWError(f"{folder}: no sequenceFiles/{split}/*.pkl in it; pass the folder of 3DPW")
    return files


def read_actors(path: Path) -> Iterator[Actor]:
    """Yield the people of a sequence. Raises ThreeDPWError when the file is missing, cut short or has other shapes."""
    try:
        content = read_content(path, *_FIELDS)
    except AistError as error:
        raise ThreeDPWError(str(error)) from error
    K, poses = (_array(path, content, name) for name in ("cam_intrinsics", "cam_poses"))
    frames = len(poses)
    if K.shape != (3, 3) or poses.shape != (frames, 4, 4) or not frames:
        raise ThreeDPWError(f"{path}: camera of shapes {K.shape}, {poses.shape}; expected (3, 3), (N, 4, 4)")
    people = len(content["jointPositions"]) if isinstance(content["jointPositions"], list | tuple) else 0
    if not people:
        raise ThreeDPWError(f"{path}: jointPositions is no list with an array for each person; fetch the file again")
    for person in range(people):
        points, joints, valid = (
            _person(path, content, name, person) for name in ("poses2d", "jointPositions", "campose_valid")
        )
        found = min(frames, len(points), len(joints), len(valid))
        if points.shape[1:] != (3, 18) or joints.shape[1:] != (72,) or not found:
            raise ThreeDPWError(
                f"{path}: person {person} has poses2d {points.shape}, jointPositions {joints.shape};"
                " expected (N, 3, 18), (N, 72)"
            )
        rows = slice(found)
        yield _actor(f"{path.stem}_{person}", points[rows], joints[rows], valid[rows] > 0, K, poses[rows])


def _array(path: Path, content: dict[str, Any], name: str) -> F64:
    try:
        return np.asarray(content[name], np.float64)
    except (TypeError, ValueError) as error:
        raise ThreeDPWError(f"{path}: {name} is not an array of numbers; fetch the file again") from error


def _person(path: Path, content: dict[str, Any], name: str, person: int) -> F64:
    """Return one person's array of a field that is a list with one array per person."""
    values = content[name]
    if not isinstance(values, list | tuple) or len(values) <= person:
        raise ThreeDPWError(f"{path}: {name} is no list with an array for each person; fetch the file again")
    return _array(path, {name: values[person]}, name)


def _actor(name: str, points: F64, joints: F64, valid: NDArray[np.bool_], K: F64, poses: F64) -> Actor:
    """Return an actor in the camera's frame.

    points (N, 3, 18), joints (N, 72), valid (N,), K (3, 3), poses (N, 4, 4): the fields of the file.
    """
    world = joints.reshape(len(joints), 24, 3)[:, _ORDER]
    truth = np.einsum("nij,nkj->nki", poses[:, :3, :3], world) + poses[:, None, :3, 3]
    rays, scores = np.zeros((len(points), NUM_KEYPOINTS, 2)), np.zeros((len(points), NUM_KEYPOINTS))
    for column, keypoint in enumerate(_OPENPOSE):
        if keypoint:
            at = KEYPOINT[keypoint]
            rays[:, at] = (points[:, :2, column] - K[:2, 2]) / (K[0, 0], K[1, 1])
            scores[:, at] = np.clip(points[:, 2, column], 0.0, 1.0)
    evidence = np.zeros((len(points), NUM_EVIDENCE, 4))
    resting = np.zeros((len(points), 2), bool)
    sequence = Sequence2D(rays, scores, evidence, truth, resting, RATE_HZ, height_of(truth))
    return Actor(name, sequence, valid & ((scores > 0.1).sum(-1) >= MIN_POINTS))


def height_of(joints_m: F64) -> float:
    """Return the body height in metres of a person with s̄'s proportions and the limb lengths of joints (N, 22, 3)."""
    limbs = [JOINT[side + bone] for side in ("Left", "Right") for bone in ("LowerArm", "Hand", "LowerLeg", "Foot")]
    above = [PARENTS[joint] for joint in limbs]
    lengths = np.median(np.linalg.norm(joints_m[:, limbs] - joints_m[:, above], axis=-1), axis=0)
    assert joints_m.shape[1] == NUM_JOINTS
    return float(lengths.sum() / REST_LENGTHS[limbs].sum() * STATURE)
