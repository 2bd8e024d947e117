"""Validation error during training: last frame, held-out clips, random cameras, simulated detector noise."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.keypoints import KEYPOINT
from models.kinematics import forward_kinematics, ratio_offsets
from models.metrics import position_errors
from models.mocap.library import MotionLibrary
from models.parts import PART, part_confidence
from models.rotations import geodesic_angle, rotation_6d_to_matrix
from models.skeleton import JOINT, LIMBS
from models.synth.poses import MotionSampler
from models.synth.randomisation import measured
from models.synth.windows import WindowBatch, WindowMaker
from models.training.losses import head_turned, truth_motion
from models.view import MIN_SCORE
from models.vtm.config import VTMConfig
from models.vtm.direct import Network
from models.vtm.vtm import VTM

HIPS = (JOINT["LeftUpperLeg"], JOINT["RightUpperLeg"])
HEIGHT_M = 1.7
_ARMS = [JOINT[side + name] for side in ("Left", "Right") for name in ("LowerArm", "Hand")]
_SEEN_BY = {
    "arm": [KEYPOINT[f"{side}_{name}"] for side in ("left", "right") for name in ("elbow", "wrist")],
    "leg": [KEYPOINT[f"{side}_{name}"] for side in ("left", "right") for name in ("knee", "ankle")],
}


@dataclass(frozen=True, slots=True)
class Guess:
    """Output of a network for one frame of B windows."""

    rotations: Tensor  # (B, 22, 3, 3)
    joints: Tensor  # (B, 22, 3) hip-centred, view axes, body heights
    ratio: Tensor  # (B, 22)
    head: Tensor  # (B, 3, 3) orientation in the view
    log_spread: Tensor | None = None  # (B, 6) log of each part's predicted error


def validation_windows(
    library: MotionLibrary, config: VTMConfig, count: int, *, hide: float = 0.0, cut: float = 0.0, seed: int = 7
) -> WindowBatch:
    """Return `count` fixed windows of the validation clips (no pose variety), with errors at full strength.

    cut   fraction of upper bodies in front of a webcam (models.synth.cut_views)
    hide  0: the detector returns every keypoint, however wrong, like BlazePose; 1: limbs, legs and frames are missing
          as often as in training
    """
    clips = library.clips(validation=True).tolist()
    sampler = MotionSampler(library, clips, rate_hz=config.rate_hz, variety=0.0)
    maker = WindowMaker(sampler, frames=config.window_frames, hide=hide, randomisation=measured(cut=cut))
    return maker.make(count, torch.Generator().manual_seed(seed))[0]


@torch.no_grad()
def guess_last(model: Network, batch: WindowBatch, *, evidence: bool = True, chunk: int = 256) -> Guess:
    """Run the network over windows, one frame each. `evidence=False`: only keypoints (the branch is masked)."""
    shown = -1 - model.config.latency_frames
    parts: list[tuple[Tensor, Tensor]] = []
    spreads: list[Tensor] = []
    for start in range(0, len(batch.keypoints), chunk):
        rows = slice(start, start + chunk)
        image = batch.evidence[rows] * float(evidence)
        lifted = model(batch.keypoints[rows], image, batch.box[rows])
        parts.append((lifted.motion.rotations_6d[:, shown].float(), lifted.log_ratio.float()))
        if lifted.log_spread is not None:
            spreads.append(lifted.log_spread[:, shown].float())
    rotations = rotation_6d_to_matrix(torch.cat([part[0] for part in parts]))
    ratio = torch.cat([part[1] for part in parts]).exp()
    joints, turned = forward_kinematics(rotations, ratio_offsets(ratio), torch.zeros(len(ratio), 3))
    return Guess(rotations, joints, ratio, turned[:, JOINT["Head"]], torch.cat(spreads) if spreads else None)


def last_frame_errors(guess: Guess, batch: WindowBatch, shown: int = -1) -> dict[str, float]:
    """Return the MPJPE family over 12 limb joints (mm at 1.70 m), mean joint angle and Hips angle in degrees."""
    seen = batch.seen
    ours = guess.joints[seen].double().numpy() * HEIGHT_M
    truth = batch.joints[:, shown][seen].double().numpy() * HEIGHT_M
    errors = position_errors(ours, truth, HIPS, LIMBS)
    angles = torch.rad2deg(
        geodesic_angle(guess.rotations[seen], rotation_6d_to_matrix(batch.rotations_6d[:, shown][seen]))
    )
    errors["angle_deg"] = float(angles[:, 1:].mean())
    errors["hips_deg"] = float(angles[:, 0].mean())
    return errors


def cut_errors(guess: Guess, batch: WindowBatch, shown: int = -1) -> dict[str, float]:
    """Return errors for upper bodies: elbows and wrists relative to hips and neck (mm), lean of trunk, rotation of
    the head (degrees); and the confidence of limbs with all keypoints and with none."""
    seen = batch.seen
    ours, truth = guess.joints[seen], batch.joints[:, shown][seen]
    off = (ours - truth) * HEIGHT_M * 1000
    arms, neck = off[:, _ARMS], off[:, [JOINT["Neck"]]]
    lean = _angle(ours[:, JOINT["Neck"]], truth[:, JOINT["Neck"]])
    true_head = head_turned(rotation_6d_to_matrix(batch.rotations_6d[:, shown][seen]))
    errors = {
        "arms_to_hips_mm": float(arms.norm(dim=-1).mean()),
        "arms_to_neck_mm": float((arms - neck).norm(dim=-1).mean()),
        "lean_deg": float(lean.mean()),
        "head_deg": float(torch.rad2deg(geodesic_angle(guess.head[seen], true_head)).mean()),
    }
    if guess.log_spread is not None:
        confidence = part_confidence(guess.log_spread[seen])
        scores = batch.keypoints[:, shown][seen][..., 2]
        for name, points in _SEEN_BY.items():
            present = (scores[:, list(points)] > MIN_SCORE).float().mean(-1)
            sides = [confidence[:, PART[f"left_{name}"]], confidence[:, PART[f"right_{name}"]]]
            for word, rows in (("seen", present == 1), ("unseen", present == 0)):
                if rows.any():
                    errors[f"{name}_{word}_confidence"] = float(torch.stack(sides)[:, rows].mean())
    return errors


def _angle(a: Tensor, b: Tensor) -> Tensor:
    """Return the angle (B,) in degrees between (B, 3) vectors."""
    return torch.rad2deg(torch.atan2(torch.linalg.cross(a, b).norm(dim=-1), (a * b).sum(-1)))


@torch.no_grad()
def autoencoder_error(model: VTM, batch: WindowBatch) -> float:
    """Return the mean joint error (mm, 22 joints, all frames) of TPMAE's reconstruction on s̄."""
    motion, _, _ = model.tpmae(truth_motion(batch, model.config.rate_hz))
    offsets = ratio_offsets(torch.ones(1, 1, 22))
    zero = torch.zeros(*motion.depth.shape, 3)
    guess, _ = forward_kinematics(rotation_6d_to_matrix(motion.rotations_6d), offsets, zero)
    truth, _ = forward_kinematics(rotation_6d_to_matrix(batch.rotations_6d), offsets, zero)
    return float((guess - truth).norm(dim=-1).mean() * HEIGHT_M * 1000)
