"""Error of a comparison of two cameras against ground truth: rendered people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.viewpoints.comparison import Comparison, Names, compare
from engine.viewpoints.fit import F64, about_hips, distances_mm, rotation_angle_deg
from engine.viewpoints.fusion import fused, in_axes_of, own_axes
from engine.viewpoints.track import Track


@dataclass(frozen=True, slots=True)
class TrueView:
    """The renderer's truth for one camera's clip."""

    joints_m: F64  # (N, 22, 3) camera axes, one row per frame of the track
    R_cam_world: F64  # (3, 3)


@dataclass(frozen=True, slots=True)
class PairErrors:
    """Errors of one pair, millimetres, means over 22 joints relative to the hips."""

    true_angle_deg: float
    angle_deg: float
    skew_s: float
    ours_mm: float
    detector_mm: float
    a_mm: float  # error of A alone, in A's axes
    b_mm: float  # of B alone, in B's
    fused_mm: float  # of the mean of both, in A's

    @property
    def angle_off_deg(self) -> float:
        """Error of the angle between the cameras."""
        return abs(self.angle_deg - self.true_angle_deg)

    @property
    def fused_over_single(self) -> float:
        """Error of the mean divided by that of one camera (average of both)."""
        return self.fused_mm / ((self.a_mm + self.b_mm) / 2)


def pair_errors(a: Track, b: Track, true_a: TrueView, true_b: TrueView, names: Names = ("A", "B")) -> PairErrors:
    """Compare two tracks of one rendered motion, and measure errors of angle, answers and mean against the truth.

    Raises InputError as `compare` does.
    """
    found = compare(a, b, names)
    pairs = found.pairs
    return PairErrors(
        rotation_angle_deg(true_b.R_cam_world @ true_a.R_cam_world.T),
        found.fit.angle_deg,
        found.fit.skew_s,
        found.ours.mean_mm,
        np.nan if found.detector is None else found.detector.mean_mm,
        _error_mm(pairs.a_m, true_a.joints_m[pairs.a_rows]),
        _error_mm(b.joints_m[pairs.b_nearest], true_b.joints_m[pairs.b_nearest]),
        _error_mm(fused_joints(a, b, found), true_a.joints_m[pairs.a_rows]),
    )


def fused_joints(a: Track, b: Track, found: Comparison) -> F64:
    """Return the mean of both cameras at the pairs' moments, as one body in A's axes: (P, 22, 3) relative to the
    hips."""
    pairs, R_a_b = found.pairs, found.fit.R_b_a.T
    of_a = own_axes(pairs.a_m, a.turned[pairs.a_rows], pairs.a_confidence)
    of_b = own_axes(pairs.b_m, b.turned[pairs.b_nearest], pairs.b_confidence)
    return fused(of_a, in_axes_of(of_b, R_a_b), (a.rest_offsets_m + b.rest_offsets_m) / 2)[1]


def _error_mm(joints_m: F64, truth_m: F64) -> float:
    return float(distances_mm(about_hips(joints_m), about_hips(truth_m)).mean())
