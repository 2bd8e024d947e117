"""Two cameras on one motion: the angle between what each takes for up, whole and cut."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import numpy as np

from app.commands.seen_clips import SeenClip
from engine.motion.take import MotionTake
from engine.types import F64

VIEWS = {"pairs": "pairs", "median_deg": "between two ups, median, °", "most_deg": "at most, °"}


class Ups:
    """Collects each rendered view's estimated up in the true world, by cut."""

    def __init__(self) -> None:
        self._of: dict[str, list[F64]] = defaultdict(list)

    def add(self, clip: SeenClip, take: MotionTake) -> None:
        """Add a view; one without a truth is left out, as its camera is unknown."""
        if clip.truth is not None and take.tracked.any():
            self._of[clip.cut or "whole"].append(clip.truth.R_world_cam @ take.R_world_cam[1].astype(np.float64))

    def figures(self) -> dict[str, dict[str, float | None]]:
        """Return degrees between each two views of a cut."""
        rows: dict[str, dict[str, float | None]] = {}
        for cut, ups in self._of.items():
            angles = [float(np.degrees(np.arccos(np.clip(a @ b, -1.0, 1.0)))) for a, b in combinations(ups, 2)]
            if angles:
                rows[cut] = {
                    "pairs": float(len(angles)),
                    "median_deg": float(np.median(angles)),
                    "most_deg": max(angles),
                }
        return rows
