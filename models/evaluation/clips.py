"""Clips of people with known motion, through a real detector: VTM compared with the detector's own 3D."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.camera import Intrinsics
from models.evaluation.frames import landmark_joints, position_tables
from models.evaluation.motion import Run, consecutive, motion_errors
from models.evaluation.predict import F64, Lifter, decoded, readings
from models.evaluation.sequences import Sequence2D, in_camera, runs_of, seen_frames, sliding_windows
from models.evaluation.viewpoints import camera_yaw_pitch
from models.keypoints import NUM_EVIDENCE
from models.metrics import jitter, length_error_percent, position_errors, resting_feet
from models.npz import read_npz
from models.skeleton import FEET, JOINT, JOINT_NAMES, LIMBS, PARENTS
from models.training.validate import HIPS

MAX_WINDOWS = 4000
_NAMES = {"with_evidence": "vtm", "keypoints_alone": "vtm_keypoints_alone"}
_LIMB_BONES = [joint for joint in LIMBS if PARENTS[joint] in LIMBS]
"""Upper arms, forearms, thighs and shins: rigs place the joints inside the trunk differently."""


class ClipError(ValueError):
    """A clip's files cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Clip:
    """Detections and truth of N frames at one rate."""

    name: str
    fps: float
    keypoints_px: F64  # (N, 23, 2)
    scores: F64  # (N, 23)
    evidence_m: F64  # (N, 27, 3), NaN where there is none
    intrinsics: Intrinsics
    joints_cam_m: F64  # (N, 22, 3) truth
    height_m: float
    up_cam: tuple[float, float, float] = (0.0, -1.0, 0.0)
    yaw_deg: float | None = None  # camera direction around the person, 90 at their left; None: not recorded
    motion: str = ""  # file name of the motion

    def sequence(self) -> Sequence2D:
        """Return it as a sequence, as for every fixed camera."""
        present = np.isfinite(self.evidence_m).all(-1, keepdims=True)
        up = np.array(self.up_cam)
        feet = self.joints_cam_m[:, list(FEET)]
        return Sequence2D(
            self.intrinsics.to_rays(self.keypoints_px),
            self.scores,
            np.concatenate([np.where(present, self.evidence_m, 0.0), present], axis=-1),
            self.joints_cam_m,
            resting_feet(_with_height(feet, up), self.fps),
            self.fps,
            self.height_m,
        )

    def view_deg(self) -> float:
        """Return the camera direction at the clip's start, as recorded or from the true hips."""
        if self.yaw_deg is not None:
            return self.yaw_deg % 360
        first = self.joints_cam_m[:30]
        up = np.tile(self.up_cam, (len(first), 1))
        facing = np.cross(first[:, HIPS[0]] - first[:, HIPS[1]], up)
        yaw, _ = camera_yaw_pitch(facing, up, -first[:, JOINT["Hips"]])
        turns = np.exp(1j * np.deg2rad(yaw)).mean()
        return float(np.rad2deg(np.angle(turns))) % 360


def _with_height(points: F64, up: F64) -> F64:
    """Return points (..., 3) with y along `up`: distances are kept, heights can be read off."""
    y = up / np.linalg.norm(up)
    x = np.cross(y, [0.0, 0.0, 1.0] if abs(y[2]) < 0.9 else [1.0, 0.0, 0.0])
    x /= np.linalg.norm(x)
    return np.asarray(points @ np.stack([x, y, np.cross(x, y)], axis=-1))


def read_clip(keypoints: Path, truth: Path) -> Clip:
    """Read a keypoints .npz of `python -m app.commands.detect` and the truth of the same clip. Raises ClipError."""
    try:
        found = read_npz(keypoints, "keypoints_px", "keypoint_scores")
        true = read_npz(truth, "K", "fps", "joint_names", "joints_cam_m", "height_m")
        names = [str(name) for name in true["joint_names"]]
        order = [names.index(name) for name in JOINT_NAMES]
    except ValueError as error:
        raise ClipError(f"{keypoints.stem}: {error}") from error
    K = true["K"].astype(np.float64)
    points, joints = found["keypoints_px"], true["joints_cam_m"]
    frames = min(len(points), len(joints))
    evidence = found.get("evidence_m", np.full((len(points), NUM_EVIDENCE, 3), np.nan))
    up = true["R"][:, 1].astype(np.float64) if "R" in true else np.array([0.0, -1.0, 0.0])
    return Clip(
        keypoints.stem,
        float(true["fps"]),
        np.nan_to_num(points[:frames]).astype(np.float64),
        np.nan_to_num(found["keypoint_scores"][:frames]).astype(np.float64),
        evidence[:frames].astype(np.float64),
        Intrinsics(K[0, 0], K[1, 1], K[0, 2], K[1, 2]),
        joints[:frames][:, order].astype(np.float64),
        float(true["height_m"]),
        (float(up[0]), float(up[1]), float(up[2])),
        float(true["yaw"]) if "yaw" in true else None,
        str(true["motion"]) if "motion" in true else "",
    )


@dataclass(frozen=True, slots=True)
class Lifted:
    """A clip's evaluated frames with all answers, camera axes, metres."""

    clip: Clip
    frames: NDArray[np.int64]  # (M,)
    truth: F64  # (M, 22, 3)
    rows: dict[str, F64]  # name -> (M, 22, 3)
    runs: dict[str, list[Run]]
    detector: F64  # (M, 22, 3) the detector's own 3D, NaN where it has none


def lift_clip(lifter: Lifter, clip: Clip, peers: Mapping[str, Lifter] | None = None) -> Lifted:
    """Evaluate VTM in its three variants, and every other network, on a clip's frames. Raises ClipError."""
    if abs(clip.fps - lifter.config.rate_hz) > 0.5:
        raise ClipError(f"{clip.name}: {clip.fps:g} fps; expected {lifter.config.rate_hz:g}, as the model")
    sequence = clip.sequence()
    frames = seen_frames(sequence)[:MAX_WINDOWS]
    if not len(frames):
        raise ClipError(f"{clip.name}: no person is seen in {len(clip.scores)} frames; is it the right file?")
    inputs, view = sliding_windows(sequence, lifter.config.window_frames, frames)
    found = {_NAMES.get(name, name): said for name, said in readings(lifter, inputs).items()}
    placed = {name: in_camera(said, view, clip.height_m) for name, said in found.items()}
    for name, peer in (peers or {}).items():
        theirs, their_view = sliding_windows(sequence, peer.config.window_frames, frames)
        placed[name] = in_camera(decoded(peer.answer(theirs), theirs), their_view, clip.height_m)
    return Lifted(
        clip,
        frames,
        clip.joints_cam_m[frames],
        placed,
        {name: runs_of(joints, sequence, frames) for name, joints in placed.items()},
        landmark_joints(clip.evidence_m[frames]),
    )


def clip_table(lifted: Lifted) -> dict[str, Any]:
    """Return the metrics of one clip, one row per method."""
    result: dict[str, Any] = {"frames": len(lifted.clip.scores), "seen": len(lifted.frames)}
    result["view_deg"] = round(lifted.clip.view_deg(), 1)
    for name, joints in lifted.rows.items():
        result[name] = {
            **position_tables(joints, lifted.truth),
            "bone_length_percent": length_error_percent(_limb_lengths(joints), _limb_lengths(lifted.truth)),
            **motion_errors(lifted.runs[name]),
        }
    good = with_landmarks(lifted)
    if good.any():
        own = lifted.detector[good]
        moving = [jitter(own[rows][:, list(LIMBS)], lifted.clip.fps) for rows in consecutive(lifted.frames[good])]
        result["detector"] = {"limbs": position_errors(own, lifted.truth[good], HIPS, LIMBS)}
        if moving:
            result["detector"]["jitter"] = float(np.mean(moving))
    return result


def with_landmarks(lifted: Lifted) -> NDArray[np.bool_]:
    """(M,) whether the detector gives all limb joints in 3D."""
    return np.asarray(np.isfinite(lifted.detector[:, list(LIMBS)]).all((1, 2)))


def evaluate_clip(lifter: Lifter, clip: Clip, peers: Mapping[str, Lifter] | None = None) -> dict[str, Any]:
    """Return the MPJPE family (mm) of VTM with and without evidence, and of the detector's landmarks, on equal
    frames."""
    return clip_table(lift_clip(lifter, clip, peers))


def _limb_lengths(joints: F64) -> F64:
    """Return limb lengths (M, 8) for (M, 22, 3)."""
    above = [PARENTS[joint] for joint in _LIMB_BONES]
    return np.asarray(np.linalg.norm(joints[:, _LIMB_BONES] - joints[:, above], axis=-1))
