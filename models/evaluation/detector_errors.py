"""Compare simulated detector errors (training, validation) with those of a detector on rendered people."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.keypoints import KEYPOINT, LIMB_KEYPOINTS
from models.mocap.library import MotionLibrary
from models.skeleton import JOINT
from models.synth.poses import MotionSampler
from models.synth.windows import WindowBatch, WindowMaker
from models.training.pairs import PairSampler
from models.view import MIN_SCORE
from models.vtm.config import VTMConfig

_SIDES = ("left", "right")
_POINTS = [KEYPOINT[f"{side}_{name}"] for name in LIMB_KEYPOINTS.values() for side in _SIDES]
_JOINTS = [JOINT[side.capitalize() + joint] for joint in LIMB_KEYPOINTS for side in _SIDES]
_OTHER = [index ^ 1 for index in range(len(_POINTS))]
_HIPS = [_JOINTS.index(JOINT[side + "UpperLeg"]) for side in ("Left", "Right")]
_TRUNK = [*_HIPS, *(_JOINTS.index(JOINT[side + "UpperArm"]) for side in ("Left", "Right"))]
_HEIGHT_M = 1.7
_SEED = 7


def evaluate_detector_errors(library: MotionLibrary, pairs: Path, config: VTMConfig, count: int) -> dict[str, Any]:
    """Return {"measured", "simulated"}: for `count` windows each, training clips unchanged. Raises PairError."""
    recorded = PairSampler(pairs, frames=config.window_frames)
    sampler = MotionSampler(library, library.clips(validation=False).tolist(), rate_hz=config.rate_hz, variety=0.0)
    maker = WindowMaker(sampler, frames=config.window_frames, hide=0.0)
    return {
        "measured": detector_errors(recorded.plain(count, _rng())),
        "simulated": detector_errors(maker.make(count, _rng())[0]),
    }


def _rng() -> torch.Generator:
    return torch.Generator().manual_seed(_SEED)


def detector_errors(batch: WindowBatch) -> dict[str, Any]:
    """Return the fraction of flipped frames, and each limb joint's errors in mm at 1.70 m without flipped frames.

    keypoint  across the picture at the joint's distance: median, 90th percentile, and half of what 68 % of the windows'
              medians (`stays`) and of the frames' differences from them (`varies`) span
    landmark  hip-centred, in space: median, 90th percentile
    Windows count where every frame has landmarks.
    """
    whole = batch.seen & (batch.evidence[:, :, _POINTS, 3] > 0).all(-1).all(-1)
    joints = batch.joints[whole][:, :, _JOINTS]
    own, swapped = (_across(batch, whole, joints, points) for points in (_POINTS, [_POINTS[at] for at in _OTHER]))
    squared, crossed = (error[:, :, _TRUNK].square().sum(-1).mean(-1) for error in (own, swapped))
    flipped = crossed < 0.5 * squared  # (B, T)
    space = batch.evidence[whole][:, :, _POINTS, :3] / _HEIGHT_M
    space = (space - space[:, :, _HIPS].mean(2, keepdim=True)) - (joints - joints[:, :, _HIPS].mean(2, keepdim=True))
    keypoints, landmarks = (_mm(torch.where(flipped[..., None, None], torch.nan, error)) for error in (own, space))
    table: dict[str, Any] = {"windows": int(whole.sum()), "flipped_percent": 100 * float(flipped.float().mean())}
    for index, name in enumerate(LIMB_KEYPOINTS.values()):
        both = slice(2 * index, 2 * index + 2)
        table[name] = _sizes(keypoints[:, :, both], landmarks[:, :, both])
    return table


def _across(batch: WindowBatch, whole: Tensor, joints: Tensor, points: list[int]) -> Tensor:
    """Return (B, T, 12, 2) keypoints minus the joints' positions in the picture, body heights; NaN where missing."""
    keypoints = batch.keypoints[whole][:, :, points]
    near = batch.root_depth[whole].exp()  # (B, T) z x size
    z = near[..., None] + joints[..., 2] * batch.box[whole][:, 2].exp()[:, None, None]
    root = batch.root_place[whole] * near[..., None]
    error = keypoints[..., :2] * z[..., None] - root[:, :, None] - joints[..., :2]
    return torch.where(keypoints[..., 2:] > MIN_SCORE, error, torch.nan)


def _mm(error: Tensor) -> NDArray[np.float64]:
    return np.asarray(error.double().numpy() * _HEIGHT_M * 1000)


def _sizes(keypoint: NDArray[np.float64], landmark: NDArray[np.float64]) -> dict[str, list[float]]:
    """Return percentiles of (B, T, 2, 2) and (B, T, 2, 3) errors in mm, ignoring NaN."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # empty windows
        stays = np.nanmedian(keypoint, axis=1, keepdims=True)
    flat, deep = (np.linalg.norm(error, axis=-1) for error in (keypoint, landmark))
    return {
        "keypoint": [float(np.nanpercentile(flat, share)) for share in (50, 90)],
        "stays": [_spread(stays)],
        "varies": [_spread(keypoint - stays)],
        "landmark": [float(np.nanpercentile(deep, share)) for share in (50, 90)],
    }


def _spread(values: NDArray[np.float64]) -> float:
    """Return half the range of the middle 68 %: sigma of a normal distribution."""
    low, high = np.nanpercentile(values, [16, 84])
    return float(high - low) / 2
