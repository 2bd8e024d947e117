"""Real pairs for stage 2: a detector's keypoints and landmarks of rendered people, with ground truth."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.kinematics import forward_kinematics, ratio_offsets, stature
from models.mocap.contacts import contacts_of
from models.mocap.retarget import own_offsets, rest_corrections
from models.npz import NpzError, read_npz
from models.rotations import quaternion_to_matrix
from models.skeleton import JOINT, JOINT_NAMES, LIMBS, NUM_JOINTS, PARENTS, REST_OFFSETS
from models.synth.cameras import normalized_ratio
from models.synth.randomisation import RecordedChanges, RecordedErrors
from models.training.pair_shards import PairClip, find_shards, read_shard
from models.training.recorded import RecordedSampler
from models.training.recorded_rate import at_rate
from models.training.recorded_rows import RecordedRows
from models.training.visual import ARRAYS, evidence_rows, one_backbone
from models.vtm.config import VTMConfig

F64 = NDArray[np.float64]

RATE_HZ = VTMConfig().rate_hz

log = logging.getLogger(__name__)


class PairError(ValueError):
    """The folder of pairs cannot be used; the message says what to do."""


def read_pair(detections: Path, truth: Path, backbone: str = "landmarks") -> RecordedRows:
    """Read a keypoints .npz of `python -m app.commands.detect` and the renderer's truth. Raises PairError."""
    try:
        found = read_npz(detections, "keypoints_px", "keypoint_scores", ARRAYS[backbone])
        true = read_npz(truth, "K", "R", "rest_joints_m", "rotations", "joints_cam_m")
        return _rows(found, true, backbone)
    except NpzError as error:
        raise PairError(f"not a pair: {error}") from error


def clip_rows(clip: PairClip, detector: str) -> RecordedRows:
    """Return a clip of a shard as seen by one of its detectors."""
    return _rows(clip.found[detector], clip.truth, "landmarks")


def _rows(found: Mapping[str, NDArray[Any]], true: Mapping[str, NDArray[Any]], backbone: str) -> RecordedRows:
    """Combine arrays of a keypoints .npz and of a truth file. Raises NpzError: features of another backbone."""
    evidence = evidence_rows(dict(found), len(found["keypoints_px"]), backbone)
    frames = min(len(found["keypoints_px"]), len(true["joints_cam_m"]))
    K, R = true["K"].astype(np.float64), true["R"].astype(np.float64)
    rest = true["rest_joints_m"].astype(np.float64)
    rotations, offsets = _on_our_joints(true["rotations"][:frames].astype(np.float64), rest, R)
    rays = (found["keypoints_px"][:frames] - K[[0, 1], 2]) / K[[0, 1], [0, 1]]
    scores = found["keypoint_scores"][:frames]
    joints = true["joints_cam_m"][:frames]
    size = float(stature(offsets))
    ratio = normalized_ratio(torch.from_numpy(_comparable_ratio(offsets)))
    contacts, known = _contacts(true, frames, size)
    arrays = (
        np.nan_to_num(rays),
        np.nan_to_num(scores),
        rotations,
        _comparable_joints(joints / size, rotations, ratio.numpy()),
        np.broadcast_to(R[:, 1], (frames, 3)),
        np.broadcast_to(ratio.numpy(), (frames, NUM_JOINTS)),
        contacts,
    )
    tensors = [torch.from_numpy(np.ascontiguousarray(array)).float() for array in arrays]
    rows = RecordedRows(*[*tensors[:2], evidence[:frames], *tensors[2:], torch.from_numpy(known)])
    return at_rate(rows, float(true["fps"]), RATE_HZ) if "fps" in true else rows


def _comparable_ratio(offsets: F64) -> F64:
    """Return the bone ratio (22,) for the person's T-pose offsets (22, 3).

    Rigs place the joints in trunk and collar differently, so the trunk is compared as a whole by the height of the
    shoulders above the hips, and the collar by their width; other bones are compared individually.
    """
    rest = np.array(REST_OFFSETS)
    ratio: F64 = np.linalg.norm(offsets, axis=-1) / np.linalg.norm(rest, axis=-1)
    trunk = [JOINT[name] for name in ("Spine", "Chest", "UpperChest")]
    collar = [JOINT[side + name] for side in ("Left", "Right") for name in ("Shoulder", "UpperArm")]
    ratio[collar] = np.abs(offsets[collar, 0]).sum() / np.abs(rest[collar, 0]).sum()
    risen = [JOINT["LeftShoulder"], JOINT["LeftUpperArm"]]
    height = offsets[[*trunk, *risen], 1].sum()  # shoulders above hips
    ratio[trunk] = (height - rest[risen, 1].sum() * ratio[collar[0]]) / rest[trunk, 1].sum()
    neck = offsets[[*trunk, JOINT["Neck"]], 1].sum() - rest[trunk, 1].sum() * ratio[trunk[0]]
    ratio[JOINT["Neck"]] = neck / rest[JOINT["Neck"], 1]
    return np.clip(ratio, 0.3, 3.0)


def _comparable_joints(joints: F64, rotations: F64, ratio: F64) -> F64:
    """Return joints (N, 22, 3): the true limb joints; all others, where rigs differ, from s̄ with this ratio."""
    ours, _ = forward_kinematics(rotations, ratio_offsets(ratio)[None], joints[:, 0])
    ours[:, list(LIMBS)] = joints[:, list(LIMBS)]
    return np.asarray(ours)


def _on_our_joints(turned: F64, rest: F64, R: F64) -> tuple[F64, F64]:
    """Convert world rotations relative to the rest pose (N, 22, 4) to local ones on our T-pose, Hips in the camera."""
    found = {name: index for index, name in enumerate(JOINT_NAMES)}
    corrections = rest_corrections(rest, found)
    world = R @ quaternion_to_matrix(turned) @ corrections
    local = world.copy()
    for joint in range(1, NUM_JOINTS):
        local[:, joint] = np.swapaxes(world[:, PARENTS[joint]], -1, -2) @ world[:, joint]
    return local, own_offsets(rest, found, corrections)


def _contacts(true: Mapping[str, NDArray[Any]], frames: int, size: float) -> tuple[F64, NDArray[np.bool_]]:
    """Return foot contacts (N, 2) from the true joints, and whether they are known (N,), which requires t and fps."""
    known = np.full(frames, "t" in true and "fps" in true)
    if not known.any():
        return np.zeros((frames, 2)), known
    world = (true["joints_cam_m"][:frames].astype(np.float64) - true["t"]) @ true["R"].astype(np.float64)
    return contacts_of(world / size, float(true["fps"])), known


def find_pairs(folder: Path) -> dict[Path, Path]:
    """Return every NAME.npz (detections) of the folder with its NAME_truth.npz."""
    truths = sorted(folder.rglob("*_truth.npz"))
    both = [(truth.with_name(truth.name.replace("_truth.npz", ".npz")), truth) for truth in truths]
    return {detections: truth for detections, truth in both if detections.exists()}


class PairSampler(RecordedSampler):
    """Sampler of windows from a folder of shards (models.training.pair_shards) or one packed file, each clip once per
    detector; also from NAME.npz (detections) beside NAME_truth.npz.

    errors    how much the detector's errors are reduced; None: unchanged
    backbone  kind of evidence; `mark` then identifies its weights ("" for landmarks)
    Raises PairError when there are no pairs, files that are not pairs, or features of several backbones.
    """

    def __init__(
        self,
        folder: Path,
        *,
        frames: int,
        backbone: str = "landmarks",
        errors: RecordedErrors | None = None,
        changes: RecordedChanges | None = None,
    ) -> None:
        pairs = find_pairs(folder)
        rows = [read_pair(detections, truth, backbone) for detections, truth in pairs.items()]
        try:
            if backbone == "landmarks":
                rows += [row for shard in find_shards(folder) for row in _shard_rows(shard)]
            self.mark = "" if backbone == "landmarks" or not rows else one_backbone(list(pairs))
        except NpzError as error:
            raise PairError(f"{folder}: {error}") from error
        if not rows:
            raise PairError(f"{folder}: no pairs in it; make them with python -m app.commands.render_pairs")
        super().__init__(rows, frames=frames, errors=errors, changes=changes)
        log.info("%d pairs in %d clips", len(self), len(rows))


def _shard_rows(shard: Path) -> list[RecordedRows]:
    """Return the clips of a shard, once per detector. Raises NpzError."""
    return [clip_rows(clip, detector) for clip in read_shard(shard) for detector in sorted(clip.found)]
