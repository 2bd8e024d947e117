"""One dance of AIST++: motion on our 22 joints with the dancer's proportions, and its keypoints from nine cameras."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.aist.cameras import VIEWS, read_environment
from models.aist.folder import AistFolder
from models.aist.pickles import F64, AistError, read_arrays
from models.aist.skeleton import bone_ratio_m, limb_points, on_our_joints, rest_turns, smpl_local
from models.kinematics import forward_kinematics, ratio_offsets, stature
from models.mocap.contacts import contacts_of
from models.mocap.library import resample
from models.mocap.retarget import Retargeted
from models.rotations import matrix_to_quaternion
from models.skeleton import JOINT, LIMBS, REST_OFFSETS
from models.synth.cameras import normalized_ratio
from models.view import MIN_SCORE

F32 = NDArray[np.float32]

MOTION_HZ = 60.0
EVERY = 2
"""Use every n-th video frame: 30 Hz, the model's rate."""
COCO = 17
MIN_FRAMES = 20
_HIPS = [JOINT["LeftUpperLeg"], JOINT["RightUpperLeg"]]


class SequenceError(AistError):
    """One sequence cannot be used; others may be usable."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """2D keypoints of a dance from nine cameras, M frames at 30 Hz, and the cameras. Positions in body heights."""

    rays: F32  # (M, 9, 17, 2) without lens distortion; 0 where there is no keypoint
    scores: F32  # (M, 9, 17)
    rotation: F32  # (9, 3, 3) world -> camera
    translation: F32  # (9, 3)
    usable: NDArray[np.bool_]  # (9,) False where a view has no camera


@dataclass(frozen=True, slots=True)
class Dance:
    """N frames of motion at 60 Hz. Positions in body heights, in the data set's world (Y up)."""

    quaternions: F32  # (N, 22, 4) local on our T-pose, Hips in the world
    root: F32  # (N, 3) middle of the hips
    contacts: F32  # (N, 2)
    ratio: F32  # (22,)
    stature_m: float
    pictures: Pictures


def read_dance(folder: AistFolder, name: str) -> Dance:
    """Read one sequence. Raises SequenceError when it must be skipped, AistError when a file is broken."""
    poses, scaling, trans = _motion(folder, name)
    keypoints2d = _arrays(folder, "keypoints2d", name, "keypoints2d")["keypoints2d"]
    keypoints3d = _arrays(folder, "keypoints3d", name, "keypoints3d_optim")["keypoints3d_optim"]
    if keypoints2d.ndim != 4 or keypoints2d.shape[0] != len(VIEWS) or keypoints2d.shape[2:] != (COCO, 3):
        raise SequenceError(f"{name}: 2D keypoints of shape {keypoints2d.shape}, expected (9, frames, 17, 3)")
    if keypoints3d.ndim != 3 or keypoints3d.shape[1:] != (COCO, 3):
        raise SequenceError(f"{name}: 3D keypoints of shape {keypoints3d.shape}, expected (frames, 17, 3)")
    frames = min(len(poses), keypoints2d.shape[1], len(keypoints3d))
    points = limb_points(keypoints3d[:frames]) / scaling
    good = np.asarray(np.isfinite(points[:, list(LIMBS)]).all((1, 2)))
    if good.sum() < MIN_FRAMES:
        raise SequenceError(f"{name}: {good.sum()} of {frames} frames have 3D keypoints, expected {MIN_FRAMES} or more")
    local = smpl_local(poses[:frames])
    try:
        turns = rest_turns(local[good], points[good])
    except AistError as error:
        raise SequenceError(f"{name}: {error}") from error
    ours = on_our_joints(local, turns)
    ratio_m = bone_ratio_m(ours[good], points[good])
    size = float(stature(REST_OFFSETS * ratio_m[:, None]))
    if not 0.8 < size < 2.6:
        raise SequenceError(f"{name}: a dancer of {size:.2f} m; smpl_scaling does not match the 3D keypoints")
    ratio = normalized_ratio(torch.from_numpy(np.clip(ratio_m / size * _UNIT, 0.3, 3.0))).numpy()
    root = _hips(points[:, _HIPS].mean(1), trans[:frames] / scaling) / size
    joints, _ = forward_kinematics(ours, ratio_offsets(ratio), root)
    clip = Retargeted(name, MOTION_HZ, matrix_to_quaternion(ours), root, ratio_offsets(ratio))
    return Dance(
        *resample(clip, MOTION_HZ),  # same rate; makes the quaternions sign-continuous
        contacts=contacts_of(joints, MOTION_HZ).astype(np.float32),
        ratio=ratio.astype(np.float32),
        stature_m=size,
        pictures=_pictures(folder, name, keypoints2d[:, :frames:EVERY], scaling * size),
    )


_UNIT = float(stature(REST_OFFSETS))


def _arrays(folder: AistFolder, part: str, name: str, *required: str) -> dict[str, F64]:
    path = folder.path / part / f"{name}.pkl"
    if not path.exists():
        raise SequenceError(f"{name}: no {part}/{name}.pkl")
    return read_arrays(path, *required)


def _motion(folder: AistFolder, name: str) -> tuple[F64, float, F64]:
    """Return smpl_poses (N, 72), units per metre, smpl_trans (N, 3)."""
    found = _arrays(folder, "motions", name, "smpl_poses", "smpl_scaling", "smpl_trans")
    poses, scaling, trans = found["smpl_poses"], found["smpl_scaling"], found["smpl_trans"]
    if poses.shape[1:] == (24, 3):  # some tools rewrite them in this form
        poses = poses.reshape(len(poses), 72)
    if poses.ndim != 2 or poses.shape[1] != 72 or trans.shape != (len(poses), 3) or scaling.size != 1:
        shapes = f"{poses.shape}, {trans.shape}, {scaling.shape}"
        raise SequenceError(f"{name}: poses, trans and scaling of shape {shapes}, expected (N, 72), (N, 3), (1,)")
    units = float(scaling.reshape(()))
    if not (np.isfinite(poses).all() and np.isfinite(trans).all() and np.isfinite(units) and units > 0):
        raise SequenceError(f"{name}: its motion contains NaN or infinite numbers, or smpl_scaling is not positive")
    return poses, units, trans


def _hips(seen: F64, trans: F64) -> F64:
    """Return the middle of the hips (N, 3); frames with NaN are filled in from the body model's translation."""
    good = np.asarray(np.isfinite(seen).all(-1))
    frame = np.arange(len(seen))
    beside = [np.interp(frame, frame[good], (seen - trans)[good, axis]) for axis in range(3)]
    return np.where(good[:, None], seen, trans + np.stack(beside, axis=-1))


def _pictures(folder: AistFolder, name: str, keypoints: F64, units: float) -> Pictures:
    """Convert pixels and scores (9, M, 17, 3) to rays and scores with cameras. `units`: world units per body height."""
    try:
        cameras = read_environment(folder.cameras_of(name))
    except AistError as error:
        raise SequenceError(f"{name}: {error}") from error
    usable: NDArray[np.bool_] = np.array([view in cameras for view in VIEWS])
    if not usable.any():
        raise SequenceError(f"{name}: its camera environment has none of c01 to c09")
    frames = keypoints.shape[1]
    rays = np.zeros((frames, len(VIEWS), COCO, 2), np.float32)
    scores = np.zeros((frames, len(VIEWS), COCO), np.float32)
    rotation = np.tile(np.eye(3, dtype=np.float32), (len(VIEWS), 1, 1))
    translation = np.zeros((len(VIEWS), 3), np.float32)
    for index, view in enumerate(VIEWS):
        if view not in cameras:
            continue
        camera = cameras[view]
        straight = camera.to_rays(keypoints[index, :, :, :2])
        score = np.nan_to_num(keypoints[index, :, :, 2])
        there = np.isfinite(straight).all(-1) & (score > MIN_SCORE)
        rays[:, index] = np.where(there[..., None], straight, 0.0)
        scores[:, index] = np.where(there, np.minimum(score, 1.0), 0.0)
        rotation[index] = camera.rotation
        translation[index] = camera.translation / units
    return Pictures(rays, scores, rotation, translation, usable)
