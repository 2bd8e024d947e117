"""A camera's answers about a performer over time, in that camera's axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from engine.types import Detection, Keypoints2D, Pose
from engine.viewpoints.fit import F64, about_hips, landmark_joints
from models.keypoints import NUM_EVIDENCE
from models.kinematics import forward_kinematics
from models.parts import NUM_PARTS
from models.skeleton import NUM_JOINTS, ROOT

GAP_S, GAP_FRAMES, LONGEST_GAP_S = 0.2, 2.5, 0.5
"""Largest gap to bridge: a time, or a number of frames of a slow camera, but at most the last value."""


@dataclass(frozen=True, slots=True)
class Track:
    """N frames of one camera, in order of time. Frames without a person hold NaN and a confidence of 0."""

    times_s: F64  # (N,) captured_at_s, on this camera's clock
    joints_m: F64  # (N, 22, 3) relative to the hips, camera axes: the sent pose, rotated back to the camera
    turned: F64  # (N, 22, 3, 3) orientation of every joint, camera axes
    detector_m: (
        F64  # (N, 22, 3) the detector's own 3D as joints relative to the hips, camera axes; NaN where it has none
    )
    part_confidence: F64  # (N, 6) visibility of each part of models.parts.PART_NAMES, 0..1
    root_m: F64  # (N, 3) Hips, camera axes, from the camera
    rest_offsets_m: F64  # (22, 3) the person's T-pose, offsets to the parent

    def __len__(self) -> int:
        """Frames."""
        return len(self.times_s)

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(N,) whether a frame shows the person."""
        return np.asarray(np.isfinite(self.joints_m).all((1, 2)))

    @property
    def rate_hz(self) -> float:
        """Frames per second, by the median interval; 0 for fewer than two."""
        steps = np.diff(self.times_s)
        steps = steps[steps > 0]
        return float(1.0 / np.median(steps)) if len(steps) else 0.0

    @property
    def longest_gap_s(self) -> float:
        """Gaps longer than this are not bridged."""
        rate_hz = self.rate_hz
        return min(max(GAP_S, GAP_FRAMES / rate_hz), LONGEST_GAP_S) if rate_hz else GAP_S


@dataclass(frozen=True, slots=True)
class Sample:
    """One frame of a Track; the fields are rows of its arrays."""

    time_s: float
    joints_m: F64  # (22, 3)
    turned: F64  # (22, 3, 3)
    detector_m: F64  # (22, 3)
    part_confidence: F64  # (6,)
    root_m: F64  # (3,)
    rest_offsets_m: F64  # (22, 3)


def sample_of(pose: Pose, detection: Detection) -> Sample:
    """Return a live frame as a sample; a pose held without a person becomes NaN."""
    R = pose.R_world_cam.astype(np.float64)
    tracked = pose.tracked and isinstance(detection, Keypoints2D)
    joints, root = np.full((NUM_JOINTS, 3), np.nan), np.full(3, np.nan)
    if tracked:
        joints = about_hips(pose.joints_world_m.astype(np.float64)) @ R
        root = (pose.root_m.astype(np.float64) - pose.t_world_cam) @ R
    local = Rotation.from_quat(pose.rotations_xyzw.astype(np.float64)).as_matrix()
    return Sample(
        pose.captured_at_s,
        joints,
        R.T @ orientations(local[None])[0],
        detector_of(detection),
        pose.part_confidence.astype(np.float64) if tracked else np.zeros(NUM_PARTS),
        root,
        pose.rest_offsets_m.astype(np.float64),
    )


def track_of(samples: Sequence[Sample]) -> Track:
    """Stack samples, at least one; the proportions are the newest one's."""
    return Track(
        np.array([sample.time_s for sample in samples]),
        np.stack([sample.joints_m for sample in samples]),
        np.stack([sample.turned for sample in samples]),
        np.stack([sample.detector_m for sample in samples]),
        np.stack([sample.part_confidence for sample in samples]),
        np.stack([sample.root_m for sample in samples]),
        samples[-1].rest_offsets_m,
    )


def detector_of(detection: Detection | None) -> F64:
    """Return the detector's own 3D (22, 3); NaN where it has none."""
    evidence = detection.evidence_m if isinstance(detection, Keypoints2D) else None
    return landmark_joints(np.full((NUM_EVIDENCE, 3), np.nan) if evidence is None else evidence.astype(np.float64))


def orientations(local: F64) -> F64:
    """Convert local rotations (N, 22, 3, 3), Hips in the outer frame, to orientations in the outer frame."""
    zeros = np.zeros((len(local), NUM_JOINTS, 3))
    return np.asarray(forward_kinematics(local, zeros, zeros[:, ROOT])[1])
