"""Real pairs: a detector's keypoints and landmarks of rendered people, with the truth of the people. For stage 2."""

from __future__ import annotations

import logging
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.keypoints import EVIDENCE_NAMES, MIRROR_KEYPOINTS
from models.kinematics import forward_kinematics, ratio_offsets, stature
from models.mocap.retarget import own_offsets, rest_corrections
from models.npz import NpzError, read_npz
from models.rotations import axis_angle_to_matrix, matrix_to_rotation_6d, quaternion_to_matrix
from models.skeleton import JOINT, JOINT_NAMES, LIMBS, MIRROR_JOINTS, NUM_JOINTS, PARENTS, REST_OFFSETS, mirrored_name
from models.synth.cameras import normalized_ratio
from models.synth.noise import dropped
from models.synth.windows import WindowBatch
from models.view import MIN_SCORE, person_view

F64 = NDArray[np.float64]

_MIRROR_EVIDENCE = [EVIDENCE_NAMES.index(mirrored_name(name)) for name in EVIDENCE_NAMES]
_FLIP = torch.tensor([-1.0, 1.0, 1.0])
MAX_TURN_RAD = 0.4

log = logging.getLogger(__name__)


class PairError(ValueError):
    """The folder of pairs cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """Frames of all clips, one after the other. Camera frame; positions in statures."""

    rays: Tensor  # (F, 23, 2)
    scores: Tensor  # (F, 23)
    evidence: Tensor  # (F, 27, 4)
    rotations: Tensor  # (F, 22, 3, 3) local, Hips in the camera
    joints: Tensor  # (F, 22, 3)
    up: Tensor  # (F, 3)
    ratio: Tensor  # (F, 22)


def read_pair(detections: Path, truth: Path) -> _Rows:
    """A keypoints .npz of `python -m app.detect` and the renderer's truth. Raises PairError."""
    try:
        found = read_npz(detections, "keypoints_px", "keypoint_scores", "evidence_m")
        true = read_npz(truth, "K", "R", "rest_joints_m", "rotations", "joints_cam_m")
    except NpzError as error:
        raise PairError(f"not a pair: {error}") from error
    frames = min(len(found["keypoints_px"]), len(true["joints_cam_m"]))
    K, R = true["K"].astype(np.float64), true["R"].astype(np.float64)
    rest = true["rest_joints_m"].astype(np.float64)
    rotations, offsets = _on_our_joints(true["rotations"][:frames].astype(np.float64), rest, R)
    rays = (found["keypoints_px"][:frames] - K[[0, 1], 2]) / K[[0, 1], [0, 1]]
    landmarks, scores = found["evidence_m"][:frames], found["keypoint_scores"][:frames]
    joints = true["joints_cam_m"][:frames]
    present = np.isfinite(landmarks).all(-1, keepdims=True)
    size = float(stature(offsets))
    ratio = normalized_ratio(torch.from_numpy(_comparable_ratio(offsets)))
    arrays = (
        np.nan_to_num(rays),
        np.nan_to_num(scores),
        np.concatenate([np.where(present, landmarks, 0.0), present], axis=-1),
        rotations,
        _comparable_joints(joints / size, rotations, ratio.numpy()),
        np.broadcast_to(R[:, 1], (frames, 3)),
        np.broadcast_to(ratio.numpy(), (frames, NUM_JOINTS)),
    )
    return _Rows(*(torch.from_numpy(np.ascontiguousarray(array)).float() for array in arrays))


def _comparable_ratio(offsets: F64) -> F64:
    """(22, 3) own T-pose offsets -> (22,) bone ratio.

    Rigs place the joints inside trunk and collar differently, so the trunk is compared as a whole by the height of the
    shoulders over the hips, and the collar by their width; other bones are compared one by one.
    """
    rest = np.array(REST_OFFSETS)
    ratio: F64 = np.linalg.norm(offsets, axis=-1) / np.linalg.norm(rest, axis=-1)
    trunk = [JOINT[name] for name in ("Spine", "Chest", "UpperChest")]
    collar = [JOINT[side + name] for side in ("Left", "Right") for name in ("Shoulder", "UpperArm")]
    ratio[collar] = np.abs(offsets[collar, 0]).sum() / np.abs(rest[collar, 0]).sum()
    risen = [JOINT["LeftShoulder"], JOINT["LeftUpperArm"]]
    height = offsets[[*trunk, *risen], 1].sum()  # shoulders over hips
    ratio[trunk] = (height - rest[risen, 1].sum() * ratio[collar[0]]) / rest[trunk, 1].sum()
    neck = offsets[[*trunk, JOINT["Neck"]], 1].sum() - rest[trunk, 1].sum() * ratio[trunk[0]]
    ratio[JOINT["Neck"]] = neck / rest[JOINT["Neck"], 1]
    return np.clip(ratio, 0.3, 3.0)


def _comparable_joints(joints: F64, rotations: F64, ratio: F64) -> F64:
    """(N, 22, 3) truth at the limb joints; elsewhere where s̄ with this ratio would have them (rigs differ there)."""
    ours, _ = forward_kinematics(rotations, ratio_offsets(ratio)[None], joints[:, 0])
    ours[:, list(LIMBS)] = joints[:, list(LIMBS)]
    return np.asarray(ours)


def _on_our_joints(turned: F64, rest: F64, R: F64) -> tuple[F64, F64]:
    """World rotations relative to the body's rest pose (N, 22, 4) -> local ones on our T-pose, Hips in the camera."""
    found = {name: index for index, name in enumerate(JOINT_NAMES)}
    corrections = rest_corrections(rest, found)
    world = R @ quaternion_to_matrix(turned) @ corrections
    local = world.copy()
    for joint in range(1, NUM_JOINTS):
        local[:, joint] = np.swapaxes(world[:, PARENTS[joint]], -1, -2) @ world[:, joint]
    return local, own_offsets(rest, found, corrections)


class PairSampler:
    """Draws windows from a folder of NAME.npz (detections) beside NAME_truth.npz."""

    def __init__(self, folder: Path, *, frames: int) -> None:
        rows: list[_Rows] = []
        for truth in sorted(folder.rglob("*_truth.npz")):
            detections = truth.with_name(truth.name.replace("_truth.npz", ".npz"))
            if detections.exists():
                rows.append(read_pair(detections, truth))
        if not rows:
            raise PairError(f"{folder}: no NAME.npz beside a NAME_truth.npz; make them with python -m app.detect")
        self._rows = _Rows(*(torch.cat([getattr(row, f.name) for row in rows]) for f in fields(_Rows)))
        lengths = torch.tensor([len(row.rays) for row in rows])
        begin = torch.cat([torch.zeros(1, dtype=torch.long), lengths.cumsum(0)[:-1]])
        self._begin_of = begin.repeat_interleave(lengths)  # (F,) first row of each row's clip
        self._frames = frames
        seen = (self._rows.scores > MIN_SCORE).sum(-1) >= 6
        self._ends = torch.nonzero(seen & (torch.arange(len(seen)) - self._begin_of >= 8))[:, 0]
        log.info("%d pairs in %d clips", len(self._ends), len(rows))

    def sample(self, batch: int, rng: torch.Generator) -> WindowBatch:
        """`batch` windows, mirrored, turned in the picture and thinned out at random."""
        end = self._ends[torch.randint(len(self._ends), (batch,), generator=rng)]
        index = end[:, None] - torch.arange(self._frames - 1, -1, -1)
        inside = index >= self._begin_of[end][:, None]
        index = torch.maximum(index, self._begin_of[end][:, None])
        window = _Rows(*(getattr(self._rows, f.name)[index] for f in fields(_Rows)))
        window = _mirrored(window, torch.rand(batch, generator=rng) < 0.5)
        window = _turned(window, (torch.rand(batch, generator=rng) * 2 - 1) * MAX_TURN_RAD)
        some = torch.rand(batch, generator=rng)[:, None, None] < 0.5
        scores = torch.where(some, dropped(window.scores, rng, 0.7), window.scores) * inside[..., None]
        zoom = torch.exp(torch.randn(batch, generator=rng) * 0.12)
        return _as_windows(window, scores, zoom, torch.rand(batch, generator=rng) < 0.15)


def _mirrored(w: _Rows, flip: Tensor) -> _Rows:
    """The picture mirrored where `flip`: left and right exchanged, x -> -x."""

    def pick(mirrored: Tensor, original: Tensor) -> Tensor:
        return torch.where(flip.view(-1, *[1] * (original.ndim - 1)), mirrored, original)

    evidence = w.evidence[:, :, _MIRROR_EVIDENCE] * torch.tensor([-1.0, 1.0, 1.0, 1.0])
    joints = list(MIRROR_JOINTS)
    # a camera turns (x, y, z) of the world; mirroring x of the camera mirrors the body's own x as well
    rotations = w.rotations[:, :, joints] * _FLIP[:, None] * _FLIP
    return _Rows(
        pick(w.rays[:, :, list(MIRROR_KEYPOINTS)] * _FLIP[:2], w.rays),
        pick(w.scores[:, :, list(MIRROR_KEYPOINTS)], w.scores),
        pick(evidence, w.evidence),
        pick(rotations, w.rotations),
        pick(w.joints[:, :, joints] * _FLIP, w.joints),
        pick(w.up * _FLIP, w.up),
        w.ratio,
    )


def _turned(w: _Rows, angle: Tensor) -> _Rows:
    """The camera rolled about its axis."""
    zero = torch.zeros_like(angle)
    turn = axis_angle_to_matrix(torch.stack([zero, zero, angle], dim=-1))[:, None]  # (B, 1, 3, 3)
    rotations = w.rotations.clone()
    rotations[:, :, 0] = turn @ rotations[:, :, 0]
    evidence = torch.cat([w.evidence[..., :3] @ turn.mT, w.evidence[..., 3:]], dim=-1)
    return _Rows(
        w.rays @ turn[:, :, :2, :2].mT,
        w.scores,
        evidence,
        rotations,
        w.joints @ turn.mT,
        (w.up[:, :, None] @ turn.mT)[:, :, 0],
        w.ratio,
    )


def _as_windows(w: _Rows, scores: Tensor, zoom: Tensor, blind: Tensor) -> WindowBatch:
    """Into the person's view, as models.synth.windows does; `blind` windows lose their image evidence."""
    view, keypoints = person_view(w.rays * zoom[:, None, None, None], scores)
    to_view = view.rotation.mT
    present = w.evidence[..., 3:] * (~blind)[:, None, None, None] * ((scores > MIN_SCORE).sum(-1) >= 4)[..., None, None]
    hips = to_view[:, None] @ w.rotations[:, :, 0]
    local = torch.cat([hips[:, :, None], w.rotations[:, :, 1:]], dim=2)
    root = w.joints[:, :, 0]
    root = torch.cat([root[..., :2], root[..., 2:] / zoom[:, None, None]], dim=-1) @ to_view.mT
    depth = root[..., 2].clamp(min=0.1)
    size = view.size[:, None]
    batch, frames = scores.shape[:2]
    ratio = w.ratio[:, -1]
    return WindowBatch(
        keypoints=keypoints,
        evidence=torch.cat([w.evidence[..., :3] * present, present], dim=-1),
        box=view.box,
        rotations_6d=matrix_to_rotation_6d(local),
        root_depth=torch.log(depth * size),
        root_place=(root[..., :2] / depth[..., None] / size[..., None]).clamp(-6, 6),
        bone_ratio=ratio,
        joints=(w.joints - w.joints[:, :, :1]) @ to_view[:, None].mT,
        up=(to_view @ w.up[:, -1, :, None])[..., 0],
        contacts=torch.zeros(batch, frames, 2),
        contact_valid=torch.zeros(batch, dtype=torch.bool),
        seen=((scores > MIN_SCORE).sum(-1) >= 4)[:, -3:].any(-1),
    )
