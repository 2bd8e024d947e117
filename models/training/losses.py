"""The paper's losses: motion reconstruction (root and others), temporal smoothness, manifold alignment, bone ratio."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from models.kinematics import forward_kinematics, ratio_offsets
from models.parts import HEAD_CHAIN, HEAD_LEVER, LIMB_OF_PART, PART_NAMES, TRUNK_JOINTS
from models.rotations import rotation_6d_to_matrix
from models.skeleton import JOINT, JOINT_NAMES, ROOT
from models.synth.windows import WindowBatch
from models.view import gravity_up
from models.vtm.tpmae import Motion
from models.vtm.vtm import Lifted


@dataclass(frozen=True, slots=True)
class LossWeights:
    """Weights of the terms; positions are in body heights, angles in radians."""

    rotation: float = 1.0  # omega_nr
    root_rotation: float = 1.5  # omega_r
    position: float = 20.0
    velocity: float = 20.0  # temporal smoothness: error of joint velocities
    root: float = 1.0  # depth, place, velocity of depth
    gravity: float = 1.0
    contact: float = 0.4
    alignment: float = 0.1
    bone_ratio: float = 4.0
    head: float = 4.0  # tips of axes on the head, body heights
    spread: float = 0.04  # negative log-likelihood of each part's error


def truth_motion(batch: WindowBatch, rate_hz: float) -> Motion:
    """Return a batch's truth as input for the motion encoders."""
    up = batch.up
    pitch = torch.asin((-up[:, 2]).clamp(-1, 1))
    roll = torch.atan2(up[:, 0], -up[:, 1])
    gravity = torch.stack([pitch, roll], dim=-1)[:, None].expand(-1, batch.root_depth.shape[1], -1)
    velocity = torch.zeros_like(batch.root_depth)
    velocity[:, 1:] = (batch.root_depth[:, 1:] - batch.root_depth[:, :-1]) * rate_hz
    velocity[:, 0] = velocity[:, 1]
    logits = (batch.contacts - 0.5) * 8
    return Motion(batch.rotations_6d, batch.root_depth, velocity, batch.root_place, gravity, logits)


def frame_weights(frames: int, stride: int, device: torch.device) -> Tensor:
    """Return weights (T,) of mean 1. Frames weigh more the more they resemble the frame in use: if they come last in a
    patch, and the more past they have."""
    at = torch.arange(frames, device=device)
    weights = (0.4 + 0.6 * at / frames) * torch.where(at % stride == stride - 1, 1.0, 0.3)
    weights[-1] *= 2.0
    return weights / weights.mean()


_JOINT_WEIGHTS = torch.tensor([0.5 if name.endswith(("Toes", "Hand", "Shoulder")) else 1.0 for name in JOINT_NAMES])


_LIMB_BONES = ("UpperArm", "LowerArm", "Hand", "LowerLeg", "Foot")
_RATIO_WEIGHTS = torch.tensor([2.0 if name.endswith(_LIMB_BONES) else 1.0 for name in JOINT_NAMES[1:]])
_RATIO_WEIGHTS /= _RATIO_WEIGHTS.mean()
_HEAD = JOINT["Head"]


def motion_losses(
    guess: Motion,
    truth: Motion,
    joints: Tensor,
    ratio_guess: Tensor,
    batch: WindowBatch,
    weights: Tensor,
    log_spread: Tensor | None = None,
) -> dict[str, Tensor]:
    """Return the reconstruction terms, scalars. joints (B, T, 22, 3) true, hip-centred; ratio_guess (B, 22); weights
    (T,); log_spread (B, T, 6) of a network with confidence."""
    keep = batch.seen.float()[:, None] * weights  # (B, T)
    per_frame = keep / keep.mean().clamp(min=1e-6)
    matrix, true_matrix = rotation_6d_to_matrix(guess.rotations_6d), rotation_6d_to_matrix(truth.rotations_6d)
    angular = (matrix - true_matrix).pow(2).sum((-1, -2)).add(1e-6).sqrt()  # (B, T, 22) ~ sqrt(2) x angle
    others = angular[:, :, 1:] * _JOINT_WEIGHTS[1:].to(angular.device)
    zero = torch.zeros_like(joints[:, :, 0])
    placed, turned = forward_kinematics(matrix, ratio_offsets(ratio_guess)[:, None], zero)
    head = HEAD_LEVER * (turned[:, :, _HEAD] - head_turned(true_matrix)).norm(dim=-2).mean(-1)
    distance = (placed - joints).norm(dim=-1)
    step = (placed[:, 1:] - placed[:, :-1]) - (joints[:, 1:] - joints[:, :-1])
    up = gravity_up(guess.gravity)
    root = (
        (guess.depth - truth.depth).abs()
        + (guess.place - truth.place).abs().sum(-1)
        + 0.05 * (guess.depth_velocity - truth.depth_velocity).abs()
    )
    labelled = batch.contact_valid.float()[:, None] * per_frame
    touching = F.binary_cross_entropy_with_logits(guess.contacts, (truth.contacts > 0).float(), reduction="none")
    return {
        "rotation": (others.mean(-1) * per_frame).mean(),
        "root_rotation": (angular[:, :, 0] * per_frame).mean(),
        "position": (distance.mean(-1) * per_frame).mean(),
        "velocity": (step.norm(dim=-1).mean(-1) * per_frame[:, 1:]).mean(),
        "root": (root * per_frame).mean(),
        "gravity": ((up - batch.up[:, None]).norm(dim=-1) * per_frame).mean(),
        "contact": (touching.mean(-1) * labelled).mean(),
        "head": (head * per_frame).mean(),
    } | _spread_term(log_spread, part_errors(placed, joints, head), per_frame)


def head_turned(rotations: Tensor) -> Tensor:
    """Return the head's orientation (..., 3, 3) in the frame of the Hips rotation, for local (..., 22, 3, 3)."""
    turned = rotations[..., HEAD_CHAIN[0], :, :]
    for joint in HEAD_CHAIN[1:]:
        turned = turned @ rotations[..., joint, :, :]
    return turned


def part_errors(placed: Tensor, joints: Tensor, head: Tensor) -> Tensor:
    """Return errors (B, T, 6) as in models.parts, for joints placed and true (B, T, 22, 3) and the head's error (B,
    T)."""
    off = placed - joints
    root = off[:, :, [ROOT]]
    errors = {"head": head, "trunk": (off[:, :, list(TRUNK_JOINTS)] - root).norm(dim=-1).mean(-1)}
    for name, (start, ends) in LIMB_OF_PART.items():
        errors[name] = (off[:, :, list(ends)] - off[:, :, [start]]).norm(dim=-1).mean(-1)
    return torch.stack([errors[name] for name in PART_NAMES], dim=-1)


def _spread_term(log_spread: Tensor | None, errors: Tensor, per_frame: Tensor) -> dict[str, Tensor]:
    """Return the negative log-likelihood of the errors under an exponential distribution with the predicted mean; its
    minimum is at the expected error. No gradient flows into the errors."""
    return {} if log_spread is None else {"spread": spread_loss(log_spread, errors, per_frame)}


def spread_loss(log_spread: Tensor, errors: Tensor, per_frame: Tensor) -> Tensor:
    """Return the mean negative log-likelihood for predicted and true errors (B, T, 6), with weights (B, T) of mean
    1."""
    spread = log_spread.clamp(-7.0, 1.0)
    likelihood = errors.detach() * torch.exp(-spread) + spread
    return (likelihood.mean(-1) * per_frame).mean()


def alignment_loss(lifted: Lifted, z_upper: Tensor, z_lower: Tensor) -> Tensor:
    """Return the manifold alignment loss: L1 distance between the video's Z~ and the motion's Z."""
    return (lifted.z_upper - z_upper).abs().mean() + (lifted.z_lower - z_lower).abs().mean()


def ratio_loss(log_ratio: Tensor, ratio: Tensor, seen: Tensor) -> Tensor:
    """Return the bone ratio loss: L1 of the logarithm on windows with a person; limbs and shoulders count twice."""
    error = ((log_ratio - ratio.log())[:, 1:].abs() * _RATIO_WEIGHTS.to(log_ratio.device)).mean(-1)
    return (error * seen).sum() / seen.sum().clamp(min=1)


def total(terms: dict[str, Tensor], weights: LossWeights) -> Tensor:
    """Return the weighted sum."""
    return torch.stack([term * getattr(weights, name) for name, term in terms.items()]).sum()
