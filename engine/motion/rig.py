"""A skeleton with the joint axes of a style: the same joints in the same positions, other numbers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import mul

import numpy as np
from scipy.spatial.transform import Rotation

from engine.motion.bvh_styles import BvhStyle
from engine.types import F64
from models.detail_skeleton import Skeleton
from models.skeleton import NUM_JOINTS, ROOT


class Rig:
    """`given`: the skeleton with world axes at rest; `skeleton`: the same with its own axes, with matching offsets."""

    def __init__(self, given: Skeleton, style: BvhStyle) -> None:
        """Drop what the style cannot store and rotate the offsets."""
        self._legs_first = style.legs_first
        count = NUM_JOINTS if style.body_only else len(given.names)
        self.given = Skeleton(given.names[:count], given.parents[:count], given.offsets_m[:count])
        self.skeleton = self.given
        self._axes: F64 | None = None
        if style.axes is None:
            return
        self._axes = np.tile(np.eye(3), (count, 1, 1))
        self._axes[:NUM_JOINTS] = style.axes(self.given)
        parents = self._axes[list(self.given.parents)]
        parents[ROOT] = np.eye(3)
        self._above = Rotation.from_matrix(parents).inv()
        self._own = Rotation.from_matrix(self._axes)
        offsets = self._above.apply(self.given.offsets_m).astype(np.float32)
        self.skeleton = Skeleton(self.given.names, self.given.parents, offsets)

    def children(self, joint: int) -> list[int]:
        """Return the children of this joint, in file order."""
        children = self.skeleton.children(joint)
        return sorted(children, key=lambda child: self._legs_first and not self.skeleton.names[child].endswith("Leg"))

    def order(self, joint: int = ROOT) -> Iterator[int]:
        """Yield joints in file order, depth first."""
        yield joint
        for child in self.children(joint):
            yield from self.order(child)

    def in_joint(self, joint: int, along: F64) -> F64:
        """Convert a vector from the world at rest to the axes of a joint."""
        if self._axes is None:
            return along
        turned: F64 = self._axes[joint].T @ along
        return turned

    def turned(self, rotations_xyzw: F64) -> F64:
        """Convert rotations (m, J, 4) from the world's axes to (m, J', 4) in the rig's: A_parent⁻¹ · L · A_own."""
        rotations = rotations_xyzw[:, : len(self.given.names)]
        if self._axes is None:
            return rotations
        above, own = (np.broadcast_to(turn.as_quat(), rotations.shape) for turn in (self._above, self._own))
        parts = (Rotation.from_quat(turns.reshape(-1, 4)) for turns in (above, rotations, own))
        quaternions: F64 = reduce(mul, parts).as_quat().reshape(rotations.shape)
        return quaternions
