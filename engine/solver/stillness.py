"""Detect whether each part moves in the picture: at rest all motion is noise, and the filters may be slow."""

from __future__ import annotations

import math

import numpy as np

from engine.solver.settings import STANDARD, SmoothingSettings
from engine.types import F32, F64
from models.parts import NUM_PARTS, PART, PART_OF_JOINT

_PARTS = np.array(PART_OF_JOINT)


class Stillness:
    """Converts keypoint motion to factors on the filters' cutoffs. Solve thread only."""

    def __init__(self, settings: SmoothingSettings = STANDARD.smoothing) -> None:
        self._s = settings
        self.reset()

    def reset(self) -> None:
        """Treat every part as moving until it has been still for a while."""
        self._motion = np.full(NUM_PARTS, 2 * self._s.moving)

    def __call__(self, motion: F32 | None, dt_s: float) -> tuple[F64, float]:
        """Return the factor of each joint (22,) and of the root: `still_cutoff` at rest, 1 in motion.

        motion (6,) as in engine.types.RawMotion; None is unknown and counts as moving. Motion is accepted at once, rest
        only after a while.
        """
        moved = np.full(NUM_PARTS, 2 * self._s.moving) if motion is None else np.nan_to_num(motion, nan=0.0)
        self._motion = np.maximum(moved, self._motion * math.exp(-dt_s / self._s.rest_tau_s))
        along = np.clip((self._motion - self._s.still) / (self._s.moving - self._s.still), 0.0, 1.0)
        factors = self._s.still_cutoff + along * along * (3 - 2 * along) * (1 - self._s.still_cutoff)
        return factors[_PARTS], float(factors[PART["trunk"]])
