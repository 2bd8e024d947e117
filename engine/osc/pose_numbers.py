"""The numbers of a pose as plain Python floats, taken out of its arrays once for all targets.

Encoders work on lists: between two frames the processor forgets what it had at hand, and then the first use of every
kind of array operation costs 20 to 60 us, while the interpreter itself is always warm (see docs/benchmarks.md).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from engine.types import Pose


class PoseNumbers(NamedTuple):
    """Of one pose. Not to be changed: every target gets the same lists."""

    rotations: list[float]  # (88,) x, y, z, w of joint after joint
    joints: list[float]  # (66,) x, y, z in the world, metres
    root: list[float]  # (3,) Hips in the world, metres
    finite: bool  # no NaN and no infinity


_newest: tuple[Pose, PoseNumbers] | None = None  # replaced as a whole, so any thread may look


def numbers_of(pose: Pose) -> PoseNumbers:
    """The newest pose is remembered: all targets ask for the same one. Any thread."""
    global _newest
    known = _newest
    if known is not None and known[0] is pose:
        return known[1]
    rotations, joints = pose.rotations_xyzw.ravel().tolist(), pose.joints_world_m.ravel().tolist()
    root = pose.root_m.tolist()
    numbers = PoseNumbers(rotations, joints, root, math.isfinite(sum(rotations) + sum(joints) + sum(root)))
    _newest = (pose, numbers)
    return numbers
