"""Inject detector errors into the last frames of clean windows: does the temporal context correct flips and swaps?"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from models.evaluation.frames import FrameTruth, inputs_of, limb_error_mm
from models.evaluation.predict import Inputs, Lifter, Predictions, decoded
from models.evaluation.rewindow import decoded_in, last_frame_alone
from models.keypoints import EVIDENCE_NAMES, KEYPOINT_NAMES, MIRROR_KEYPOINTS, NUM_EVIDENCE, NUM_KEYPOINTS
from models.mocap.library import MotionLibrary
from models.skeleton import mirrored_name
from models.synth.poses import MotionSampler
from models.synth.windows import WindowBatch, WindowMaker
from models.training.validate import HEIGHT_M
from models.vtm.config import VTMConfig

FRAMES = (1, 3, 6)
_MIRROR_EVIDENCE = [EVIDENCE_NAMES.index(mirrored_name(name)) for name in EVIDENCE_NAMES]
_LEG = {"knee", "ankle", "toe", "heel"}
_SEED = 41


def clean_windows(library: MotionLibrary, config: VTMConfig, count: int) -> WindowBatch:
    """Validation windows with perfect keypoints; the landmarks keep their errors."""
    sampler = MotionSampler(library, library.clips(validation=True).tolist(), rate_hz=config.rate_hz, variety=0.0)
    maker = WindowMaker(sampler, frames=config.window_frames, noise=0.0, hide=0.0)
    return maker.make(count, torch.Generator().manual_seed(_SEED))[0]


def flipped(inputs: Inputs, frames: int) -> Inputs:
    """Exchange left and right of the whole body in the last frames, in keypoints and landmarks."""
    return _exchanged(inputs, frames, list(MIRROR_KEYPOINTS), _MIRROR_EVIDENCE)


def legs_swapped(inputs: Inputs, frames: int) -> Inputs:
    """Exchange left and right leg in the last frames, knees and below, in the keypoints."""
    leg = [name.split("_")[-1] in _LEG for name in KEYPOINT_NAMES]
    order = [MIRROR_KEYPOINTS[index] if leg[index] else index for index in range(NUM_KEYPOINTS)]
    return _exchanged(inputs, frames, order, list(range(NUM_EVIDENCE)))


def _exchanged(inputs: Inputs, frames: int, keypoints: list[int], evidence: list[int]) -> Inputs:
    if not 0 <= frames <= inputs.keypoints.shape[1]:
        raise ValueError(f"{frames} frames to change; the windows have {inputs.keypoints.shape[1]}")
    points, image = inputs.keypoints.copy(), inputs.evidence.copy()
    last = slice(points.shape[1] - frames, None)
    points[:, last] = points[:, last][:, :, keypoints]
    image[:, last] = image[:, last][:, :, evidence]
    return Inputs(points, image, inputs.box)


def evaluate_injected(lifter: Lifter, library: MotionLibrary, count: int) -> dict[str, Any]:
    """Return MPJPE (mm) over the limbs: error -> duration in frames -> network, with refinement, and one frame
    alone."""
    batch = clean_windows(library, lifter.config, count)
    truth, inputs = FrameTruth.of(batch, lifter.config.latency_frames), inputs_of(batch)
    table: dict[str, Any] = {"windows": int(truth.seen.sum()), "frames": list(FRAMES), "none": {}, "errors": {}}
    table["none"] = _rows(lifter, inputs, truth) | _single(lifter, inputs, truth)
    for name, inject in (("whole_body_flip", flipped), ("legs_swapped", legs_swapped)):
        single = _single(lifter, inject(inputs, 1), truth)
        own = [_rows(lifter, inject(inputs, frames), truth) | single for frames in FRAMES]
        table["errors"][name] = {row: [errors[row] for errors in own] for row in own[0]}
    return table


def _rows(lifter: Lifter, inputs: Inputs, truth: FrameTruth) -> dict[str, float]:
    answer = lifter.answer(inputs)
    return {
        "network": _error(decoded(answer, inputs, refine=False), truth),
        "refined": _error(decoded(answer, inputs), truth),
    }


def _single(lifter: Lifter, inputs: Inputs, truth: FrameTruth) -> dict[str, float]:
    alone = last_frame_alone(inputs)
    return {"one_frame_alone": _error(decoded_in(inputs, lifter.answer(alone), alone), truth)}


def _error(found: Predictions, truth: FrameTruth) -> float:
    joints, true = (values[truth.seen] * HEIGHT_M for values in (found.joints, truth.joints))
    return round(float(np.mean(limb_error_mm(joints, true))), 1)
