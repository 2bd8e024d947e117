"""Compare two live pipelines on one performer: the rotation is fitted once enough is seen, frozen, then used.

One thread feeds and reads it. Memory is bounded: the last minutes of both cameras.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from engine.errors import InputError
from engine.types import Detection, Pose
from engine.viewpoints.clock_skew import estimate_skew
from engine.viewpoints.comparison import FIT_S, SAME_MOTION, Comparison, Fit, Names, fit_cameras, measure
from engine.viewpoints.fit import F64
from engine.viewpoints.fused_pose import fused_pose, laid_over, root_offset
from engine.viewpoints.pairing import pair
from engine.viewpoints.tally import Figures, Tally
from engine.viewpoints.track import Sample, Track, sample_of, track_of

KEEP_S = 300.0
FARTHEST_SKEW_S = 1.0
"""Largest clock difference of two cameras on one machine: that of their delays."""
CLIPS_APART_S = 4.0
"""Largest clock difference of two clips, which start with their pipelines."""
CLOCKS_EVERY_S = 5.0
"""Interval for comparing the clocks again."""
RETRY_S = 2.0
"""Time to wait after a failed fit."""
SHOWN_S = 30.0
"""Length of the displayed curve."""
_MOST_RATE_HZ = 60
_LOOK_BACK_S = 0.5
_BRIDGE_S = 0.3
_STALE_S = 0.5


@dataclass(frozen=True, slots=True)
class LiveState:
    """State for the screen. Frozen."""

    state: str
    """"waiting"    until both cameras see a person
    "fitting"    `left_s` more seconds are needed
    "different"  the two do not show the same motion, or too little motion: see `problem`; will be retried
    "fitted"     the rotation is frozen and the figures are valid"""
    left_s: float = 0.0
    problem: str = ""
    fit: Fit | None = None
    now_mm: float | None = None
    detector_now_mm: float | None = None
    ours: Figures | None = None  # of all frames since the fit began
    detector: Figures | None = None
    pose: Pose | None = None  # A's at the newest moment that both see
    over: Pose | None = None  # B's at the same moment, aligned with A's
    fused: Pose | None = None  # the mean of both
    times_s: F64 | None = None  # (P,) of the last SHOWN_S
    ours_mm: F64 | None = None  # (P,)
    detector_mm: F64 | None = None  # (P,) NaN where the detector has none


class LiveComparison:
    """Takes both pipelines' poses in order of time; `update` returns the state."""

    def __init__(
        self,
        names: Names = ("A", "B"),
        *,
        fit_s: float = FIT_S,
        farthest_skew_s: float = FARTHEST_SKEW_S,
        keep_s: float = KEEP_S,
    ) -> None:
        """Start without a frame.

        fit_s            seconds seen by both that are used for the fit
        farthest_skew_s  largest clock difference to search
        keep_s           seconds of both cameras kept for `result`
        """
        self._names, self._fit_s, self._farthest_s = names, fit_s, farthest_skew_s
        self._seen: list[tuple[float, ...]] = [(), ()]  # first and last time a person was seen, for each side
        self._keep_s = max(keep_s, fit_s + farthest_skew_s + _LOOK_BACK_S)
        self._kept: tuple[deque[tuple[Sample, Pose]], ...] = deque(), deque()
        self._fit: Fit | None = None
        self._offset_m: F64 = np.zeros(3)
        self._problem, self._not_before_s, self._clocks_at_s = "", -np.inf, -np.inf
        self._measured_s = -np.inf
        self._skews: list[tuple[float, float]] = []  # start time and B's lead, for each measurement
        self._curve: deque[tuple[float, float, float]] = deque(maxlen=int(SHOWN_S * _MOST_RATE_HZ))
        self._pose: Pose | None = None
        self._over: Pose | None = None
        self._fused: Pose | None = None
        self._ours, self._detector = Tally(), Tally()

    def add(self, side: int, pose: Pose, detection: Detection) -> None:
        """Add the newest frame of one side (0, 1). A clock that went back (another source) restarts everything."""
        kept = self._kept[side]
        if kept and pose.captured_at_s <= kept[-1][0].time_s:
            if kept[-1][0].time_s - pose.captured_at_s > _STALE_S:
                self.refit()
            return
        sample = sample_of(pose, detection)
        kept.append((sample, pose))
        if sample.part_confidence.any():
            self._seen[side] = (*self._seen[side][:1], sample.time_s) if self._seen[side] else (sample.time_s,) * 2
        while kept[0][0].time_s < pose.captured_at_s - self._keep_s:
            kept.popleft()

    def refit(self) -> None:
        """Forget everything and fit on the next seconds."""
        for kept in self._kept:
            kept.clear()
        self._seen = [(), ()]
        self._fit = self._pose = self._over = self._fused = None
        self._problem, self._not_before_s, self._measured_s = "", -np.inf, -np.inf
        self._ours, self._detector = Tally(), Tally()
        self._curve.clear()

    def update(self) -> LiveState:
        """Pair new frames, fit when it is time, and return the state."""
        if self._fit is None:
            self._try_to_fit()
        if self._fit is None:
            left_s = self._left_s()
            state = "different" if self._problem else "waiting" if left_s is None else "fitting"
            return LiveState(state, left_s or 0.0, self._problem)
        self._measure_new(self._follow_clocks(self._fit))
        curve = np.array(self._curve) if self._curve else np.zeros((0, 3))
        now = self._curve[-1] if self._curve else None
        return LiveState(
            "fitted",
            fit=self._fit,
            now_mm=None if now is None else now[1],
            detector_now_mm=None if now is None or np.isnan(now[2]) else now[2],
            ours=self._ours.figures(),
            detector=self._detector.figures(),
            pose=self._pose,
            over=self._over,
            fused=self._fused,
            times_s=curve[:, 0],
            ours_mm=curve[:, 1],
            detector_mm=curve[:, 2],
        )

    def result(self) -> Comparison:
        """Return everything kept, measured with the frozen fit. Raises InputError if there was no fit."""
        if self._fit is not None:
            return measure(self._track(0), self._on_one_clock(self._track(1), self._fit.skew_s), self._fit)
        for name, seen in zip(self._names, self._seen, strict=True):
            if not seen:
                raise InputError(f"no person was seen in {name}:  point both cameras at the same performer")
        fit = fit_cameras(self._track(0), self._track(1), farthest_skew_s=self._farthest_s, names=self._names)
        return measure(self._track(0), self._track(1), fit)

    def _on_one_clock(self, b: Track, skew_s: float) -> Track:
        """Return B as if the newest skew had applied all the time."""
        since, skews = (np.array(column) for column in zip(*self._skews, strict=True))
        were_s = skews[np.searchsorted(since, b.times_s, "right") - 1]
        return replace(b, times_s=np.maximum.accumulate(b.times_s - were_s + skew_s))

    def _track(self, side: int, since_s: float = -np.inf) -> Track:
        kept = self._kept[side]
        number = len(kept)
        if since_s > -np.inf:
            number = next((i for i, (sample, _) in enumerate(reversed(kept)) if sample.time_s < since_s), len(kept))
        return track_of([sample for sample, _ in islice(kept, len(kept) - number, None)])

    def _left_s(self) -> float | None:
        """Return the missing seconds seen by both; None: one of the two sees no person."""
        if not all(self._seen):
            return None
        common = min(seen[1] for seen in self._seen) - max(seen[0] for seen in self._seen)
        return max(self._fit_s - common, 0.0)

    def _try_to_fit(self) -> None:
        left_s = self._left_s()
        newest_s = self._kept[0][-1][0].time_s if self._kept[0] else -np.inf
        if left_s is None or left_s > 0 or newest_s < self._not_before_s:
            return
        since_s = newest_s - self._fit_s - self._farthest_s
        a, b = self._track(0, since_s), self._track(1, since_s)
        try:
            fit = fit_cameras(a, b, farthest_skew_s=self._farthest_s, first_s=self._fit_s, names=self._names)
        except InputError as error:
            self._problem, self._not_before_s = str(error), newest_s + RETRY_S
            return
        self._problem, self._fit, self._clocks_at_s = "", fit, newest_s
        self._skews = [(-np.inf, fit.skew_s)]
        self._offset_m = root_offset(pair(a, b, fit.skew_s), fit.R_b_a)

    def _follow_clocks(self, fit: Fit) -> Fit:
        """Update the clock skew: only the rotation is frozen, since a stalled stream or a looped clip shifts the
        clocks."""
        newest_s = self._kept[0][-1][0].time_s if self._kept[0] else -np.inf
        if newest_s < self._clocks_at_s + CLOCKS_EVERY_S or not self._kept[1]:
            return fit
        self._clocks_at_s = newest_s
        since_s = newest_s - self._fit_s - self._farthest_s
        skew = estimate_skew(self._track(0, since_s), self._track(1, since_s), farthest_s=self._farthest_s)
        if skew is not None and skew.correlation >= SAME_MOTION:
            self._fit = replace(fit, skew=skew)
            self._skews.append((newest_s - self._fit_s / 2, skew.seconds))
        return self._fit or fit

    def _measure_new(self, fit: Fit) -> None:
        newest_s = self._kept[0][-1][0].time_s
        since_s = max(self._measured_s, newest_s - self._farthest_s - _LOOK_BACK_S)
        a, b = self._track(0, since_s), self._track(1, since_s + fit.skew_s - _BRIDGE_S)
        try:
            comparison = measure(a, b, fit)
        except InputError:  # one of the two sees no person
            return
        pairs = comparison.pairs
        new = [row for row, time_s in enumerate(pairs.times_s) if time_s > self._measured_s]
        if not new:
            return
        self._take(comparison, new)
        pose_a = self._kept[0][len(self._kept[0]) - len(a) + int(pairs.a_rows[-1])][1]
        pose_b = self._kept[1][len(self._kept[1]) - len(b) + int(pairs.b_nearest[-1])][1]
        self._pose, self._over = pose_a, laid_over(pose_b, pose_a, fit.R_b_a)
        self._fused = fused_pose(pose_a, pose_b, fit.R_b_a, self._offset_m)

    def _take(self, comparison: Comparison, new: list[int]) -> None:
        """Add new pairs to the figures and the curve."""
        times_s, detector = comparison.pairs.times_s, comparison.detector
        own = {} if detector is None else dict(zip(comparison.detector_times_s, detector.joints_mm, strict=True))
        for row in new:
            at_s, ours_mm, theirs_mm = float(times_s[row]), comparison.ours.joints_mm[row], own.get(times_s[row])
            self._ours.add(ours_mm)
            if theirs_mm is not None:
                self._detector.add(theirs_mm)
            self._curve.append((at_s, float(ours_mm.mean()), np.nan if theirs_mm is None else float(theirs_mm.mean())))
        self._measured_s = float(times_s[new[-1]])
        while self._curve[0][0] < self._measured_s - SHOWN_S:
            self._curve.popleft()
