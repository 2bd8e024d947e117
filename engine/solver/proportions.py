"""The person's bone lengths: a running weighted median of VTM's bone ratio, frozen once there is enough evidence.

A receiver builds its avatar on these lengths, so they must not fluctuate: the first third of a second sets them, then
they slowly approach the estimate, and after some seconds of evidence they are frozen until there is reason to expect
another skeleton (calibration, height, person).
"""

from __future__ import annotations

import numpy as np

from engine.solver.settings import STANDARD, ProportionSettings
from engine.types import F32, F64
from models.kinematics import person_offsets
from models.skeleton import MIRROR_JOINTS, NUM_JOINTS

_SETTLED = 1e-3
_MIRROR = list(MIRROR_JOINTS)


def plausible_ratio(bone_ratio: F64, limits: tuple[float, float]) -> F64:
    """Make ratios (..., 22) symmetric and limit them to the human range."""
    return np.clip((bone_ratio + bone_ratio[..., _MIRROR]) / 2, *limits)


def weighted_median(samples: F64, weights: F64) -> F64:
    """Return for each column of (N, n) the value with half of the weights (N,), not all 0, below it: (n,)."""
    order = np.argsort(samples, axis=0)  # (N, n)
    cumulative = np.cumsum(weights[order], axis=0)
    middle = np.argmax(cumulative >= cumulative[-1] / 2, axis=0)  # (n,)
    columns = np.arange(samples.shape[1])
    median: F64 = samples[order[middle, columns], columns]
    return median


class Proportions:
    """Estimates the person's rest offsets. Solve thread only."""

    def __init__(self, height_m: float, settings: ProportionSettings = STANDARD.proportions) -> None:
        self._s = settings
        self._height_m = height_m
        self._since_review_s = 0.0
        self._given: F64 | None = None
        self.reset()

    @property
    def frozen(self) -> bool:
        """Whether the lengths no longer change."""
        return self._frozen

    @property
    def ratio(self) -> F64:
        """(22,) current bone lengths relative to s̄'s, left = right."""
        return self._ratio

    @property
    def offsets_m(self) -> F64:
        """(22, 3) rest offsets to the parent; the standing height is the performer's."""
        return self._offsets_m

    @property
    def sent_offsets_m(self) -> F32:
        """The same for a pose; the same array while the lengths stay, so that results can be cached."""
        return self._sent_offsets_m

    def reset(self) -> None:
        """Forget the person: back to s̄, or to the measured lengths."""
        self._ratio = np.ones(NUM_JOINTS) if self._given is None else self._given
        self._suspect = False
        self.thaw()
        self._fresh = self._given is None
        self._rebuild()

    def give(self, bone_ratio: F64 | None) -> None:
        """Use measured ratios (22,) permanently; None: estimate, from the next frames on."""
        self._given = None if bone_ratio is None else plausible_ratio(bone_ratio, self._s.ratio_limits)
        self.reset()

    def thaw(self) -> None:
        """Estimate again, starting from the current lengths; measured ones stay."""
        self._frozen, self._fresh = self._given is not None, False
        self._forget_samples()

    def suspect_another_person(self) -> None:
        """After a long absence: check whether the person who returned is another one."""
        if self._frozen and self._given is None:
            self._suspect = True
            self._forget_samples()

    def set_height(self, height_m: float) -> None:
        """Set the performer's standing height; the proportions stay."""
        self._height_m = height_m
        self._rebuild()

    def fix(self, bone_ratio: F64) -> None:
        """Set ratios (22,) permanently (file conversion), unless there are measured ones."""
        if self._given is not None:
            return
        self._ratio = plausible_ratio(bone_ratio, self._s.ratio_limits)
        self._frozen, self._suspect = True, False
        self._rebuild()

    def push(self, bone_ratio: F32 | F64, confidence: float, dt_s: float) -> F64:
        """Add ratios (22,), finite, with confidence 0..1; return the current offsets (22, 3)."""
        if self._frozen and not self._suspect:
            return self._offsets_m
        self._sample(np.asarray(bone_ratio, np.float64), confidence * min(dt_s, 0.1))
        self._since_review_s += dt_s
        if self._since_review_s >= self._s.review_s or (self._fresh and self._evidence_s <= self._s.first_s):
            self._since_review_s = 0.0
            self._target = self._estimate()
        if self._suspect:
            self._judge_person()
        else:
            self._glide(dt_s)
        return self._offsets_m

    def _sample(self, ratio: F64, weight_s: float) -> None:
        slot = self._count % self._s.samples
        self._samples[slot] = plausible_ratio(ratio, self._s.ratio_limits)
        self._weights[slot] = weight_s
        self._count += 1
        self._evidence_s += weight_s

    def _estimate(self) -> F64:
        """Return the weighted median (22,) of the samples, pulled to s̄ while they are few."""
        if self._evidence_s <= 0:
            return self._ratio
        median = weighted_median(self._samples, self._weights)
        trust = self._evidence_s / (self._evidence_s + self._s.prior_s)
        estimate: F64 = 1 + trust * (median - 1)
        return estimate

    def _glide(self, dt_s: float) -> None:
        first = self._fresh and self._evidence_s <= self._s.first_s
        room = np.inf if first else self._s.change_per_s * dt_s
        wanted = self._target - self._ratio
        self._ratio = self._ratio + np.clip(wanted, -room, room)
        self._frozen = self._evidence_s >= self._s.enough_s and bool(
            np.abs(self._target - self._ratio).max() < _SETTLED
        )
        self._rebuild()

    def _judge_person(self) -> None:
        if self._evidence_s < self._s.enough_s:
            return
        self._suspect = False
        if float(np.abs(self._target - self._ratio).mean()) > self._s.other_person:
            self.thaw()

    def _forget_samples(self) -> None:
        self._samples = np.ones((self._s.samples, NUM_JOINTS))
        self._weights = np.zeros(self._s.samples)
        self._count = 0
        self._evidence_s = 0.0
        self._since_review_s = self._s.review_s
        self._target = self._ratio

    def _rebuild(self) -> None:
        self._offsets_m: F64 = np.asarray(person_offsets(self._ratio, self._height_m), np.float64)
        self._sent_offsets_m: F32 = self._offsets_m.astype(np.float32)
