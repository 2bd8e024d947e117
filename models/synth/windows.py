"""Complete training windows: motion, person, camera, detector's keypoints and evidence, view, and the truth."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from models.keypoints import KEYPOINT
from models.kinematics import forward_kinematics, ratio_offsets
from models.rotations import matrix_to_rotation_6d
from models.synth.cameras import sample_cameras, sample_ratios
from models.synth.cut_views import beyond_sight, guessed_points, sample_sight
from models.synth.heads import heads_turned
from models.synth.landmarks import place_landmarks
from models.synth.noise import noisy_keypoints
from models.synth.noisy_evidence import hidden_evidence, noisy_evidence
from models.synth.poses import MotionSampler
from models.synth.randomisation import MEASURED, Randomisation
from models.view import MIN_SCORE, View, person_view


@dataclass(frozen=True, slots=True)
class WindowBatch:
    """B windows of T frames with their truth; view = the person's virtual camera (models.view)."""

    keypoints: Tensor  # (B, T, 23, 3) x, y in box units, score
    evidence: Tensor  # (B, T, 27, 4)
    box: Tensor  # (B, 3)
    rotations_6d: Tensor  # (B, T, 22, 6) local; Hips in the view
    root_depth: Tensor  # (B, T) log(z in body heights x size)
    root_place: Tensor  # (B, T, 2) x, y in box units
    bone_ratio: Tensor  # (B, 22)
    joints: Tensor  # (B, T, 22, 3) hip-centred, view axes, body heights
    up: Tensor  # (B, 3) opposite to gravity, view axes
    contacts: Tensor  # (B, T, 2)
    contact_valid: Tensor  # (B,) bool
    seen: Tensor  # (B,) bool: there is a person in the last frames

    def to(self, device: torch.device) -> WindowBatch:
        """Return the same windows on another device."""
        return WindowBatch(*(getattr(self, field.name).to(device) for field in fields(self)))

    def joined(self, other: WindowBatch) -> WindowBatch:
        """Return these windows followed by the others."""
        return WindowBatch(*(torch.cat([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)))

    def without_evidence(self, blind: Tensor) -> WindowBatch:
        """Return the windows, reduced to keypoints where `blind`, (B,) bool."""
        kept = (~blind).view(-1, *[1] * (self.evidence.ndim - 1))
        return replace(self, evidence=self.evidence * kept)

    def first(self, count: int) -> WindowBatch:
        """Return the first `count` windows."""
        return WindowBatch(*(getattr(self, field.name)[:count] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Truth:
    """Truth that `evaluate` needs in addition to WindowBatch."""

    view: View
    root: Tensor  # (B, T, 3) camera frame, body heights


class WindowMaker:
    """Maker of WindowBatches from a MotionSampler; all randomness comes from `rng`."""

    def __init__(
        self,
        sampler: MotionSampler,
        *,
        frames: int,
        noise: float = 1.0,
        hide: float = 1.0,
        randomisation: Randomisation = MEASURED,
    ) -> None:
        self._sampler = sampler
        self._randomisation = randomisation
        self._frames = frames
        self._noise = noise
        self._hide = hide

    def make(self, batch: int, rng: torch.Generator) -> tuple[WindowBatch, Truth]:
        """Return `batch` windows and their truth."""
        drawn = self._randomisation
        motion = self._sampler.sample(batch, self._frames, rng)
        if self._sampler.variety > 0:
            motion = heads_turned(motion, self._sampler.variety, drawn.poses, rng)
        ratio = sample_ratios(batch, rng, drawn.people)
        offsets = ratio_offsets(ratio)
        joints, turned = forward_kinematics(motion.rotations, offsets[:, None], motion.root)
        last = motion.root[:, -1] + 0.3 * (motion.root.mean(1) - motion.root[:, -1])
        whole = sample_cameras(last, rng, drawn.cameras)
        sight = sample_sight(joints[:, -1], turned[:, -1], whole, rng, drawn.cut)
        camera, R = sight.camera, sight.camera.R_cam_world
        joints_cam = (joints - camera.position[:, None, None]) @ R[:, None].mT
        turned_cam = R[:, None, None] @ turned
        points = place_landmarks(joints_cam, turned_cam, rng, people=drawn.people)
        height = (points @ R[:, None, :, 1:2])[..., 0] + camera.position[:, None, None, 1]  # in the world
        beyond = beyond_sight(points, height, sight)
        points = guessed_points(points, turned_cam, beyond, rng, drawn.cut)
        points[..., 2].clamp_(min=0.15)
        detected = noisy_keypoints(
            points, beyond, rng, drawn.keypoints, drawn.cut, strength=self._noise, hide=self._hide
        )
        rays, scores = detected.rays, detected.scores
        # an unknown field of view: a wrong focal length scales all rays alike
        unknown = torch.rand(batch, generator=rng) < drawn.cameras.wrong_focal
        wrong = torch.randn(batch, generator=rng) * drawn.cameras.wrong_focal_spread * unknown
        zoom = torch.exp(wrong)
        view, keypoints = person_view(rays * zoom[:, None, None, None], scores)
        to_view = view.rotation.mT
        seen = (scores > MIN_SCORE).sum(-1) >= 4
        evidence = noisy_evidence(points @ to_view[:, None].mT, detected, seen, rng, drawn.landmarks)
        if self._hide > 0:
            evidence = hidden_evidence(evidence, scores, rng, drawn.landmarks.missing_with_keypoint)
        hips_view = to_view[:, None] @ turned_cam[:, :, 0]
        local = torch.cat([hips_view[:, :, None], motion.rotations[:, :, 1:]], dim=2)
        root_cam = joints_cam[:, :, 0]
        root_cam = torch.cat([root_cam[..., :2], root_cam[..., 2:].clamp(min=0.15) / zoom[:, None, None]], dim=-1)
        root_view = root_cam @ to_view.mT
        depth = root_view[..., 2].clamp(min=0.1)
        size = view.size[:, None]
        windows = WindowBatch(
            keypoints=keypoints,
            evidence=evidence,
            box=view.box,
            rotations_6d=matrix_to_rotation_6d(local),
            root_depth=torch.log(depth * size),
            root_place=(root_view[..., :2] / depth[..., None] / size[..., None]).clamp(-6, 6),
            bone_ratio=ratio,
            joints=(joints_cam - joints_cam[:, :, :1]) @ to_view[:, None].mT,
            up=(to_view @ R[:, :, 1:2])[..., 0],
            contacts=motion.contacts,
            contact_valid=motion.contact_valid,
            seen=seen[:, -3:].any(-1) & (scores[:, :, KEYPOINT["left_shoulder"]].sum(-1) > 0),
        )
        return windows, Truth(view, root_cam)
