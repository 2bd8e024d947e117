"""The detector's 3D landmarks as the visual branch reads them: as they are, and as rough rotations of the body.

Rotations of a body are a product of its landmarks with its own frames, which a network of this size learns slowly. So
each frame's landmarks are also given in closed form as trunk frames, limb frames and bends (Gram-Schmidt on two
directions, 6D). Where the landmarks are wrong these are as wrong: the network weighs them against the keypoints.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.keypoints import EVIDENCE_NAMES, NUM_EVIDENCE
from models.vtm.blocks import Embed

_AT = {name: index for index, name in enumerate(EVIDENCE_NAMES)}
_SIDES = ("left", "right")


def _columns(*names: str) -> list[int]:
    return [_AT[name] for name in names]


_HIPS, _SHOULDERS, _EARS = (_columns(f"left_{name}", f"right_{name}") for name in ("hip", "shoulder", "ear"))
_NOSE = _AT["nose"]
# four limbs: left arm, right arm, left leg, right leg
_UPPER = _columns("left_shoulder", "right_shoulder", "left_hip", "right_hip")
_MIDDLE = _columns("left_elbow", "right_elbow", "left_knee", "right_knee")
_LOWER = _columns("left_wrist", "right_wrist", "left_ankle", "right_ankle")
_END_A = _columns("left_index", "right_index", "left_big_toe", "right_big_toe")
_END_B = _columns("left_pinky", "right_pinky", "left_heel", "right_heel")

_LIMB_POINTS = (_UPPER, _MIDDLE, _LOWER, _END_A, _END_B)
_FRAMES = 3 + 2 * 4  # hips, chest, head; each limb's upper bone and its end
ROUGH_CHANNELS = 6 * _FRAMES + 2 * 4
CHANNELS = NUM_EVIDENCE * 4 + ROUGH_CHANNELS


def _frame(first: Tensor, second: Tensor) -> Tensor:
    """Two directions (..., 3) -> (..., 3, 3), columns: first, second across it, and their cross product."""
    a = F.normalize(first, dim=-1, eps=1e-4)
    b = F.normalize(second - (second * a).sum(-1, keepdim=True) * a, dim=-1, eps=1e-4)
    return torch.stack([a, b, torch.linalg.cross(a, b)], dim=-1)


def _six(frame: Tensor) -> Tensor:
    """(..., 3, 3) -> (..., 6): the first two columns."""
    return frame[..., :2].transpose(-1, -2).flatten(-2)


def rough_rotations(points: Tensor, present: Tensor) -> Tensor:
    """Landmarks (B, T, 27, 3) in the view, (B, T, 27) 1 where there -> (B, T, ROUGH_CHANNELS); zeros where not.

    Hips in the view, chest in the hips, head in the chest; upper arms in the chest and thighs in the hips (direction
    and bend plane); hands in the forearm and feet in the shin; cosine and sine of elbows and knees.
    """
    hips, shoulders = points[..., _HIPS, :], points[..., _SHOULDERS, :]
    trunk = shoulders.mean(-2) - hips.mean(-2)
    pelvis = _frame(trunk, hips[..., 0, :] - hips[..., 1, :])
    chest = _frame(trunk, shoulders[..., 0, :] - shoulders[..., 1, :])
    ears = points[..., _EARS, :]
    head = _frame(ears[..., 0, :] - ears[..., 1, :], points[..., _NOSE, :] - ears.mean(-2))
    base = torch.stack([chest, chest, pelvis, pelvis], dim=-3)  # (B, T, 4, 3, 3)
    upper = points[..., _MIDDLE, :] - points[..., _UPPER, :]  # (B, T, 4, 3)
    lower = points[..., _LOWER, :] - points[..., _MIDDLE, :]
    ahead = base[..., 2]
    bent = _frame(upper, lower + 0.05 * ahead)
    along = F.normalize(lower, dim=-1, eps=1e-4)
    shin = _frame(lower, bent[..., 0] - 0.05 * ahead)
    end = _frame(points[..., _END_A, :] - points[..., _LOWER, :], points[..., _END_B, :] - points[..., _LOWER, :])
    there = _all(present, [*_HIPS, *_SHOULDERS])  # (B, T, 1)
    face = there * _all(present, [*_EARS, _NOSE])
    limb = there * torch.stack([present[..., part] for part in _LIMB_POINTS], dim=-1).amin(-1)  # (B, T, 4)
    parts = [
        torch.cat([_six(pelvis), _six(pelvis.mT @ chest)], dim=-1) * there,
        _six(chest.mT @ head) * face,
        (_six(base.mT @ bent) * limb[..., None]).flatten(-2),
        (_six(shin.mT @ end) * limb[..., None]).flatten(-2),
        (bent[..., 0] * along).sum(-1) * limb,
        (bent[..., 1] * along).sum(-1) * limb,
    ]
    return torch.cat(parts, dim=-1)


def _all(present: Tensor, points: list[int]) -> Tensor:
    """(B, T, 27) -> (B, T, 1): 1 where all of these points are there."""
    return present[..., points].amin(-1, keepdim=True)


class LandmarkEncoder(nn.Module):
    """conv_u or conv_l over the landmarks: (B, T, 27 * 4) -> (B, features, T). Zeros where there are none."""

    def __init__(self, features: int, *, rough: bool = True) -> None:
        super().__init__()
        self.rough = rough
        self.embed = Embed(CHANNELS if rough else NUM_EVIDENCE * 4, features)

    def forward(self, visual: Tensor) -> Tensor:
        if not self.rough:
            plain: Tensor = self.embed(visual).transpose(1, 2)
            return plain
        with torch.autocast(visual.device.type, enabled=False):
            landmarks = visual.reshape(*visual.shape[:2], NUM_EVIDENCE, 4)
            rough = rough_rotations(landmarks[..., :3], landmarks[..., 3])
        out: Tensor = self.embed(torch.cat([visual, rough], dim=-1)).transpose(1, 2)
        return out
