"""Two cameras on one performer: the rotation between them, and the difference of their answers.

One rotation without scale is fitted on the first seconds and frozen; everything after is measured with it. The
detector's own 3D is measured in the same way on the same frames. Agreement is not accuracy: both may have the same
error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.viewpoints.clock_skew import ClockSkew, estimate_skew
from engine.viewpoints.fit import F64, distances_mm, fit_rotation, rotation_angle_deg
from engine.viewpoints.pairing import Pairs, pair
from engine.viewpoints.tally import part_means
from engine.viewpoints.track import Track

FIT_S = 10.0
"""Seconds used for the fit, at most a third of the clip."""
LEAST_PAIRS = 15
"""Least number of moments seen by both cameras."""
ONE_PICTURE_DEG, ONE_PICTURE_MM = 1.0, 3.0
"""Two recordings that differ less than this were made by one camera."""
LEAST_HZ = 4.0
"""At a lower frame rate, positions between two frames are unknown."""
OTHER_MOTION, SAME_MOTION = 0.35, 0.5
"""Correlation of limb speeds below which two cameras do not show the same motion, and from which they do."""
BETTER_THAN_CHANCE = 0.55
"""Between the two limits, poses of one moment must agree better by this factor than those of different moments."""
_SHIFTS = (0.2, 0.35, 0.5, 0.65, 0.8)  # as fractions of the whole


class NotSameMotionError(InputError):
    """The two sources do not show one performance."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Frozen skew of the clocks, and rotations."""

    R_b_a: F64  # (3, 3) A's axes -> B's axes
    R_detector_b_a: F64 | None  # the same for the detector's own 3D; None: it has none
    skew: ClockSkew | None  # None: too little motion; assumed 0
    from_s: float  # on A's clock
    until_s: float

    @property
    def angle_deg(self) -> float:
        """The angle between the two cameras."""
        return rotation_angle_deg(self.R_b_a)

    @property
    def skew_s(self) -> float:
        """How far B's clock is ahead of A's."""
        return 0.0 if self.skew is None else self.skew.seconds


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Distances between two answers about the same performer, millimetres."""

    joints_mm: F64  # (P, 22)

    @property
    def frames_mm(self) -> F64:
        """(P,) mean over the joints of each moment."""
        return np.asarray(self.joints_mm.mean(1))

    @property
    def mean_mm(self) -> float:
        """Mean of all moments."""
        return float(self.frames_mm.mean())

    @property
    def p95_mm(self) -> float:
        """95th percentile of the moments."""
        return float(np.percentile(self.frames_mm, 95))

    @property
    def parts_mm(self) -> dict[str, float]:
        """Mean of each part of the body."""
        return part_means(self.joints_mm)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two cameras say about one performance."""

    fit: Fit
    pairs: Pairs
    ours: Disagreement
    detector: Disagreement | None  # None: no moment with the detector's own 3D in both
    detector_times_s: F64  # (D,) moments of `detector`

    @property
    def ratio(self) -> float | None:
        """Our mean disagreement over the detector's, on the detector's moments."""
        if self.detector is None:
            return None
        same = np.isin(self.pairs.times_s, self.detector_times_s)
        return float(self.ours.frames_mm[same].mean() / self.detector.mean_mm)


Names = tuple[str, str]
"""Names of the two in error messages."""


def compare(a: Track, b: Track, names: Names = ("A", "B")) -> Comparison:
    """Fit on the start, freeze, and measure the whole. Raises InputError as `fit_cameras`, and for the same clip
    twice."""
    found = measure(a, b, fit_cameras(a, b, names=names))
    if found.fit.angle_deg < ONE_PICTURE_DEG and found.ours.mean_mm < ONE_PICTURE_MM:
        raise InputError(
            f"{names[0]} and {names[1]} show the same pictures ({found.ours.mean_mm:.1f} mm apart at "
            f"{found.fit.angle_deg:.1f} degrees): give two views of one performer"
        )
    return found


def fit_cameras(
    a: Track,
    b: Track,
    *,
    farthest_skew_s: float | None = None,
    first_s: float | None = None,
    names: Names = ("A", "B"),
) -> Fit:
    """Find the clock skew on the whole, and the rotation on the first seconds seen by both.

    farthest_skew_s   largest difference of the clocks; None: files, whose starts may differ by any time
    first_s           seconds to fit on; None: FIT_S or a third, whichever is shorter
    Raises InputError: no person, or rarely seen by both; NotSameMotionError: the limb speeds do not match.
    """
    for name, track in zip(names, (a, b), strict=True):
        if not track.seen.any():
            raise InputError(f"no person is seen in {name}:  point both cameras at the same performer")
    skew = estimate_skew(a, b, farthest_s=farthest_skew_s)
    pairs = pair(a, b, 0.0 if skew is None else skew.seconds)
    if skew is not None and _differs(skew, pairs):
        raise NotSameMotionError(
            f"these two do not show the same motion: their limbs' speeds agree by {skew.correlation:.2f}, expected "
            f"{SAME_MOTION} or more; give two views of one performer at the same time"
        )
    if len(pairs) < LEAST_PAIRS:
        slow_hz = min(track.rate_hz for track in (a, b))
        if slow_hz < LEAST_HZ:
            raise InputError(
                f"{slow_hz:.1f} poses per second are too few to compare, expected {LEAST_HZ:.0f} or more; close other "
                "programs, or use --detector-size lite"
            )
        raise InputError(
            f"{names[0]} and {names[1]} see the performer at the same time in {len(pairs)} frames, expected "
            f"{LEAST_PAIRS} or more; "
            "record both cameras at the same time, with the whole performer in view"
        )
    span_s = float(pairs.times_s[-1] - pairs.times_s[0])
    until_s = float(pairs.times_s[0]) + (min(FIT_S, span_s / 3) if first_s is None else first_s)
    early = pairs.times_s <= max(until_s, float(pairs.times_s[LEAST_PAIRS - 1]))
    own = _both(pairs.a_detector_m, pairs.b_detector_m)
    known = early & own if (early & own).sum() >= LEAST_PAIRS else own
    return Fit(
        fit_rotation(pairs.a_m[early], pairs.b_m[early]),
        fit_rotation(pairs.a_detector_m[known], pairs.b_detector_m[known]) if known.any() else None,
        skew,
        float(pairs.times_s[0]),
        float(pairs.times_s[early][-1]),
    )


def _differs(skew: ClockSkew, pairs: Pairs) -> bool:
    """Return whether two cameras show different performances."""
    if not OTHER_MOTION <= skew.correlation < SAME_MOTION or len(pairs) < LEAST_PAIRS:
        return skew.correlation < SAME_MOTION
    return over_chance(pairs) > BETTER_THAN_CHANCE


def over_chance(pairs: Pairs) -> float:
    """Return the difference of poses at the same moment relative to that at different moments, each after its own
    fit."""
    rows = np.arange(len(pairs))
    chance = [_residual_mm(pairs, np.roll(rows, int(len(rows) * shift))) for shift in _SHIFTS]
    return _residual_mm(pairs, rows) / max(float(np.mean(chance)), 1e-9)


def _residual_mm(pairs: Pairs, b_rows: NDArray[np.intp]) -> float:
    b_m = pairs.b_m[b_rows]
    return float(distances_mm(pairs.a_m @ fit_rotation(pairs.a_m, b_m).T, b_m).mean())


def measure(a: Track, b: Track, fit: Fit) -> Comparison:
    """Measure A against B with a frozen fit. Raises InputError: no moment is seen by both."""
    pairs = pair(a, b, fit.skew_s)
    if not len(pairs):
        raise InputError("A and B never see the performer at the same time")
    own = _both(pairs.a_detector_m, pairs.b_detector_m)
    detector = None
    if fit.R_detector_b_a is not None and own.any():
        turned = pairs.a_detector_m[own] @ fit.R_detector_b_a.T
        detector = Disagreement(distances_mm(turned, pairs.b_detector_m[own]))
    ours = Disagreement(distances_mm(pairs.a_m @ fit.R_b_a.T, pairs.b_m))
    return Comparison(fit, pairs, ours, detector, pairs.times_s[own] if detector is not None else np.zeros(0))


def _both(a: F64, b: F64) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(a).all((1, 2)) & np.isfinite(b).all((1, 2)))
