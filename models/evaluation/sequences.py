"""Whole validation clips seen by one fixed virtual camera each, with detector errors continuous over the clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.evaluation.motion import Run, consecutive, motion_errors
from models.evaluation.predict import F64, Inputs, Lifter, Predictions, readings
from models.kinematics import forward_kinematics, ratio_offsets
from models.metrics import resting_feet
from models.mocap.library import CACHE_HZ, MotionLibrary
from models.rotations import quaternion_to_matrix, rotation_between
from models.skeleton import FEET, ROOT
from models.synth.cameras import sample_cameras, sample_ratios
from models.synth.landmarks import place_landmarks
from models.synth.noise import noisy_keypoints
from models.synth.noisy_evidence import noisy_evidence
from models.synth.randomisation import MEASURED
from models.training.validate import HEIGHT_M
from models.view import MIN_SCORE, View, person_view, root_to_camera

MOST_FRAMES = 150
FEWEST_FRAMES = 40
_SEED = 31
ROOM = 0.7
"""Body heights around the Hips that the picture must hold."""


@dataclass(frozen=True, slots=True)
class Sequence2D:
    """N frames as seen by a detector, with their truth. Camera frame."""

    rays: F64  # (N, 23, 2) x/z, y/z
    scores: F64  # (N, 23) 0 = missing
    evidence: F64  # (N, 27, 4) landmarks in metres, 1 where present
    truth_m: F64  # (N, 22, 3) metres
    resting: NDArray[np.bool_]  # (N, 2)
    fps: float
    height_m: float


def sliding_windows(sequence: Sequence2D, frames: int, ends: NDArray[np.int64]) -> tuple[Inputs, View]:
    """Return the windows that end at each of `ends`, each in its own view; blank before the first frame."""
    rows = ends[:, None] - np.arange(frames - 1, -1, -1)
    inside = rows >= 0
    rows = np.maximum(rows, 0)
    view, keypoints = person_view(sequence.rays[rows], sequence.scores[rows] * inside[..., None])
    evidence = sequence.evidence[rows] * inside[..., None, None]
    return Inputs(*(array.astype(np.float32) for array in (keypoints, evidence, view.box))), view


def in_camera(found: Predictions, view: View, height_m: float) -> F64:
    """(N, 22, 3) joints in the camera frame, metres."""
    root = root_to_camera(found.root[:, 0], found.root[:, 1:3], view)
    return np.asarray((np.einsum("nij,nkj->nki", view.rotation, found.joints) + root[:, None]) * height_m)


def seen_frames(sequence: Sequence2D) -> NDArray[np.int64]:
    """Return the evaluated frames: those with a person."""
    return np.flatnonzero((sequence.scores > MIN_SCORE).sum(-1) >= 4)


def runs_of(joints_m: F64, sequence: Sequence2D, frames: NDArray[np.int64]) -> list[Run]:
    """Return predictions of `frames` (M, 22, 3) and their truth, split at missing frames."""
    whole = Run(joints_m, sequence.truth_m[frames], sequence.resting[frames], sequence.fps)
    return [whole.part(rows) for rows in consecutive(frames)]


def evaluate_sequences(lifter: Lifter, sequences: Sequence[Sequence2D]) -> dict[str, Any]:
    """Return metrics over time for a known height and lens: with evidence, keypoints only, without refinement."""
    runs: dict[str, list[Run]] = {}
    for sequence in sequences:
        frames = seen_frames(sequence)
        if not len(frames):
            continue
        inputs, view = sliding_windows(sequence, lifter.config.window_frames, frames)
        for name, found in readings(lifter, inputs).items():
            runs.setdefault(name, []).extend(runs_of(in_camera(found, view, sequence.height_m), sequence, frames))
    return {name: motion_errors(own) for name, own in runs.items()}


def mocap_sequences(library: MotionLibrary, rate_hz: float, most: int) -> list[Sequence2D]:
    """Return segments of 40 to 150 frames of every validation clip, at most `most`; reproducible."""
    pieces: list[Sequence2D] = []
    step = round(CACHE_HZ / rate_hz)
    for clip in library.clips(validation=True).tolist():
        rows = np.arange(library.start[clip], library.start[clip] + library.length[clip], step)
        for begin in range(0, len(rows), MOST_FRAMES):
            piece = rows[begin : begin + MOST_FRAMES]
            if len(piece) >= FEWEST_FRAMES:
                rng = torch.Generator().manual_seed(_SEED + len(pieces))
                pieces.append(_filmed(library, clip, piece, rate_hz, rng))
    spread = np.linspace(0, len(pieces) - 1, min(most, len(pieces))).round().astype(int)
    return [pieces[index] for index in spread]


def _filmed(
    library: MotionLibrary, clip: int, rows: NDArray[np.int64], rate_hz: float, rng: torch.Generator
) -> Sequence2D:
    """A piece of a clip, on a new body, through a new camera and a detector's errors."""
    rotations = torch.as_tensor(quaternion_to_matrix(torch.from_numpy(library.quaternions[rows])))
    root = torch.from_numpy(library.root[rows])
    offsets = ratio_offsets(sample_ratios(1, rng))
    joints, turned = forward_kinematics(rotations[None], offsets[:, None], root[None])  # (1, N, 22, 3)
    R, position, half_width, half_height = _camera(joints[0, :, ROOT], rng)
    joints_cam = (joints - position) @ R.mT
    points = place_landmarks(joints_cam, R @ turned, rng)
    points[..., 2].clamp_(min=0.15)
    edge = torch.stack([half_width, half_height], -1)
    beyond = (points[..., :2].abs() - edge * points[..., 2:]).clamp(min=0).amax(-1)
    detected = noisy_keypoints(points, beyond, rng, MEASURED.keypoints, MEASURED.cut, hide=0.0)
    rays, scores = detected.rays, detected.scores
    hips = joints_cam[0, :, ROOT]
    ahead = torch.tensor([0.0, 0.0, 1.0]).expand_as(hips)
    towards = torch.as_tensor(rotation_between(ahead, hips))  # the detector looks at the person, frame by frame
    evidence = noisy_evidence(
        points @ towards[None], detected, (scores > MIN_SCORE).sum(-1) >= 4, rng, MEASURED.landmarks
    )
    feet = joints[0, :, list(FEET)].double().numpy() * HEIGHT_M
    resting = resting_feet(feet, rate_hz) & bool(library.contact_valid[clip])
    return Sequence2D(
        rays[0].double().numpy(),
        scores[0].double().numpy(),
        evidence[0].double().numpy(),
        joints_cam[0].double().numpy() * HEIGHT_M,
        resting,
        rate_hz,
        HEIGHT_M,
    )


def _camera(path: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(N, 3) Hips in the world -> R_cam_world (3, 3), position (3,), half width and height (1,): all of it in view."""
    middle = (path.amin(0) + path.amax(0)) / 2
    camera = sample_cameras(middle[None], rng)
    R = camera.R_cam_world[0]
    off = (path - middle) @ R.mT  # camera axes
    needed = torch.stack(
        [
            (off[:, 0].abs() + ROOM) / camera.half_width - off[:, 2],
            (off[:, 1].abs() + ROOM) / camera.half_height - off[:, 2],
        ]
    )
    return R, middle - R[2] * needed.max(), camera.half_width, camera.half_height
