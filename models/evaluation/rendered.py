"""Rendered people from shards of pairs: whole bodies, cut views, proportions and the confidence of each part.

A shard of the kind "cuts" has each motion four times: the whole body, and cut at waist, chest and shoulders
(`python -m app.commands.render_pairs --kinds cuts`). Every detector's view of a clip is a separate row. Clips of the
kinds "whole", "steep" and "behind" give the error of all limbs, compared with the detector's own 3D landmarks.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.evaluation.frames import inputs_of, landmark_joints
from models.evaluation.heads import heads_table
from models.evaluation.polar import polar_table
from models.evaluation.predict import F64, Lifter, Predictions, decoded
from models.keypoints import EVIDENCE_NAMES, KEYPOINT
from models.kinematics import REST_LENGTHS
from models.metrics import position_errors
from models.parts import HEAD_LEVER, PART_NAMES, part_confidence
from models.rotations import rotation_6d_to_matrix
from models.skeleton import JOINT, LIMBS
from models.synth.windows import WindowBatch
from models.training.losses import head_turned, part_errors
from models.training.pair_shards import PairClip, find_shards, read_shard
from models.training.pairs import PairError, clip_rows
from models.training.recorded import RecordedSampler
from models.training.validate import HEIGHT_M, HIPS, Guess, cut_errors
from models.view import MIN_SCORE

_EVERY = 3
"""Windows end at every third frame."""
_ARMS = ("elbow", "wrist")
_LEGS = ("knee", "ankle")
_BINS = 10
WHOLE = ("whole", "steep", "behind")
"""Kinds of clips that show whole bodies."""
SURE = 0.7
"""A part from this confidence on counts as confident."""
BONES = {"upper_arm": "LeftLowerArm", "forearm": "LeftHand", "thigh": "LeftLowerLeg", "shank": "LeftFoot"}
"""Bones whose lengths are compared, by joint."""


@dataclass(frozen=True, slots=True)
class LandmarkErrors:
    """A detector's own 3D landmarks against the truth, means over frames, mm."""

    mpjpe_mm: float
    pa_mpjpe_mm: float


@dataclass(frozen=True, slots=True)
class Shown:
    """A network's answer for the windows of one clip through one detector."""

    clip: PairClip
    windows: WindowBatch
    found: Predictions
    network_head: F64  # (N, 3, 3) in the view, before the face's points are looked at
    landmarks: LandmarkErrors | None = None  # of the detector itself on the same frames


def lift_shards(lifter: Lifter, folder: Path) -> dict[str, list[Shown]]:
    """Return the clips of each detector. Raises PairError when the folder has none."""
    shown: dict[str, list[Shown]] = defaultdict(list)
    for shard in find_shards(folder):
        for clip in read_shard(shard):
            for detector in clip.found:
                sampler = RecordedSampler([clip_rows(clip, detector)], frames=lifter.config.window_frames)
                if len(sampler):
                    windows = sampler.every(_EVERY)
                    inputs = inputs_of(windows)
                    own = landmark_errors_of(clip, detector, sampler.ends(_EVERY).numpy())
                    answer = lifter.answer(inputs)
                    found, plain = decoded(answer, inputs), decoded(answer, inputs, refine=False)
                    shown[detector].append(Shown(clip, windows, found, plain.head, own))
    if not shown:
        raise PairError(f"{folder}: no shards of pairs in it; make them with python -m app.commands.render_pairs")
    return dict(shown)


def evaluate_rendered(lifter: Lifter, folder: Path) -> dict[str, Any]:
    """Return each detector's tables of cut views, proportions and confidence. Raises PairError."""
    return {
        detector: {
            "clips": len(shown),
            "bodies": {kind: body_table(own) for kind, own in _by_kind(shown).items()},
            "polar": polar_table(_by_kind(shown).get("all", [])),
            "heads": heads_table(shown),
            "cuts": {cut: _cut_table(own) for cut, own in _by_cut(shown).items()},
            "proportions": proportions(shown),
            "confidence": confidence_table(shown),
        }
        for detector, shown in lift_shards(lifter, folder).items()
    }


def landmark_errors_of(clip: PairClip, detector: str, frames: NDArray[np.int64]) -> LandmarkErrors | None:
    """Return the errors of the detector's own 3D at the limb joints of these frames; None if it has none."""
    own = landmark_joints(clip.found[detector]["evidence_m"][frames].astype(np.float64))
    there = np.isfinite(own[:, list(LIMBS)]).all((1, 2))
    if not there.any():
        return None
    errors = position_errors(own[there], clip.truth["joints_cam_m"][frames][there].astype(np.float64), HIPS, LIMBS)
    return LandmarkErrors(errors["mpjpe_mm"], errors["pa_mpjpe_mm"])


def body_table(shown: list[Shown]) -> dict[str, float]:
    """Return MPJPE and PA-MPJPE over the 12 limb joints, mm at the person's own height, of VTM and of the detector's
    own 3D on clips that have both: means over clips."""
    rows = []
    for one in shown:
        seen = one.windows.seen.numpy()
        if one.landmarks is None or not seen.any():
            continue
        height_m = float(one.clip.truth["height_m"])
        truth = one.windows.joints[:, -1][one.windows.seen].double().numpy()
        ours = position_errors(one.found.joints[seen] * height_m, truth * height_m, HIPS, LIMBS)
        rows.append((ours["mpjpe_mm"], ours["pa_mpjpe_mm"], one.landmarks.mpjpe_mm, one.landmarks.pa_mpjpe_mm))
    if not rows:
        return {"clips": 0.0}
    names = ("mpjpe_mm", "pa_mpjpe_mm", "detector_mpjpe_mm", "detector_pa_mpjpe_mm")
    return {"clips": float(len(rows))} | dict(zip(names, np.mean(rows, axis=0).tolist(), strict=True))


def _by_kind(shown: list[Shown]) -> dict[str, list[Shown]]:
    """Group clips of whole bodies, including whole ones of the kind "cuts", and all of them together."""
    groups: dict[str, list[Shown]] = defaultdict(list)
    for one in shown:
        if one.clip.kind in WHOLE or (one.clip.kind == "cuts" and one.clip.cut == "whole"):
            groups[one.clip.kind].append(one)
            groups["all"].append(one)
    return dict(groups)


def _by_cut(shown: list[Shown]) -> dict[str, list[Shown]]:
    groups: dict[str, list[Shown]] = defaultdict(list)
    for one in shown:
        groups[one.clip.cut or "whole"].append(one)
    return dict(groups)


def guess_of(shown: Shown) -> Guess:
    """Return the answer in the form of training's validation."""
    found = shown.found
    spread = None if found.log_spread is None else torch.from_numpy(found.log_spread).float()
    rotations, joints, ratio, head = (
        torch.from_numpy(np.ascontiguousarray(x)).float()
        for x in (found.rotations, found.joints, found.ratio, found.head)
    )
    return Guess(rotations, joints, ratio, head, spread)


def _cut_table(shown: list[Shown]) -> dict[str, float]:
    """Return means over the clips: models.training.validate.cut_errors, hidden legs, root depth, the detector's own."""
    rows = [cut_errors(guess_of(one), one.windows) | _more(one) for one in shown if bool(one.windows.seen.any())]
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = {name: float(np.nanmean([row[name] for row in rows if name in row])) for name in names}
    return {"clips": float(len(rows))} | table


def _more(shown: Shown) -> dict[str, float]:
    windows, seen = shown.windows, shown.windows.seen
    truth = _hips_centred(windows.joints[:, -1][seen])
    ours = _hips_centred(torch.from_numpy(shown.found.joints).float()[seen])
    depth = torch.from_numpy(shown.found.root[:, 0]).float()[seen] - windows.root_depth[:, -1][seen]
    row = {"root_depth_percent": float((depth.exp() - 1).abs().mean() * 100)}
    hidden = windows.keypoints[:, -1][seen][:, _points(_LEGS), 2] <= MIN_SCORE
    legs = _joints("LowerLeg", "Foot")
    off = (ours - truth)[:, legs].norm(dim=-1) * HEIGHT_M * 1000
    if bool(hidden.any()):
        row["hidden_legs_mm"] = float(off[hidden].mean())
    arms, points = _joints("LowerArm", "Hand"), [EVIDENCE_NAMES.index(name) for name in _names(_ARMS)]
    landmarks = windows.evidence[:, -1][seen][:, points]
    there = landmarks[..., 3].amin(-1) > 0
    if bool(there.any()):
        error = (landmarks[..., :3] / HEIGHT_M - truth[:, arms]).norm(dim=-1)[there]
        row["detector_arms_to_hips_mm"] = float(error.mean() * HEIGHT_M * 1000)
    return row


def _hips_centred(joints: Tensor) -> Tensor:
    """(B, 22, 3) with the middle of the hip joints at the origin."""
    hips = joints[:, [JOINT["LeftUpperLeg"], JOINT["RightUpperLeg"]]].mean(1, keepdim=True)
    return joints - hips


def _names(points: tuple[str, ...]) -> list[str]:
    return [f"{side}_{point}" for point in points for side in ("left", "right")]


def _points(points: tuple[str, ...]) -> list[int]:
    return [KEYPOINT[name] for name in _names(points)]


def _joints(*names: str) -> list[int]:
    return [JOINT[side + name] for name in names for side in ("Left", "Right")]


def proportions(shown: list[Shown]) -> dict[str, Any]:
    """Return for each bone the correlation with the truth over people, and the mean length error in percent.

    Lengths are relative to body height; a person is the mean over all clips of one body.
    """
    people: dict[bytes, list[tuple[F64, F64]]] = defaultdict(list)
    for one in shown:
        if bool(one.windows.seen.any()):
            seen = one.windows.seen.numpy()
            mean = one.found.ratio[seen].mean(0)
            true = one.windows.bone_ratio[0].double().numpy()
            people[true.round(3).tobytes()].append((mean, true))
    if len(people) < 3:
        return {"people": len(people)}
    ours, truth = (np.array([np.mean([pair[at] for pair in own], axis=0) for own in people.values()]) for at in (0, 1))
    table: dict[str, Any] = {"people": len(people)}
    columns = {name: (ours[:, JOINT[j]], truth[:, JOINT[j]]) for name, j in BONES.items()}
    columns["shoulder_width"] = (_shoulders(ours), _shoulders(truth))
    for name, (guess, right) in columns.items():
        spread = min(float(guess.std()), float(right.std()))
        correlation = float(np.corrcoef(guess, right)[0, 1]) if spread > 0 else 0.0
        table[name] = {"correlation": correlation, "mean_percent": float(guess.mean() / right.mean() - 1) * 100}
    return table


def _shoulders(ratio: NDArray[np.float64]) -> F64:
    """(P, 22) -> (P,) width: collar and upper-arm joint bones together."""
    collar = [JOINT["LeftShoulder"], JOINT["LeftUpperArm"]]
    return np.asarray(ratio[:, collar] @ REST_LENGTHS[collar])


def confidence_table(shown: list[Shown]) -> dict[str, Any]:
    """Return for each part predicted against true error (body heights) in bins of equal size, and that of confident
    ones.

    Empty for weights without confidence.
    """
    declared, real = _declared_and_real(shown)
    if not len(declared):
        return {}
    confidence = part_confidence(declared)
    table: dict[str, Any] = {"sure_above": SURE}
    for index, name in enumerate(PART_NAMES):
        order = np.array_split(np.argsort(declared[:, index]), _BINS)
        sure = confidence[:, index] >= SURE
        table[name] = {
            "declared_mm": [float(np.exp(declared[rows, index]).mean()) * HEIGHT_M * 1000 for rows in order],
            "real_mm": [float(real[rows, index].mean()) * HEIGHT_M * 1000 for rows in order],
            "sure_percent": float(sure.mean() * 100),
            "sure_mm": float(real[sure, index].mean()) * HEIGHT_M * 1000 if sure.any() else None,
            "others_mm": float(real[~sure, index].mean()) * HEIGHT_M * 1000 if (~sure).any() else None,
        }
    return table


def _declared_and_real(shown: list[Shown]) -> tuple[F64, F64]:
    """Return logs of predicted errors and true errors, (N, 6) each."""
    declared, real = [np.zeros((0, len(PART_NAMES)))], [np.zeros((0, len(PART_NAMES)))]
    for one in shown:
        if one.found.log_spread is None:
            continue
        seen, guess = one.windows.seen, guess_of(one)
        true_head = head_turned(rotation_6d_to_matrix(one.windows.rotations_6d[:, -1]))
        head = HEAD_LEVER * (guess.head - true_head).norm(dim=-2).mean(-1)
        errors = part_errors(guess.joints[:, None], one.windows.joints[:, -1:], head[:, None])[:, 0]
        declared.append(one.found.log_spread[seen.numpy()])
        real.append(errors[seen].double().numpy())
    return np.concatenate(declared), np.concatenate(real)
