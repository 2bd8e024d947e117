"""Numbers of a pose as plain Python floats, extracted from its arrays once for all targets.

Encoders work on lists: between two frames the CPU caches go cold, and then the first use of every kind of array
operation costs 20 to 60 us, while the interpreter itself stays warm (see docs/benchmarks.md).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from engine.types import Pose


class PoseNumbers(NamedTuple):
    """Numbers of one pose. Read-only: all targets share the lists."""

    rotations: list[float]  # (88,) x, y, z, w per joint
    joints: list[float]  # (66,) x, y, z in the world, metres
    root: list[float]  # (3,) Hips in the world, metres
    finite: bool  # free of NaN and infinity


_newest: tuple[Pose, PoseNumbers] | None = None  # replaced as a whole, so any thread may read it


def numbers_of(pose: Pose) -> PoseNumbers:
    """Return the numbers; those of the newest pose are cached for all targets. Any thread."""
    global _newest
    known = _newest
    if known is not None and known[0] is pose:
        return known[1]
    rotations, joints = pose.rotations_xyzw.ravel().tolist(), pose.joints_world_m.ravel().tolist()
    root = pose.root_m.tolist()
    numbers = PoseNumbers(rotations, joints, root, math.isfinite(sum(rotations) + sum(joints) + sum(root)))
    _newest = (pose, numbers)
    return numbers
