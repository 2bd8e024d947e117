"""The validation split through random cameras with simulated detector noise: the last frame of each window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from models.evaluation.actions import action_of
from models.evaluation.frames import FrameTruth, frame_errors, inputs_of, landmark_errors
from models.evaluation.predict import Lifter, decoded, readings
from models.metrics import position_errors
from models.mocap.library import MotionLibrary
from models.skeleton import LIMBS
from models.synth.poses import MotionSampler
from models.synth.windows import WindowBatch, WindowMaker
from models.training.validate import HEIGHT_M, HIPS, validation_windows
from models.vtm.config import VTMConfig

HIDE = {"": 0.0, "_parts_hidden": 1.0}
"""Suffix of a row -> how often keypoints are missing."""
_SEED = 23


def evaluate_mocap(lifter: Lifter, library: MotionLibrary, count: int) -> dict[str, Any]:
    """Return tables over `count` windows: with image evidence and keypoints only, complete and with hidden parts."""
    tables: dict[str, Any] = {"windows": count}
    for suffix, hide in HIDE.items():
        batch = validation_windows(library, lifter.config, count, hide=hide)
        for name, found in readings(lifter, inputs_of(batch)).items():
            tables[name + suffix] = frame_errors(found, FrameTruth.of(batch, lifter.config.latency_frames))
    return tables


def evaluate_peers(
    peers: Mapping[str, Lifter], library: MotionLibrary, config: VTMConfig, count: int
) -> dict[str, Any]:
    """Evaluate others on the same windows: the landmarks alone, and every other network (on its own window length)."""
    tables: dict[str, Any] = {name: evaluate_mocap(peer, library, count) for name, peer in peers.items()}
    for suffix, hide in HIDE.items():
        batch = validation_windows(library, config, count, hide=hide)
        alone = landmark_errors(batch.evidence[:, -1].double().numpy(), FrameTruth.of(batch))
        if alone is not None:
            tables["simulated_landmarks" + suffix] = alone
    return tables


def action_windows(library: MotionLibrary, config: VTMConfig, count: int, *, only: str = "") -> dict[str, WindowBatch]:
    """Return `count` windows of every action of the validation clips, or of `only` one."""
    clips: dict[str, list[int]] = {}
    for clip in library.clips(validation=True).tolist():
        action = action_of(library.names[clip])
        if only in ("", action):
            clips.setdefault(action, []).append(clip)
    windows = {}
    for action, own in sorted(clips.items()):
        sampler = MotionSampler(library, own, rate_hz=config.rate_hz, variety=0.0)
        maker = WindowMaker(sampler, frames=config.window_frames, hide=0.0)
        windows[action] = maker.make(count, torch.Generator().manual_seed(_SEED))[0]
    return windows


def evaluate_actions(lifters: Mapping[str, Lifter], library: MotionLibrary, count: int) -> dict[str, Any]:
    """Return for each action and network the MPJPE family over the limbs, with the same number of windows per
    action."""
    actions: dict[str, dict[str, Any]] = {}
    for name, lifter in lifters.items():
        for action, batch in action_windows(library, lifter.config, count).items():
            actions.setdefault(action, {})[name] = _limbs(lifter, batch)
    return {"windows_each": count, "actions": actions}


def _limbs(lifter: Lifter, batch: WindowBatch) -> dict[str, float]:
    truth, inputs = FrameTruth.of(batch, lifter.config.latency_frames), inputs_of(batch)
    found = decoded(lifter.answer(inputs), inputs)
    return position_errors(found.joints[truth.seen] * HEIGHT_M, truth.joints[truth.seen] * HEIGHT_M, HIPS, LIMBS)
